"""What was handed in beside a notebook: a module that it imports, a table that it reads."""

from collections import defaultdict

from grading.submissions.handed import UnreadableError
from grading.submissions.intake import BESIDE

MOST = 50
"""Files beside a notebook that are taken along."""
LARGEST = 4 << 20
"""Bytes of all of them together."""


def grouped(aside):
    """{(student, folder): files} of what `intake` set aside because it lies beside a notebook."""
    places = defaultdict(list)
    for one in aside:
        if one.why == BESIDE:
            places[one.student, one.file.parts[:-1]].append(one.file)
    return places


def read(files):
    """((name, bytes), ...) of Handed files of one folder, in order of name.

    Of many or large files the first ones are taken, up to MOST and LARGEST; one that cannot be read
    is left out.
    """
    found, left = [], LARGEST
    for one in sorted(files, key=lambda one: one.parts):
        if len(found) == MOST:
            break
        try:
            data = one.read(left)
        except UnreadableError:
            continue
        found.append((one.parts[-1], data))
        left -= len(data)
    return tuple(found)
