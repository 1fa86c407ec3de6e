"""One look for every figure: palette, type and sizes.

A static figure is an SVG whose text stays text, so that the page's font and text colour apply to
it, in light and in dark mode. The widths and type sizes below keep labels at 11 px or more on a
screen 390 px wide.

All colours of the course are here. Style sheets take them as custom properties: those of live
figures in `local.live`, the book's when it is built.
"""

INK = "#1f2328"
"""Text, axes and neutral marks. The built page replaces it by the text colour of its theme."""

GREY = "#767676"
"""Secondary marks such as reference lines; contrast 4.5:1 on white, and readable on dark. The
built page replaces it, too."""

COLORS = {
    "without": "#D55E00",
    "with": "#0072B2",
    "layer": "#009E73",
    "group": "#CC79A7",
    "instance": "#56B4E9",
}
"""One colour, one meaning: without normalization, with batch normalization, its relatives."""

VIOLET = "#7a6bd8"
"""What a reader can touch in a live figure, where the page around it has no `accent`."""

THEMES = {
    "light": {
        "ground": "#fefdfb",
        "surface": "#f5f3ee",
        "line": "#dfdbd2",
        "ink": INK,
        "muted": "#5b6067",
        "accent": "#5143a6",
        "figure-grey": "#6e6e6e",
        "label-without": "#a84a00",
        "label-with": "#0067a1",
        "label-layer": "#00734f",
        "label-group": "#9c4574",
        "label-instance": "#1d6c9c",
    },
    "dark": {
        "ground": "#14161a",
        "surface": "#1e2126",
        "line": "#3a3f46",
        "ink": "#e6e3dd",
        "muted": "#a6abb3",
        "accent": "#b7adff",
        "figure-grey": "#a6abb3",
        "label-without": "#f58a3c",
        "label-with": "#58b0e6",
        "label-layer": "#2ec79b",
        "label-group": "#dd94bd",
        "label-instance": "#7cc6f0",
    },
}
"""The book's pages, light and dark. The accent is none of COLORS, each of which has one meaning;
text in one of those is written in its label, which has the contrast that text needs."""

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


def custom_properties(colors):
    """A dict of colours as declarations of a style sheet: `--name: colour;`, on one line."""
    return " ".join(f"--{name}: {color};" for name, color in colors.items())


def theme_rules():
    """The rules of a style sheet that give a page its colours, in either theme."""
    return "".join(
        f'html[data-theme="{name}"] {{ {custom_properties(colors)} }}\n'
        for name, colors in THEMES.items()
    )


def use_style():
    """Give every figure of this notebook the look of the book, as SVG."""
    import matplotlib as mpl  # here: a build of the book needs the colours alone

    from local import frontend

    mpl.rcParams.update(STYLE)
    frontend.show_figures_as_svg()
