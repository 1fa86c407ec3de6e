"""Matplotlib's figures on a page: what is drawn in a cell is shown below it, and then closed.

It is a backend of matplotlib, which finds `FigureCanvas`, `FigureManager` and `show` here.
"""

import io
import re
from html import escape

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
    source = ID.sub(rf"\1run{drawn['figures']}-", file.getvalue())
    alt, parts = outputs.alt or DRAWN, panels.cut(source.encode())
    if len(parts) == 1:
        return ink.adapt(source, alt)
    label = f'class="panels" role="img" aria-label="{escape(alt)}"'
    return f"<span {label}>{''.join(ink.adapt(part, None) for part in parts)}</span>"
