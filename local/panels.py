"""A figure's panels, each as a drawing of its own: side by side on a wide page, stacked on a phone.

Matplotlib lays a figure out once, for the width of a phone. Two or four panels that stand one below
another, with nothing that belongs to several of them, can be cut apart between the lettering of one
and of the next; all others stay whole.
"""

import copy
import re
from itertools import pairwise
from xml.etree import ElementTree

NUMBERS = (2, 4)
"""How many panels fill rows of two."""
GROUP = "{http://www.w3.org/2000/svg}g"
DEFS = "{http://www.w3.org/2000/svg}defs"
POINT = re.compile(r"[ML] \S+ (\S+)")
TRANSLATION = re.compile(r"translate\(\S+ ([\d.]+)\)")
TURNED = re.compile(r"rotate\(-?0*\.?0*[1-9]")
ABOVE, BELOW = 12, 4
"""Points above and below the base line of a text of the book's size, see `local.plots`."""


def cut(source):
    """The panels of the SVG `source`, as matplotlib wrote it, from top to bottom, each an SVG.

    It is [source] where they belong together.
    """
    root = ElementTree.fromstring(source)
    figure = root.find(f".//{GROUP}[@id='figure_1']")
    parts = [] if figure is None else list(figure)
    if parts and _is(parts[0], "patch"):
        parts = parts[1:]  # the ground of the whole
    if len(parts) not in NUMBERS or not all(map(_stands_alone, parts)):
        return [source]
    parts = sorted(parts, key=_extent)
    extents = [_extent(part) for part in parts]
    if any(end > begin for (_, end), (begin, _) in pairwise(extents)):
        return [source]
    heights = [max(box) - min(box) for box in map(_box, parts)]
    if min(heights) < max(heights) / 3:
        return [source]  # the low one is a scale of colours
    _, _, width, height = map(float, root.get("viewBox").split())
    between = [(end + begin) / 2 for (_, end), (begin, _) in pairwise(extents)]
    tops, bottoms = [0, *between], [*between, height]
    shared = list(root.iter(DEFS))  # a panel uses marks that another defines
    panels = []
    for part, top, bottom in zip(parts, tops, bottoms, strict=True):
        panel = ElementTree.Element(root.tag)
        panel.set("viewBox", f"0 {top:g} {width:g} {bottom - top:g}")
        panel.extend([*shared, _without(part, DEFS)])
        panels.append(ElementTree.tostring(panel))
    return panels


def labelled(parts, alt):
    """(part, its label) for each: the first has the whole figure's, for it is one picture."""
    return zip(parts, [alt, *[None] * (len(parts) - 1)], strict=True)


def _is(group, kind):
    return group.tag == GROUP and group.get("id", "").startswith(f"{kind}_")


def _stands_alone(part):
    """Whether it is a panel in a frame, with level numbers of its own along its x axis."""
    if not _is(part, "axes") or not len(part) or not _is(part[0], "patch"):
        return False
    x_axis = next((group for group in part if _is(group, "matplotlib.axis")), ())
    numbers = [group for tick in x_axis for group in tick if _is(group, "text")]
    return bool(numbers) and not any(TURNED.search(_places(group)) for group in numbers)


def _places(group):
    return " ".join(element.get("transform", "") for element in group.iter())


def _box(axes):
    """The heights of the corners of a panel's frame."""
    return [float(y) for y in POINT.findall(axes[0][0].get("d"))]


def _extent(axes):
    """From where to where a panel reaches downwards, with the lettering above and below it."""
    lines = [y for group in axes.iter(GROUP) if _is(group, "text") for y in _baselines(group)]
    box = _box(axes)
    return min([*box, *(y - ABOVE for y in lines)]), max([*box, *(y + BELOW for y in lines)])


def _baselines(text):
    """The height of a text's base line; none for one that is turned, beside its axis."""
    for element in text:
        place = element.get("transform", "")
        if "rotate(-90" in place:
            return
        if y := element.get("y"):
            yield float(y)
        elif found := TRANSLATION.search(place):
            yield float(found[1])


def _without(group, tag):
    """A copy of a group without the elements of a kind, however deep."""
    group = copy.deepcopy(group)
    for parent in list(group.iter()):
        for child in [child for child in parent if child.tag == tag]:
            parent.remove(child)
    return group
