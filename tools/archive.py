"""Pack the built site into one archive for reading offline: python -m tools.archive.

Unpacked anywhere, its pages open by double click: no server, no network. The same site makes the
same archive, byte for byte.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
NAME = "batch-normalization"
"""Of the archive, and of the one folder in it."""

STORED = {".webp", ".png", ".woff2"}
"""Compressed already."""

READ_ME = """\
Open index.html with a double click. Everything works without a network, but for the buttons that
open a chapter on Colab or Binder.
"""


def entry(name):
    """What stands before a file in the archive: no date, and all may read it."""
    about = zipfile.ZipInfo(f"{NAME}/{name}")
    about.external_attr = 0o644 << 16
    return about


def pack(site, archive):
    """Write the folder `site` into the file `archive`, replacing it only once it is whole."""
    temporary = archive.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(entry("README.txt"), READ_ME)
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            kind = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
            packed.writestr(entry(path.relative_to(site).as_posix()), path.read_bytes(), kind)
    temporary.replace(archive)


def main():
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")
    archive = SITE.with_name(f"{NAME}.zip")
    pack(SITE, archive)
    size = archive.stat().st_size / 1e6
    print(f"The site, {size:.1f} MB, is in {archive.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
