"""Finding submissions in a folder: whose are they, of which assignment, and which file counts?

Exports of learning platforms are taken as they come (see `layouts`), and folders as people fill
them. What cannot be decided for certain becomes a `problem`, and the submission is listed for
review; no file is passed over in silence.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import PurePath

from grading.submissions import handed
from grading.submissions.handed import SYSTEM, UNOPENED, UnreadableError
from grading.submissions.layouts import RELEASED, Layout, Owner
from grading.submissions.names import is_notebook, without_marks
from grading.submissions.platformtables import METADATA

BESIDE = "it lies beside a notebook"
"""Why other files of somebody who handed in a notebook are set aside."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in for an assignment. file: the notebook, or None without one.

    assignment: its slug, or None if nothing says it.  owner: what the platform says of it.
    problem: why a person has to look at it before it can be graded, or "".  note: what else was
    unusual, or "".  about: the files that a person has to look at, where there is a problem.
    """

    student: str
    assignment: str | None
    file: handed.Handed | None
    problem: str = ""
    note: str = ""
    owner: Owner | None = None
    about: tuple = ()


@dataclass(frozen=True)
class Aside:
    """A file that is not graded, and why."""

    file: handed.Handed
    student: str
    assignment: str | None
    why: str


def find(folder, slugs, recognized=lambda data: None, person=lambda owner: owner.student):
    """(all Submissions in `folder`, in order of student and assignment; what was set Aside).

    recognized(data): the slug of a notebook's bytes, or None, for what is not told by its path; it
    may raise UnreadableError.  person(owner): whom an Owner's names mean.
    """
    files = handed.walk(folder)
    layout = Layout(files, slugs)
    owners = _told_apart([(one, layout.owner(one)) for one in files])
    notebooks, others, aside, hidden = defaultdict(list), defaultdict(list), [], {}
    for one, owner in owners:
        name = one.parts[-1]
        if any(map(SYSTEM.match, one.parts)):
            aside.append(Aside(one, owner.student, owner.slug, "a system's own file"))
            if not SYSTEM.match(owner.student):
                hidden[person(owner)] = owner
        elif name == METADATA or RELEASED in one.parts:
            aside.append(Aside(one, "", owner.slug, "the platform's own file"))
        elif one.empty and len(one.parts) == 1 and name in slugs:
            continue  # an assignment that nobody has handed in
        elif is_notebook(one):
            owner = replace(owner, slug=owner.slug or _slug(one, recognized))
            notebooks[person(owner), owner.slug].append((one, owner))
        else:
            others[person(owner)].append((one, owner))
    submissions = []
    for (student, slug), group in notebooks.items():
        chosen, passed_over = _chosen(student, slug, group)
        submissions.append(chosen)
        aside += passed_over
    without, near = _without_notebooks(notebooks, others)
    seen = {student for student, _ in notebooks} | others.keys()
    without += [_without(name, None, (), hidden[name]) for name in hidden.keys() - seen]
    together = _one_for_each(submissions + without)
    return sorted(together, key=lambda one: (one.student, one.assignment or "")), aside + near


def _slug(one, recognized):
    try:
        return recognized(one.read())
    except UnreadableError:
        return None


def _told_apart(owners):
    """The same, where two persons of one name in one export have their numbers in the name."""
    numbers = defaultdict(set)
    for _, owner in owners:
        if owner.number:
            numbers[_place(owner)].add(owner.number)
    return [
        (one, replace(owner, student=f"{owner.student} ({owner.number})"))
        if len(numbers.get(_place(owner), ())) > 1
        else (one, owner)
        for one, owner in owners
    ]


def _place(owner):
    """Where a name means one person: in Moodle each assignment has numbers of its own."""
    slug = owner.slug if owner.platform == "moodle" else None
    return owner.platform, owner.scope if owner.platform != "mail" else (), slug, owner.student


def _without_notebooks(notebooks, others):
    """(Submissions of the files that need a person, the files that lie beside notebooks as Aside).

    notebooks: lists of (file, owner) by student and slug.  others: the same of other files, by
    student.
    """
    submissions, aside, told = [], [], defaultdict(set)
    for student, slug in notebooks:
        told[student].add(slug)
    for student, group in others.items():
        slugs = told[student]
        scopes = {owner.scope for slug in slugs for _, owner in notebooks[student, slug]}
        alone = defaultdict(list)
        for one, owner in group:
            # Student and assignment both have a folder here, so a notebook is expected in it.
            expected = owner.slug and len(one.parts) > 2 and owner.slug in one.parts[:-1]
            expected = (
                expected or re.sub(r"[_ ]", "-", PurePath(one.parts[-1]).stem.lower()) == owner.slug
            )
            lacking = (expected or owner.platform) and owner.slug not in slugs
            lacking = lacking and (owner.slug is not None or owner.scope not in scopes)
            if one.refused or UNOPENED.search(one.parts[-1]) or not slugs or lacking:
                slug = owner.slug if owner.slug not in slugs else None
                alone[slug].append((one, owner))
            elif not one.empty:
                aside.append(Aside(one, student, owner.slug, BESIDE))
        submissions += [
            _without(student, slug, [one for one, _ in files if not one.empty], files[0][1])
            for slug, files in alone.items()
        ]
    return submissions, aside


def _without(student, slug, files, owner):
    """The Submission of files that are no notebooks, or must not be read."""
    reasons = [f"{one.name}: {one.refused}" for one in files if one.refused]
    unopened = [one for one in files if not one.refused and UNOPENED.search(one.parts[-1])]
    if unopened:
        reasons.append(f"{listing(unopened)} is not opened here: unpack it, or make it a zip")
    others = [one for one in files if not one.refused and one not in unopened]
    if others or not files:
        instead = f", but {listing(others)}" if others else ""
        reasons.append(f"there is no notebook (*.ipynb){instead}")
    problem = "; ".join(reasons)
    return Submission(student, slug, None, problem, owner=owner, about=tuple(files))


def _one_for_each(submissions):
    """The same, with one Submission for each student and assignment."""
    together = defaultdict(list)
    for one in submissions:
        together[one.student, one.assignment].append(one)
    return [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            file=None,
            problem="; ".join(one.problem or f"and {one.file.name}?" for one in group),
            about=sum((one.about or (one.file,) for one in group), ()),
        )
        for group in together.values()
    ]


def listing(files):
    """The names of some files; of many, the first ones."""
    names = [one.name for one in files]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _chosen(student, slug, group):
    """(the Submission of a student for an assignment, the notebooks that do not count as Aside)."""
    files = tuple(one for one, _ in group)
    different = _without_doubles(group)
    if slug is None and len(different) > 1:
        counts, why = None, f"of which assignments are these notebooks? {listing(files)}"
    elif student == slug and len(different) > 1:
        counts, why = None, f"whose notebooks are these? {listing(files)}"
    else:
        counts, why = _newest(different, slug)
    if counts is None:
        why = why or f"which of these notebooks counts? {listing(files)}"
        return Submission(student, slug, None, why, owner=group[0][1], about=files), []
    file, owner = counts
    rest = [one for one in files if one is not file]
    note = f"{why}: {file.name}, not {listing(rest)}" if rest else ""
    aside = [Aside(one, student, slug, f"{why}: {file.name}") for one in rest]
    return Submission(student, slug, file, note=note, owner=owner), aside


def _without_doubles(group):
    """The same, where only the last of those with the same bytes is left."""
    if len(group) == 1:
        return group
    different = {}
    for one, owner in group:
        try:
            key = one.read()
        except UnreadableError:
            key = one.name
        different[key] = (one, owner)
    return [*different.values()]


def _newest(group, slug):
    """((the file that counts, its owner), why), or (None, "") where only a person can decide.

    The platform's own marks decide: its times, its numbers of attempts, then marks of copies.
    """
    if len(group) == 1:
        return group[0], "the same notebook was handed in more than once"
    times = [owner.time for _, owner in group]
    if None not in times and len({owner.platform for _, owner in group}) == 1:
        last = [pair for pair in group if pair[1].time == max(times)]
        if len(last) == 1:
            return last[0], "the last attempt counts"
        group = last
    named = {}
    for one, owner in group:
        base, marks = without_marks(owner.file or one.parts[-1])
        base = re.sub(r"[-_ ]+", "-", base.lower())
        named.setdefault(base, []).append((owner.attempt, marks, one, owner))
    copies = named.get(slug, []) if len(named) > 1 else next(iter(named.values()))
    if len(copies) == 1:
        if _unfilled(copies[0][2]) > min(_unfilled(one) for one, _ in group):
            return None, ""  # it may be the release, and the solution has another name
        return copies[0][2:], "the notebook that bears the assignment's name counts"
    for order in (0, 1):  # the number of the attempt, or else the marks of copies in one folder
        ranks = [copy[order] for copy in copies]
        folders = {copy[2].parts[:-1] for copy in copies}
        if copies and len(set(ranks)) == len(ranks) and (order == 0 or len(folders) == 1):
            return copies[ranks.index(max(ranks))][2:], "the newest copy counts"
    return None, ""


def _unfilled(one):
    """How many functions of a notebook are as they were released."""
    try:
        return one.read().count(b"raise NotImplementedError")
    except UnreadableError:
        return 0
