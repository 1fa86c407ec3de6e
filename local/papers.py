"""How the works of the bibliography are named in a line of text: "Ioffe & Szegedy 2015"."""

import functools
import re
import unicodedata
from pathlib import Path

BIBLIOGRAPHY = Path(__file__).parent.parent / "content" / "references.bib"
ENTRY = re.compile(r"@\w+\{(?P<key>[^,\s]+),(?P<fields>.*?)\n\}", re.DOTALL)
FIELD = re.compile(r"\n\s*(?P<name>\w+)\s*=\s*\{(?P<value>.*)\},?(?=\n|$)")
ACCENT = re.compile(r"\{?\\(?P<accent>[\"'`^~cvk])\s*\{?(?P<letter>\\?\w)\}?\}?")
COMBINING = dict(zip("\"'`^~cvk", "\u0308\u0301\u0300\u0302\u0303\u0327\u030c\u0328", strict=True))


@functools.cache
def citations(bibliography=BIBLIOGRAPHY):
    """{key: "Ioffe & Szegedy 2015"} for every entry of the bibliography, a file of BibTeX."""
    entries = ENTRY.finditer(bibliography.read_text("utf-8"))
    return {entry["key"]: _citation(entry["fields"]) for entry in entries}


def _citation(fields):
    found = {field["name"]: field["value"] for field in FIELD.finditer(fields)}
    names = [_plain(name.partition(",")[0]) for name in found["author"].split(" and ")]
    people = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    return f"{people.replace('& others', 'et al.')} {found['year']}"


def _plain(tex):
    """A name without TeX's braces and commands."""

    def accented(found):
        letter = found["letter"].lstrip("\\")
        return unicodedata.normalize("NFC", letter + COMBINING[found["accent"]])

    return re.sub(r"[{}]", "", ACCENT.sub(accented, tex))
