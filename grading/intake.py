"""Finding and reading submissions: whose is it, of which assignment, and where are its solutions?

Folders and notebooks come as people hand them in. What cannot be told for certain becomes a
`problem`, and the submission is listed for review; nothing is passed over in silence.
"""

import contextlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST = 50 << 20
"""Bytes of a notebook; larger ones hold pictures or films, and are looked at by hand."""
LARGEST_CODE = 1 << 20
IGNORED = re.compile(r"\.|__MACOSX$|Thumbs\.db$|desktop\.ini$")
"""What computers add to folders by themselves; names that begin with a point are theirs, too."""


STAMP = re.compile(r'^REPOSITORY(?:, COMMIT = "", ""| = "[^"\n]*"\nCOMMIT = "[^"\n]*").*', re.M)
"""What the set-up cell says of its origin; without it, the cell is the same for everybody."""


class Unreadable(ValueError):
    """A file that is no notebook; the text says why, to be shown to the student."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in for an assignment. path: of the notebook; None where there is none.

    assignment: its slug, or None where the path does not tell.  problem: why it must be looked at
    by hand before anything else, or "".  note: what was odd, or "".
    """

    student: str
    assignment: str | None
    path: Path | None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """A code cell: its source, and the id that the release gave it (None if it has none)."""

    source: str
    grade_id: str | None = None


def find(folder, slugs):
    """All submissions in `folder`, in order of student and assignment.

    They may lie in STUDENT/ASSIGNMENT/*.ipynb (as nbgrader collects them), in ASSIGNMENT/STUDENT/,
    in a folder for each student, or all in one folder, named after student and assignment.
    """
    folder = Path(folder)
    found = {}
    for top in sorted(folder.iterdir()):
        if IGNORED.match(top.name):
            continue
        inside = {}
        for path in sorted(_files(top)):
            told = path.relative_to(folder)
            whose = _whose(told, slugs)
            if path.suffix == ".ipynb":
                inside.setdefault(whose, []).append(path)
            elif whose[1] in told.parts[:-1] and len(told.parts) > 2:  # both have their folder
                inside.setdefault(whose, [])
        if not inside and top.name not in slugs:
            inside = {_whose(Path(top.name), slugs): []}
        for whose, paths in inside.items():
            found.setdefault(whose, []).extend(paths)
    order = sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return [one for key, paths in order for one in _chosen(*key, paths, folder)]


def _files(top):
    """All files in a folder, or the file itself; a link is a file, never followed."""
    found, rest = [], [top]
    while rest:
        path = rest.pop()
        try:
            inside = None if path.is_symlink() or not path.is_dir() else [*path.iterdir()]
        except OSError:  # a folder that is closed to us, or too deep
            inside = None
        if inside is None:
            found.append(path)
        else:
            rest += [one for one in inside if not IGNORED.match(one.name)]
    return found


def _whose(path, slugs):
    """The student and the assignment's slug (or None) that a path tells."""
    folders, stem = list(path.parts[:-1]), path.name.removesuffix(".ipynb")
    slug = next((part for part in folders if part in slugs), None)
    others = [part for part in folders if part not in slugs]
    words = {s: re.compile(rf"(?<![^\W\d_]){s}(?![^\W\d_])") for s in slugs}  # no part of a word
    in_name = sorted((s for s in slugs if words[s].search(stem)), key=len)
    slug = slug or (in_name[-1] if in_name else None)
    rest = words[slug].sub("", stem, count=1) if slug in in_name else stem
    rest = re.sub(r"^[\W_]+|[\W_]+$", "", rest)
    student = text(others[0] if others else rest or stem)
    # What parts the cells and rows of a table is no part of a name.
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "\ufffd", student).strip(), slug


