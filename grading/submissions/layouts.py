"""Whose file is it, and of which assignment? The names that learning platforms give to files.

Each pattern is one that a platform documents, or writes: Moodle's mod/assign (folders and flat),
Canvas's content_zipper, Blackboard's gradebook, Gradescope's submission_metadata.yml, nbgrader's
exchange, GitHub Classroom's repositories, Google Classroom's folder in Drive.
"""

import itertools
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from grading.submissions import platformtables
from grading.submissions.handed import ARCHIVE
from grading.submissions.names import (
    COPY_OF,
    MARKS,
    Slugs,
    is_notebook,
    stem,
)
from grading.submissions.surroundings import Surroundings

PATTERNS = {
    "nbgrader": re.compile(
        r"(?P<student>[^+]+)\+(?P<title>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d.\d\d.\d\d.\d\d(?:\.\d+)?)"
        r"(?: (?P<zone>[+-]\d{2}:?\d{2}|[^+]+))?(?:\+.*)?$"
    ),
    "blackboard": re.compile(
        r"(?P<title>.+)_(?P<student>[^_]+)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)"
        r"(?:_(?P<rest>.+)|\.txt)?$"
    ),
    "moodle": re.compile(
        r"(?P<student>[^_]+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<rest>.*))?$"
    ),
    "canvas": re.compile(
        r"(?P<student>[^\W\d].*?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attempt>\d+)_(?P<rest>.+)$"
        r"|(?P<student2>.+?)_(?P<late2>LATE_)?(?P<id2>\d+)_(?P<rest2>(?:text|link)\.html)$"
        r"|(?P<late3>LATE_)?(?P<student3>anon_\w+?)_(?P<attempt3>\d+)_(?P<rest3>.+)$"
    ),
    "gradescope": re.compile(r"(?P<student>submission_(?P<id>\d+))(?:\.zip)?$"),
    # Without the name of the plugin, Moodle's number has to be long, or it may be anything.
    "moodle ": re.compile(r"(?P<student>[^_\d][^_]* [^_]*)_(?P<id>\d{4,})(?:_(?P<rest>.*))?$"),
}
"""By platform: what a folder's or a file's name must be. Of several, the first one counts."""

ATTEMPTS_TEXT = re.compile(r"_attempt_[-\d]{19}\.txt$")
"""Blackboard's own text of an attempt; other texts beside it are a student's."""
RELEASED = "outbound"
"""The folder of nbgrader's exchange that holds what students get."""
PARTICIPANT = re.compile(r"participant|teilnehmer|participante", re.I)
"""What Moodle calls everybody while marking is blind."""


@dataclass(frozen=True)
class Owner:
    """What a file's path says.

    slug: of the assignment, or None.  platform: whose pattern fits, or "".  number: what the
    platform calls the student or the submission.  time: when the platform received it, in seconds
    since 1970, or None; `late` if it says so.  attempt: a number that rises with every attempt.
    file: the name that the student gave.  prefix: what the platform put before it.  members: the
    names of a group.  each: of a group, what the platform says of each member.  about: what else
    it says of the student ("email", "id", "login").
    """

    student: str
    slug: str | None
    platform: str = ""
    number: str = ""
    time: float | None = None
    late: bool = False
    attempt: int = 0
    file: str = ""
    prefix: str = ""
    scope: tuple = ()
    members: tuple = ()
    each: tuple = ()
    about: dict = field(default_factory=dict, compare=False)


