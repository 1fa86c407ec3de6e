"""SVG figures become part of their page, so that they use its font, its colours and its theme."""

import base64
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from PIL import Image

from _ext.course_page.pages import to_root
from local import ink, panels

INLINE = 2048
"""Raster parts up to this many bytes stay inside the figure: a request would cost more."""

STILL = "data:image/svg+xml;base64,"
"""The beginning of a live figure's picture, which is inside the page."""

PICTURES = f"//img[contains(@src, '_images/') or starts-with(@src, '{STILL}')]"


@dataclass
class Drawing:
    """A figure of a page, or a panel of one: its source, and the name of its placeholder."""

    page: str
    placeholder: str
    prefix: str
    svg: str


def take(site, placeholder):
    """The drawings of all pages in order, after placeholders have taken their places.

    placeholder: a format string for the name of one.
    """
    drawings = []
    for name, tree in site.trees.items():
        for image in tree.xpath(PICTURES):
            source = drawn(site, image.get("src"))
            if source is None:
                shrink(site, image)
                continue
            # A live figure takes the place of its still, which must be as large as that.
            parts = [source] if image.get("src").startswith(STILL) else panels.cut(source)
            span = etree.Element("span", {"class": "drawing panels" if parts[1:] else "drawing"})
            span.text, span.tail = "", image.tail
            for part, alt in panels.labelled(parts, image.get("alt", "")):
                number = len(drawings)
                svg = ink.adapt(part, alt)
                drawings.append(Drawing(name, f"figure {number}", f"f{number}", svg))
                span.text += placeholder.format(f"figure {number}")
            image.getparent().replace(image, span)
    for path in (site.folder / "_images").glob("*.svg"):
        path.unlink()
    return drawings


def drawn(site, address):
    """The SVG at an image's address, a file or within the page; None for a raster picture."""
    if address.startswith(STILL):
        return base64.b64decode(address.removeprefix(STILL))
    path = site.folder / "_images" / Path(address).name
    return path.read_bytes() if path.suffix == ".svg" else None


def finish(site, drawing, svg):
    """The drawing's `svg` with its larger raster parts moved into files of their own."""

    def file(part):
        if len(part[1]) < INLINE:
            return part[0]
        name = lossless(site, base64.b64decode(part[1]))
        return f'href="{to_root(drawing.page)}_images/{name}"'

    return re.sub(r'href="data:image/png;base64,([^"]+)"', file, svg)


def lossless(site, png):
    """Write a picture as lossless WebP; returns its name, which is made from its content."""
    folder = site.folder / "_images"
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(png).hexdigest()[:16] + ".webp"
    [webp] = site.memory.results(compressed, [png])
    (folder / name).write_bytes(webp)
    return name


def compressed(pngs):
    """Pictures as lossless WebP."""
    files = [io.BytesIO() for _ in pngs]
    for png, file in zip(pngs, files, strict=True):
        Image.open(io.BytesIO(png)).save(file, "webp", lossless=True, method=6)
    return [file.getvalue() for file in files]


def shrink(site, image):
    """Give a raster picture its size, load it lazily, and make a PNG a smaller WebP."""
    path = site.folder / "_images" / Path(image.get("src")).name
    with Image.open(path) as picture:
        width, height = picture.size
    image.set("width", str(width))
    image.set("height", str(height))
    image.set("loading", "lazy")
    if path.suffix == ".png":
        name = lossless(site, path.read_bytes())
        image.set("src", image.get("src").replace(path.name, name))
