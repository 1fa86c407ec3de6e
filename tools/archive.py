"""Pack the built site into one archive for reading offline: python -m tools.archive [--python].

Unpacked anywhere, its pages open by double click, without a server or a network. The same site
gives the same archive, byte for byte.

What runs Python on the pages ("Run here") is large, and no browser starts it from a file. It is in
the archive only where --python asks for it; otherwise the pages have no button for it.
"""

import re
import sys
import zipfile

from tools import faults
from tools.files import ROOT, SITE, replacing

NAME = "batch-normalization"
"""The name of the archive and of the one folder in it."""

PYTHON = "_python"
"""The folder of the site with what runs Python on the pages."""

BUTTON = re.compile(rb"<run-here[^>]*></run-here>")

COMPRESSED = {".webp", ".png", ".woff2", ".whl", ".zip"}
"""Kinds of files that are compressed already, so they are stored as they are."""

READ_ME = """\
Open index.html with a double click. Everything works without a network, but for the buttons that
open a chapter on Colab or Binder.
"""

SERVE = """\
To run Python on the pages, serve this folder: with Python installed, open a terminal in it, type
"python3 -m http.server" and open http://localhost:8000 in the browser.
"""


def entry(name):
    """The archive's header for a file: without a date, readable by everybody."""
    header = zipfile.ZipInfo(f"{NAME}/{name}")
    header.external_attr = 0o644 << 16
    return header


def pack(site, archive, python=False):
    """Write the folder `site` into the file `archive`, which is replaced only by a whole one.

    python: whether with what runs Python on the pages.
    """
    with (
        replacing(archive) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        packed.writestr(entry("README.txt"), READ_ME + SERVE * python)
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            name = path.relative_to(site)
            if name.parts[0] == PYTHON and not python:
                continue
            content = path.read_bytes()
            if path.suffix == ".html" and not python:
                content = BUTTON.sub(b"", content)
            kind = zipfile.ZIP_STORED if path.suffix in COMPRESSED else zipfile.ZIP_DEFLATED
            packed.writestr(entry(name.as_posix()), content, kind)


def main(*options):
    python = options == ("--python",)
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")
    if python and not (SITE / PYTHON).exists():
        sys.exit("No page of this book runs Python: `make book` says why.")
    archive = SITE.with_name(f"{NAME}-python.zip" if python else f"{NAME}.zip")
    pack(SITE, archive, python)
    size = archive.stat().st_size / 1e6
    what = "The site with Python" if python else "The site"
    print(f"{what}, {size:.1f} MB, is in {archive.relative_to(ROOT)}")


if __name__ == "__main__":
    with faults.in_one_line():
        main(*sys.argv[1:])
