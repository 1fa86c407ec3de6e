"""Matplotlib's figures on a page: what is drawn in a cell is shown below it, and then closed.

It is a backend of matplotlib, which finds `FigureCanvas`, `FigureManager` and `show` here.
"""

import io
import re

import matplotlib.pyplot as plt
from kernel import outputs
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_svg import FigureCanvasSVG

from local import ink, panels

DRAWN = "A figure drawn by the code above it."
"""What a screen reader is told of a figure that nobody has described."""

ID = re.compile(r'(\bid="|url\(#|href="#)')

drawn = {"figures": 0}

FigureCanvas, FigureManager = FigureCanvasSVG, FigureManagerBase


def show(*args, **kwargs):
    """Show all open figures and close them."""
    for number in plt.get_fignums():
        outputs.display(plt.figure(number))
    plt.close("all")


def svg(figure):
    """A figure as a part of the page. Its ids are its own, for the page may hold other figures."""
    file = io.StringIO()
    figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    drawn["figures"] += 1
    parts = panels.labelled(panels.cut(file.getvalue().encode()), outputs.alt or DRAWN)
    drawings = [
        ID.sub(rf"\1run{drawn['figures']}-{number}-", ink.adapt(part, alt))
        for number, (part, alt) in enumerate(parts)
    ]
    whole = "".join(drawings)
    return f'<span class="panels">{whole}</span>' if drawings[1:] else whole
