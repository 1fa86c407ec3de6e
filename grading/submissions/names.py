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
COPY_OF = re.compile(r"^(?:(?:Copy of|Kopie von|Copia de|Copie de)\s+)+", re.I)


def is_notebook(handed):
    return bool(NOTEBOOK.search(handed.parts[-1]))


def stem(name):
    """A file's name without what says that it is a notebook or an archive."""
    return ARCHIVE.sub("", NOTEBOOK.sub("", ARCHIVE.sub("", name)))


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
    prefix = COPY_OF.match(name)
    copied = (len(re.findall(r" (?:of|von|de)\s", prefix[0])),) if prefix else ()
    return base.strip(), (*reversed(numbers), *copied)


class Slugs:
    """Finds the slugs of assignments in names: "layer" in "ada layer2", not in "player".

    A slug is found in any case, and with blanks or underscores for its hyphens.
    """

    def __init__(self, slugs):
        self.patterns = {slug: _pattern_of(slug) for slug in slugs}

    def is_one(self, name):
        """Whether a name is that of an assignment and nothing more."""
        return any(pattern.fullmatch(name) for pattern in self.patterns.values())

    def found_in(self, name):
        """The longest slug that a name holds, or None."""
        return max((s for s, p in self.patterns.items() if p.search(name)), key=len, default=None)

    def begins(self, name):
        """Whether a name begins with a slug."""
        return any(pattern.match(name) for pattern in self.patterns.values())

    def rest(self, name):
        """A name without the slug in it and without the signs around that."""
        slug = self.found_in(name)
        rest = self.patterns[slug].sub("", name, count=1) if slug else name
        return re.sub(r"^[\W_]+|[\W_]+$", "", rest) if slug else name.strip(" _-")

    def told_by(self, parts):
        """The slug that a path tells: a folder of its name, the file's name, an outer folder's."""
        for part in parts[:-1]:
            for slug, pattern in self.patterns.items():
                if pattern.fullmatch(part):
                    return slug
        return next(filter(None, map(self.found_in, reversed(parts))), None)


def _pattern_of(slug):
    words = "[-_ ]+".join(map(re.escape, slug.split("-")))
    return re.compile(rf"(?<![^\W\d_]){words}(?![^\W\d_])", re.I)
