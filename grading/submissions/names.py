"""What the names of notebooks tell: that they are some, of which assignment, and which copy."""

import re

from grading.submissions.handed import ARCHIVE

NOTEBOOK = re.compile(r"\.ipynb(\.json|\.txt)?$", re.I)
VERSION = re.compile(
    r"(old|new|final|draft|backup|version|v|copy|src|data|work|notebooks?|hw|homework|assignment"
    r"|week|task|exercise|ex|problem|lab|chapter|part|aufgabe|blatt|tarea|tp)(?![^\W\d_])",
    re.I,
)
"""How folders and notebooks of one person are told from each other: no name of a person."""
MARKS = (
    re.compile(r"\s*\((?P<number>\d+)\)$"),
    re.compile(r"\s+-\s+(?:Copy|Kopie|copia|Copie)$", re.I),
    re.compile(r"-(?P<number>\d{1,2})$"),
)
"""How systems mark a copy at the end of its name."""
COPY_OF = re.compile(r"^(?:Copy of|Kopie von|Copia de|Copie de)\s+", re.I)


def is_notebook(handed):
    return bool(NOTEBOOK.search(handed.parts[-1]))


def stem(name):
    """A file's name without what says that it is a notebook or an archive."""
    return ARCHIVE.sub("", NOTEBOOK.sub("", name))


def without_marks(name):
    """(a notebook's name without the marks of a copy, those marks as rising numbers)."""
    base, numbers = COPY_OF.sub("", stem(name)), []
    found = True
    while found:
        for mark in MARKS:
            if (found := mark.search(base)) and found.start():
                numbers.append(int(found.groupdict().get("number") or 1))
                base = base[: found.start()]
                break
            found = None
    copied = (1,) if COPY_OF.match(name) else ()
    return base.strip(), (*reversed(numbers), *copied)


def pattern_of(slug):
    """Finds a slug in a name: "layer" is in "ada layer2", not in "player" or "multilayered"."""
    words = re.escape(slug).replace(r"\-", "[-_ ]+")
    return re.compile(rf"(?<![^\W\d_]){words}(?![^\W\d_])", re.I)
