"""What was handed in beside a notebook: a module that it imports, a table that it reads."""

from collections import defaultdict

from grading.submissions import intake

MOST = 50
"""Files beside a notebook that are taken along."""
LARGEST = 4 << 20
"""Bytes of all of them together."""


def owned(submissions, folder):
    """The folders that hold the notebooks of one student only, below `folder` itself."""
    students = defaultdict(set)
    for one in submissions:
        if one.path is not None:
            students[one.path.parent].add(one.student)
    return {place for place, names in students.items() if len(names) == 1 and place != folder}


def files(path):
    """((name, bytes), ...) of the plain files in the folder of a notebook, in order of name.

    Of many or large files the first ones are taken, up to MOST and LARGEST.
    """
    found, left = [], LARGEST
    for other in sorted(path.parent.iterdir()):
        taken = other != path and not intake.IGNORED.match(other.name) and len(other.name) <= 100
        if not taken or other.is_dir() or len(found) == MOST:
            continue
        try:
            data = intake.read(other)
            other.name.encode()
        except (intake.UnreadableError, UnicodeEncodeError):
            continue
        if len(data) <= left:
            found.append((other.name, data))
            left -= len(data)
    return tuple(found)
