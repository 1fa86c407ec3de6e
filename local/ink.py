"""A figure's SVG as part of a page, which gives it its ink, its type and its theme.

Matplotlib writes colours and faces of its own. Here the neutral colours of `local.plots` become the
page's, text of another colour gets a variant with more contrast, and faces and grounds go. The
build uses it for the figures of the book, and a page that runs Python for the reader's own.
"""

import re
from xml.etree import ElementTree

from local import plots

PIXELS_PER_POINT = 4 / 3
SVG = "http://www.w3.org/2000/svg"
NAMESPACES = {"": SVG, "xlink": "http://www.w3.org/1999/xlink"}

THEMED = {plots.INK: "currentColor", plots.GREY: "var(--figure-grey)"}
"""The neutral colours, and the ones of the theme that replace them."""

LABELS = {color.lower(): f"var(--label-{name})" for name, color in plots.COLORS.items()}
"""The colours with a meaning. Lines keep them; text gets a variant with more contrast."""

UNUSED = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}
TEXT = f"{{{SVG}}}text"
LETTERING = {TEXT, f"{{{SVG}}}tspan"}
FAMILY = re.compile("font-family: [^;]*;? ?")
GROUND = "fill: #ffffff"


def adapt(source, alt):
    """The SVG `source`, as matplotlib wrote it, as part of a page.

    `alt` becomes its label; None hides it from screen readers, as a part of a picture that has one.
    """
    root = ElementTree.fromstring(source)
    for parent in root.iter():
        patch = parent.get("id", "").startswith("patch_")
        for child in list(parent):
            if child.tag in UNUSED or (patch and child.get("style") == GROUND):
                parent.remove(child)
    for element in root.iter():
        if style := element.get("style"):
            style = FAMILY.sub("", style)
            # The group around a formula sets its colour.
            if element.tag in LETTERING or element.find(TEXT) is not None:
                style = re.sub("fill: (#[0-9a-f]{6})", _label_colour, style)
            element.set("style", style)
    _, _, width, height = (float(side) for side in root.get("viewBox").split())
    root.set("width", f"{width * PIXELS_PER_POINT:.0f}")
    root.set("height", f"{height * PIXELS_PER_POINT:.0f}")
    root.set("preserveAspectRatio", "xMinYMid")  # where a screen is too low, it shrinks in place
    if alt is None:
        root.set("aria-hidden", "true")
    else:
        root.set("role", "img")
        root.set("aria-label", alt)
    root.set("stroke-linejoin", "round")
    for prefix, address in NAMESPACES.items():
        ElementTree.register_namespace(prefix, address)
    svg = ElementTree.tostring(root, encoding="unicode")
    for colour, themed in THEMED.items():
        svg = svg.replace(colour, themed)
    return svg


def _label_colour(fill):
    return f"fill: {LABELS.get(fill[1], fill[1])}"
