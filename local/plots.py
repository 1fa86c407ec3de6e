"""One look for every static figure: palette, type and sizes.

A figure is an SVG whose text stays text, so that the page's own font and text colour apply to it,
in light and in dark mode. The widths and type sizes below keep labels at 11 px or more on a screen
390 px wide.
"""

import matplotlib as mpl
from matplotlib_inline.backend_inline import set_matplotlib_formats

INK = "#1f2328"
"""Text, axes and neutral marks. The built page replaces it by the text colour of its theme."""

GREY = "#767676"
"""Secondary marks such as reference lines; contrast 4.5:1 on white, and readable on dark."""

COLORS = {
    "without": "#D55E00",
    "with": "#0072B2",
    "layer": "#009E73",
    "group": "#CC79A7",
    "instance": "#56B4E9",
}
"""One colour, one meaning: without normalization, with batch normalization, its relatives."""

SEQUENTIAL = "cividis"
"""The scale for early to late in training; perceptually uniform and safe for colour-blind eyes."""

STYLE = {
    "figure.figsize": (5.2, 3.4),
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "svg.hashsalt": "batch normalization",
    "font.family": "sans-serif",
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2,
    "image.cmap": SEQUENTIAL,
}


def use_style():
    """Give every figure of this notebook the look of the book, as SVG."""
    mpl.rcParams.update(STYLE)
    set_matplotlib_formats("svg")