class Layout:
    """What the paths of all files together tell: `owner(handed)`.

    files: the Handed files.  slugs: of the assignments.
    """

    def __init__(self, files, slugs):
        self.slugs = Slugs(slugs)
        self.gradescope, self.blackboard = {}, {}
        for one in files:
            if one.parts[-1] == platformtables.METADATA:
                self.gradescope |= platformtables.gradescope(one)
            elif ATTEMPTS_TEXT.search(one.parts[-1]):
                self.blackboard |= platformtables.blackboard(one)
        self.titles = _titles(files)
        paths = [one.parts for one in files if is_notebook(one) and RELEASED not in one.parts]
        self.around = Surroundings(paths, self.slugs, self._matched)

    def owner(self, handed):
        """The Owner of a file."""
        parts = handed.parts
        slug = self.slugs.told_by(parts)
        if handed.sender:
            name, address = handed.sender
            more = {"platform": "mail", "time": handed.sent, "about": {"email": address}}
            if name or address:
                return self._generic(handed, name or address, slug, number=address, **more)
        for index in range(len(parts)):
            if (
                parts[:index] not in self.around.exports
            ):  # what is in a student's folder says nothing
                break
            if found := self._matched(parts[: index + 1]):
                return self._platforms(handed, index, *found)
        if parts[:-1] in self.around.drive and " - " in parts[-1]:
            student, _, rest = parts[-1].partition(" - ")
            return self._generic(handed, student.strip(), slug, platform="drive", file=rest)
        return self._by_name(handed, slug)

    def _matched(self, path):
        """(platform, match) of the pattern that the last part of a path fits, or None."""
        for platform, pattern in PATTERNS.items():
            if platform == "gradescope" and path not in self.gradescope:
                continue
            found = pattern.match(path[-1])
            if found and not self.slugs.is_one(found["student"] or ""):
                return platform.strip(), found
        return None

    def _platforms(self, handed, index, platform, found):
        """The Owner of a file whose part number `index` matches a platform's pattern."""
        parts = handed.parts
        said = {re.sub(r"\d$", "", key): value for key, value in found.groupdict().items() if value}
        last = index == len(parts) - 1
        file = said.get("rest", "") if last else parts[-1]
        outer, inner = parts[:index], (*parts[index + 1 : -1], file)
        slug = self.slugs.told_by((*outer, said.get("title", ""), *inner))
        owner = Owner(
            student=said["student"].strip(),
            slug=slug,
            platform=platform,
            number=said.get("id", ""),
            time=_time(said.get("time"), said.get("zone")),
            late=bool(said.get("late")),
            attempt=int(said.get("attempt", 0)),
            file=file,
            prefix=_prefix(parts[index], said.get("rest")),
            scope=outer,
        )
        if platform == "moodle" and PARTICIPANT.match(owner.student):
            owner = replace(owner, student=f"{owner.student} {owner.number}")
        elif platform == "gradescope":
            owner = replace(owner, **self.gradescope[(*outer, parts[index])])
        elif platform == "blackboard":
            if more := self.blackboard.get(platformtables.until_time(parts[index])):
                name, login = more
                owner = replace(owner, student=login, about={"name": name, "login": login})
            elif login := _after(self.titles.get(outer, ""), parts[index]):
                owner = replace(owner, student=login)
        return owner

    def _generic(self, handed, student, slug, **more):
        return Owner(student, slug, **{"file": handed.parts[-1]} | more)

    def _by_name(self, handed, slug):
        """The Owner whom the folders or else the file name: no platform's pattern fits."""
        parts = handed.parts
        for index, part in enumerate(parts[:-1]):
            if parts[: index + 1] in self.around.containers or self.slugs.is_one(part):
                continue
            name = part
            outer = parts[index - 1] if index else ""
            if (classroom := re.match(r"(.+)-submissions$", outer)) and part.startswith(
                f"{classroom[1]}-"
            ):
                name = part.removeprefix(f"{classroom[1]}-")
            elif ARCHIVE.search(part) or self.slugs.begins(part):
                name = self.slugs.rest(stem(part)) or stem(part)
            return self._generic(handed, name.strip(), slug)
        base = stem(parts[-1])
        if not handed.empty:
            base = COPY_OF.sub("", base)
            while (mark := MARKS[0].search(base) or MARKS[1].search(base)) and mark.start():
                base = base[: mark.start()]
        return self._generic(handed, (self.slugs.rest(base) or base).strip(), slug)


def _titles(files):
    """{folder: what stands before the login in the names of all of Blackboard's files there}."""
    heads = {}
    for one in files:
        for index, part in enumerate(one.parts):
            head, attempt, _ = part.partition("_attempt_")
            if attempt:
                heads.setdefault(one.parts[:index], set()).add(head)
    return {folder: _shared(found) for folder, found in heads.items() if len(found) > 1}


def _shared(heads):
    """The words that stand at the beginning of all, each with the sign behind it."""
    places = zip(*(head.split("_") for head in heads), strict=False)
    same = itertools.takewhile(lambda words: len({*words}) == 1, places)
    return "".join(f"{words[0]}_" for words in same)


def _after(title, part):
    """The login in the name of one of Blackboard's files, if the title before it is known."""
    return part.removeprefix(title).partition("_attempt_")[0] if title else ""


def _prefix(part, rest):
    return part[: len(part) - len(rest)] if rest else part


def _time(text, zone=None):
    """Seconds since 1970 of a platform's time, which is UTC or this machine's own."""
    if not text:
        return None
    numbers = [int(number) for number in re.findall(r"\d+", text)[:6]]
    try:
        return datetime(*numbers, tzinfo=_zone(zone)).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text):
    """The time zone that a text names, or None for this machine's own."""
    if text in ("UTC", "Z"):
        return UTC
    if offset := re.fullmatch(r"([+-]\d\d):?(\d\d)", text or ""):
        sign = -1 if offset[1].startswith("-") else 1
        return timezone(timedelta(hours=int(offset[1]), minutes=sign * int(offset[2])))
    try:
        return ZoneInfo(text) if text else None
    except (ValueError, OSError):
        return None
