"""Finding submissions in a folder: whose are they, of which assignment, and in which file?

Folders and notebooks are taken as people hand them in. What cannot be decided for certain becomes
a `problem`, and the submission is listed for review; no file is passed over in silence.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST = 50 << 20
"""Bytes of a notebook. A larger one holds pictures or films, and a person has to look at it."""
IGNORED = re.compile(r"\.|__MACOSX$|Thumbs\.db$|desktop\.ini$")
"""Names of files that systems create by themselves; hidden files (".name") are ignored, too."""


class UnreadableError(ValueError):
    """The file is not a notebook that can be graded; the text says why, for the student."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in for an assignment. path: of the notebook, or None without one.

    assignment: its slug, or None if the path does not say.  problem: why a person has to look at it
    before it can be graded, or "".  note: what else was unusual, or "".
    """

    student: str
    assignment: str | None
    path: Path | None
    problem: str = ""
    note: str = ""


def find(folder, slugs):
    """All submissions in `folder`, in order of student and assignment.

    They may lie in STUDENT/ASSIGNMENT/*.ipynb (as nbgrader collects them), in ASSIGNMENT/STUDENT/,
    in a folder for each student, or all in one folder, named after student and assignment.
    """
    folder = Path(folder)
    notebooks = {}
    for top in sorted(folder.iterdir()):
        if IGNORED.match(top.name):
            continue
        below = {}
        for path in sorted(_files(top)):
            relative = path.relative_to(folder)
            owner = _owner(relative, slugs)
            if path.suffix == ".ipynb":
                below.setdefault(owner, []).append(path)
            # Student and assignment both have a folder here, so a notebook is expected in it.
            elif owner[1] in relative.parts[:-1] and len(relative.parts) > 2:
                below.setdefault(owner, [])
        if not below and top.name not in slugs:
            below = {_owner(Path(top.name), slugs): []}
        for owner, paths in below.items():
            notebooks.setdefault(owner, []).extend(paths)
    in_order = sorted(notebooks.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return [
        submission for owner, paths in in_order for submission in _chosen(*owner, paths, folder)
    ]


def _files(top):
    """All files in a folder, or the file itself. A link counts as a file and is never followed."""
    files, waiting = [], [top]
    while waiting:
        path = waiting.pop()
        try:
            entries = None if path.is_symlink() or not path.is_dir() else [*path.iterdir()]
        except OSError:  # a folder that we may not open, or that is nested too deep
            entries = None
        if entries is None:
            files.append(path)
        else:
            waiting += [entry for entry in entries if not IGNORED.match(entry.name)]
    return files


def _owner(path, slugs):
    """The student that a path names, and the slug of the assignment (None if it names none)."""
    folders, stem = list(path.parts[:-1]), path.name.removesuffix(".ipynb")
    slug = next((part for part in folders if part in slugs), None)
    others = [part for part in folders if part not in slugs]
    # "layer" is found in "ada layer2", and not in "player" or "multilayered".
    patterns = {s: re.compile(rf"(?<![^\W\d_]){s}(?![^\W\d_])") for s in slugs}
    in_name = sorted((s for s in slugs if patterns[s].search(stem)), key=len)
    slug = slug or (in_name[-1] if in_name else None)
    rest = patterns[slug].sub("", stem, count=1) if slug in in_name else stem
    rest = re.sub(r"^[\W_]+|[\W_]+$", "", rest)
    student = text(others[0] if others else rest or stem)
    # Control characters and line separators would break the rows and cells of the tables.
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "\ufffd", student).strip(), slug


def text(name):
    """A file's name as text that can be written as UTF-8, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "replace")


def _chosen(student, slug, paths, folder):
    """The Submissions of a student for an assignment: only one, if the assignment is known."""
    if not paths:
        return [Submission(student, slug, None, "there is no notebook (*.ipynb)")]
    if len(paths) == 1 or slug is None:  # the content will show the assignment
        return [Submission(student, slug, path) for path in paths]
    exact = [path for path in paths if path.name == f"{slug}.ipynb"]
    names = ", ".join(text(path.relative_to(folder)) for path in paths)
    if len(exact) == 1:
        return [Submission(student, slug, exact[0], note=f"several notebooks: {names}")]
    return [Submission(student, slug, None, f"which of these notebooks counts? {names}")]


def read(path):
    """The bytes of a submission's file. Raises UnreadableError for links, devices and giants."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("it is not a plain file")
            if status.st_size > LARGEST:
                raise UnreadableError(f"the notebook has {status.st_size >> 20} MB, more than 50")
            return file.read()
    except OSError as error:
        link = Path(path).is_symlink()
        why = "it is a link to another file" if link else f"{error.strerror}"
        raise UnreadableError(why) from error
