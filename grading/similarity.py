"""Pairs of unusually alike solutions, for people to read: no verdict, and no mark.

Of each question's cell, comments, layout, docstrings and the names that a student chooses are taken
out, and every run of LENGTH tokens is a fingerprint (the k-grams of Schleimer, Wilkerson and Aiken,
2003, "Winnowing", all of them kept, since answers are short). What the published solution has, and
what many share, says nothing and does not count.
"""

import builtins
import io
import keyword
import math
import tokenize
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations

from grading.grader import ASSIGNMENTS
from grading.records import pages
from grading.submissions import intake, notebook
from grading.submissions.handed import UnreadableError
from tools import files

LENGTH = 8
"""Tokens of a fingerprint."""
FEWEST = 6
"""Rare fingerprints that a pair must share to be listed."""
ALIKE = 0.5
"""The least share of the rare fingerprints of the shorter answer that must be in the other, too."""
COMMON = 0.1
"""A fingerprint in more than this part of all answers, and in more than three, is not rare."""
MOST = 30
"""Pairs that are listed for a question."""
KEPT = {*keyword.kwlist, *dir(builtins), "np", "numpy", "keras", "tf", "self"}
"""Names that a student does not choose."""
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

_page = pages.template("similarity.html")


@dataclass(frozen=True)
class Pair:
    """Two answers. shared: how many rare fingerprints; share: of the shorter answer's, in 0..1.

    surprise: the sum of -log of how common each shared fingerprint is. texts: the lines of both,
    as (line, whether it is shared).
    """

    names: tuple
    shared: int
    share: float
    surprise: float
    texts: tuple


def tokens(source):
    """[(token, number of its line)] of a cell; up to where it stops being Python."""
    found, before = [], ""
    statement = True  # whether a string here would be a docstring
    try:
        for one in tokenize.generate_tokens(io.StringIO(source).readline):
            if one.type in LAYOUT:
                statement = statement or one.type == tokenize.NEWLINE
                continue
            if one.type == tokenize.STRING and statement:
                continue
            statement = False
            text = one.string
            if one.type == tokenize.NAME and before != "." and text not in KEPT:
                text = "name"
            elif one.type == tokenize.STRING:
                text = "string"
            found.append((text, one.start[0]))
            before = one.string
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def fingerprints(source):
    """{fingerprint: the numbers of the lines where it stands} of a cell."""
    found, lines = tokens(source), defaultdict(set)
    for start in range(len(found) - LENGTH + 1):
        run = found[start : start + LENGTH]
        lines[tuple(text for text, _ in run)].update(line for _, line in run)
    return dict(lines)


def pairs(answers, known=()):
    """The Pairs of unusually alike answers, the most surprising first.

    answers: {student: source}.  known: the sources of which nothing counts.
    """
    ignored = {print_ for source in known for print_ in fingerprints(source)}
    prints = {student: fingerprints(source) for student, source in answers.items()}
    counts = Counter(print_ for own in prints.values() for print_ in own)
    most = max(3, COMMON * len(answers))
    holders, sizes = defaultdict(list), Counter()
    for student, own in prints.items():
        for print_ in own.keys() - ignored:
            if counts[print_] <= most:
                holders[print_].append(student)
                sizes[student] += 1
    shared = defaultdict(list)
    for print_, students in holders.items():
        for two in combinations(sorted(students), 2):
            shared[two].append(print_)
    found = []
    for two, common in shared.items():
        share = len(common) / min(sizes[student] for student in two)
        if len(common) >= FEWEST and share >= ALIKE:
            surprise = sum(math.log(len(answers) / counts[print_]) for print_ in common)
            texts = tuple(_marked(answers[s], prints[s], common) for s in two)
            found.append(Pair(two, len(common), share, surprise, texts))
    return sorted(found, key=lambda pair: (-pair.surprise, pair.names))[:MOST]


def _marked(source, own, common):
    """The lines of a source, with whether a shared fingerprint stands in them."""
    numbers = set().union(*(own[print_] for print_ in common))
    return [(line, n in numbers) for n, line in enumerate(source.splitlines(), start=1)]


def answers(folder, catalogue, person):
    """{(assignment, question): {student: source}} of all that was handed in."""

    def recognized(data):
        return notebook.recognized(notebook.code_cells(data), catalogue)

    found, _ = intake.find(folder, tuple(catalogue), recognized, person)
    sources = defaultdict(dict)
    for one in found:
        if one.file is None or one.assignment is None:
            continue
        try:
            cells = notebook.code_cells(one.file.read())
        except UnreadableError:
            continue
        for question in catalogue[one.assignment]:
            if source := _answer(cells, question.name):
                sources[one.assignment, question.name][one.student] = source
    return sources


def _answer(cells, name):
    """The source of the cells that define `name`."""
    numbers, _ = notebook.defining_cells(cells, name)
    return "\n".join(cells[number].source for number in numbers)


def write_page(folder, book, catalogue, person):
    """Write similarity.html into a gradebook's folder; returns how many pairs it lists.

    folder: of what was handed in.
    """
    parts = []
    for (slug, question), own in sorted(answers(folder, catalogue, person).items()):
        published = notebook.code_cells((ASSIGNMENTS / f"{slug}.ipynb").read_bytes())
        listed = pairs(own, [cell.source for cell in published])
        parts.append({"slug": slug, "question": question, "count": len(own), "pairs": listed})
    files.write(book / "similarity.html", _page.render(parts=parts), mode=0o600)
    return sum(len(part["pairs"]) for part in parts)
