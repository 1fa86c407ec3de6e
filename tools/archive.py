"""Pack the built site into one archive for reading offline: python -m tools.archive.

Unpacked anywhere, its pages open by double click, without a server or a network. The same site
gives the same archive, byte for byte.
"""

import sys
import zipfile

from tools import faults
from tools.files import ROOT, SITE, replacing

NAME = "batch-normalization"
"""The name of the archive and of the one folder in it."""

COMPRESSED = {".webp", ".png", ".woff2"}
"""Kinds of files that are compressed already, so they are stored as they are."""

READ_ME = """\
Open index.html with a double click. Everything works without a network, but for the buttons that
open a chapter on Colab or Binder.
"""


def entry(name):
    """The archive's header for a file: without a date, readable by everybody."""
    header = zipfile.ZipInfo(f"{NAME}/{name}")
    header.external_attr = 0o644 << 16
    return header


def pack(site, archive):
    """Write the folder `site` into the file `archive`, which is replaced only by a whole one."""
    with (
        replacing(archive) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        packed.writestr(entry("README.txt"), READ_ME)
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            kind = zipfile.ZIP_STORED if path.suffix in COMPRESSED else zipfile.ZIP_DEFLATED
            packed.writestr(entry(path.relative_to(site).as_posix()), path.read_bytes(), kind)


def main():
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")
    archive = SITE.with_name(f"{NAME}.zip")
    pack(SITE, archive)
    size = archive.stat().st_size / 1e6
    print(f"The site, {size:.1f} MB, is in {archive.relative_to(ROOT)}")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