def text(name):
    """A file's name as text that can be written, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "replace")


def _chosen(student, slug, paths, folder):
    """The Submissions of a student for an assignment: one, if it is known for which."""
    if not paths:
        return [Submission(student, slug, None, "there is no notebook (*.ipynb)")]
    if len(paths) == 1 or slug is None:  # what is in them will tell the assignment
        return [Submission(student, slug, path) for path in paths]
    exact = [path for path in paths if path.name == f"{slug}.ipynb"]
    names = ", ".join(text(path.relative_to(folder)) for path in paths)
    if len(exact) == 1:
        return [Submission(student, slug, exact[0], note=f"several notebooks: {names}")]
    return [Submission(student, slug, None, f"which of these notebooks counts? {names}")]


def read(path):
    """The bytes of a submission's file. Raises Unreadable for links, devices and giants."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise Unreadable("it is not a plain file")
            if told.st_size > LARGEST:
                raise Unreadable(f"the notebook has {told.st_size >> 20} MB, more than 50")
            return file.read()
    except OSError as error:
        link = Path(path).is_symlink()
        raise Unreadable("it is a link to another file" if link else f"{error.strerror}") from error


def cells(data):
    """The code cells in the bytes of a notebook. Raises Unreadable."""
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            "the file is not a notebook: it is not JSON, or only a part of it"
        ) from error
    try:
        sheets = notebook.get("worksheets", [notebook])  # format 3 had sheets
        found = [cell for raw in sheets for cell in _code(raw["cells"])]
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable("the file is JSON, but not a notebook: it has no cells") from error
    if sum(len(cell.source) for cell in found) > LARGEST_CODE:
        raise Unreadable("the notebook has more than 1 MB of code")
    return found


def _code(raw):
    for cell in raw:
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        told = cell.get("metadata")
        told = told.get("nbgrader") if isinstance(told, dict) else None
        told = told if isinstance(told, dict) else {}
        grade_id = told.get("grade_id") if told.get("solution") else None
        # A solution whose cell has become text by mistake is still a solution.
        if isinstance(source, str) and (cell.get("cell_type") == "code" or grade_id):
            source = STAMP.sub("", source.encode("utf-8", "replace").decode())
            yield Cell(source, grade_id if isinstance(grade_id, str) else None)


def given(folder, slugs):
    """The sources of the code cells that students get as they are, of the assignments in `folder`.

    It only saves time: an assignment whose notebook cannot be read there gives none.
    """
    found = []
    for slug in slugs:
        with contextlib.suppress(Unreadable, OSError):
            found += cells(Path(folder, f"{slug}.ipynb").read_bytes())
    # nbgrader takes parts out of what stands between its marks
    return [c.source for c in found if c.grade_id is None and "### BEGIN " not in c.source]


def homes(found, name):
    """The numbers of the cells whose definition of `name` counts, and what is odd about it.

    By the cell's id, else by the function's name. No cells where neither finds one; then the second
    says why it needs review.
    """
    defining = re.compile(
        rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=", re.M
    )
    with_id = [number for number, cell in enumerate(found) if cell.grade_id == name]
    named = [number for number, cell in enumerate(found) if name in cell.source]
    with_name = [number for number in named if defining.search(found[number].source)]
    both = [number for number in with_id if number in with_name]
    if len(both) == 1:
        several = f"{name} is defined in {len(with_name)} cells; the one with its id counts"
        return both, several if len(with_name) > 1 else ""
    if both:
        return both, f"{len(both)} cells are the cell of {name}; the last one counts"
    if len(with_name) == 1:
        return with_name, f"{name} was found by its name: its cell has lost its id"
    if with_name:
        return with_name, f"{name} is defined in {len(with_name)} cells; the last one counts"
    if with_id:
        others = re.findall(r"^(?:def|class)[ \t]+(\w+)", found[with_id[-1]].source, re.M)
        instead = f", but {', '.join(others[:3])}" if others else ""
        return [], f"the cell of {name} does not define it{instead}"
    return [], f"no cell defines {name}: was it deleted, or is this another notebook?"


def recognised(found, catalogue):
    """The slug of the assignment whose functions the cells define, or None if that is not clear."""
    hits = {
        slug: sum(bool(homes(found, question.name)[0]) for question in questions)
        for slug, questions in catalogue.items()
    }
    best = max(hits, key=hits.get)
    clear = hits[best] and list(hits.values()).count(hits[best]) == 1
    return best if clear else None
