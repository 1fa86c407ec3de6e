"""SVG figures stand inline in their page, so that its font, its ink and its theme are theirs."""

import base64
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from PIL import Image

from course_page.pages import to_root
from local import plots

PIXELS_PER_POINT = 4 / 3
INLINE = 2048
"""Bytes up to which a raster part stays inside the figure: a request costs more than that."""

STILL = "data:image/svg+xml;base64,"
"""How the address of a live figure's still begins: it lies inside the page."""

PICTURES = f"//img[contains(@src, '_images/') or starts-with(@src, '{STILL}')]"

THEMED = {plots.INK: "currentColor", plots.GREY: "var(--figure-grey)"}
"""The neutral colours, and what they become so that they follow the theme."""

LABELS = {color.lower(): f"var(--label-{name})" for name, color in plots.COLORS.items()}
"""The colours with a meaning. Their marks stay as they are; text in them needs more contrast."""

LETTERING = "self::*[local-name()='text' or local-name()='tspan'] | *[local-name()='text']"
"""From an element: whether it is text, or, as around a formula, the group that colours one."""

FAMILY = re.compile("font-family: [^;]*;? ?")


@dataclass
class Drawing:
    """One figure of one page: its source, and the name of the hole that it fills."""

    page: str
    hole: str
    prefix: str
    svg: str


def take(site, hole):
    """The drawings of every page in order; each page is left with holes in their places."""
    drawings = []
    for name, tree in site.trees.items():
        for image in tree.xpath(PICTURES):
            source = drawn(site, image.get("src"))
            if source is None:
                shrink(site, image)
                continue
            number = len(drawings)
            svg = adapt(source, image.get("alt", ""))
            drawings.append(Drawing(name, f"figure {number}", f"f{number}", svg))
            place = etree.Element("span", {"class": "drawing"})
            place.text, place.tail = hole.format(f"figure {number}"), image.tail
            image.getparent().replace(image, place)
    for path in (site.folder / "_images").glob("*.svg"):
        path.unlink()
    return drawings


def drawn(site, address):
    """The SVG at an image's address, beside the page or within it; None for a raster picture."""
    if address.startswith(STILL):
        return base64.b64decode(address.removeprefix(STILL))
    path = site.folder / "_images" / Path(address).name
    return path.read_bytes() if path.suffix == ".svg" else None


def adapt(source, alt):
    """A figure as matplotlib drew it, made to follow the page that it stands in.

    The white ground goes, neutral colours and type become the page's, and `alt` its label.
    """
    root = etree.fromstring(source)
    for unused in root.xpath("//*[local-name()='metadata' or local-name()='style']"):
        unused.getparent().remove(unused)
    for ground in root.xpath("//*[starts-with(@id, 'patch_')]/*[@style='fill: #ffffff']"):
        ground.getparent().remove(ground)
    for element in root.xpath("//*[@style]"):
        style = FAMILY.sub("", element.get("style"))
        if element.xpath(LETTERING):
            style = re.sub("fill: (#[0-9a-f]{6})", label_colour, style)
        element.set("style", style)
    _, _, width, height = (float(side) for side in root.get("viewBox").split())
    root.set("width", f"{width * PIXELS_PER_POINT:.0f}")
    root.set("height", f"{height * PIXELS_PER_POINT:.0f}")
    root.set("role", "img")
    root.set("aria-label", alt)
    root.set("stroke-linejoin", "round")
    svg = etree.tostring(root, encoding="unicode")
    for colour, themed in THEMED.items():
        svg = svg.replace(colour, themed)
    return svg


def label_colour(fill):
    return f"fill: {LABELS.get(fill[1], fill[1])}"


def finish(site, drawing, svg):
    """The drawing with its larger raster parts as files of their own."""

    def file(part):
        if len(part[1]) < INLINE:
            return part[0]
        name = lossless(site, base64.b64decode(part[1]))
        return f'href="{to_root(drawing.page)}_images/{name}"'

    return re.sub(r'href="data:image/png;base64,([^"]+)"', file, svg)


def lossless(site, png):
    """Write the picture as lossless WebP under a name made from its content."""
    folder = site.folder / "_images"
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(png).hexdigest()[:16] + ".webp"
    [webp] = site.memory.answers(compressed, [png])
    (folder / name).write_bytes(webp)
    return name


def compressed(pngs):
    """Pictures as lossless WebP."""
    files = [io.BytesIO() for _ in pngs]
    for png, file in zip(pngs, files, strict=True):
        Image.open(io.BytesIO(png)).save(file, "webp", lossless=True, method=6)
    return [file.getvalue() for file in files]


def shrink(site, image):
    """Give a raster picture its measures, and its place in the queue behind what is seen first."""
    path = site.folder / "_images" / Path(image.get("src")).name
    with Image.open(path) as picture:
        width, height = picture.size
    image.set("width", str(width))
    image.set("height", str(height))
    image.set("loading", "lazy")
    if path.suffix == ".png":
        name = lossless(site, path.read_bytes())
        image.set("src", image.get("src").replace(path.name, name))
