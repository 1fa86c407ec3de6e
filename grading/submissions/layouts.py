"""Whose file is it, and of which assignment? The names that learning platforms give to files.

Each pattern is one that a platform documents, or writes: Moodle's mod/assign (folders and flat),
Canvas's content_zipper, Blackboard's gradebook, Gradescope's submission_metadata.yml, nbgrader's
exchange, GitHub Classroom's repositories, Google Classroom's folder in Drive.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from grading.submissions import platformtables
from grading.submissions.handed import ARCHIVE
from grading.submissions.names import (
    COPY_OF,
    MARKS,
    VERSION,
    is_notebook,
    pattern_of,
    stem,
    without_marks,
)

PATTERNS = {
    "nbgrader": re.compile(
        r"(?P<student>[^+]+)\+(?P<title>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d.\d\d.\d\d.\d\d(?:\.\d+)?)"
        r"(?: (?P<zone>[^+]+))?(?:\+.*)?$"
    ),
    "blackboard": re.compile(
        r"(?P<title>.+)_(?P<student>[^_]+)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)"
        r"(?:_(?P<rest>.+)|\.txt)?$"
    ),
    "moodle": re.compile(
        r"(?P<student>[^_]+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<rest>.*))?$"
    ),
    "canvas": re.compile(
        r"(?P<student>.+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attempt>\d+)_(?P<rest>.+)$"
        r"|(?P<student2>.+?)_(?P<late2>LATE_)?(?P<id2>\d+)_(?P<rest2>(?:text|link)\.html)$"
        r"|(?P<late3>LATE_)?(?P<student3>anon_\w+?)_(?P<attempt3>\d+)_(?P<rest3>.+)$"
    ),
    "gradescope": re.compile(r"(?P<student>submission_(?P<id>\d+))(?:\.zip)?$"),
    # Without the name of the plugin, Moodle's number has to be long, or it may be anything.
    "moodle ": re.compile(r"(?P<student>[^_\d][^_]* [^_]*)_(?P<id>\d{4,})(?:_(?P<rest>.*))?$"),
}
"""By platform: what a folder's or a file's name must be. Of several, the first one counts."""

EXPORT = re.compile(
    r"submi|export|inbound|gradebook|drive-download|download|collected|abgabe|^all$|^class(es)?\b",
    re.I,
)
"""What a folder or archive of everybody's may be called."""
SURELY = re.compile(r"submissions|submitted|inbound|export|all|class", re.I)
"""What nobody calls the own one."""
PARTICIPANT = re.compile(r"participant|teilnehmer|participante", re.I)
"""What Moodle calls everybody while marking is blind."""


@dataclass(frozen=True)
class Owner:
    """What a file's path says.

    slug: of the assignment, or None.  platform: whose pattern fits, or "".  number: what the
    platform calls the student or the submission.  time: when the platform received it, in seconds
    since 1970, or None; `late` if it says so.  attempt: a number that rises with every attempt.
    file: the name that the student gave.  prefix: what the platform put before it.  members: the
    names of a group.  about: what else the platform says of the student ("email", "id", "login").
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
    about: dict = field(default_factory=dict, compare=False)


class Layout:
    """What the paths of all files together tell: `owner(handed)`.

    files: the Handed files.  slugs: of the assignments.
    """

    def __init__(self, files, slugs):
        self.patterns = {slug: pattern_of(slug) for slug in slugs}
        self.gradescope, self.blackboard = {}, {}
        for one in files:
            if one.parts[-1] == platformtables.METADATA:
                self.gradescope |= platformtables.gradescope(one)
            elif one.parts[-1].endswith(".txt") and "_attempt_" in one.parts[-1]:
                self.blackboard |= platformtables.blackboard(one)
        self.paths = [one.parts for one in files if is_notebook(one)]
        self.containers = self._containers()
        self.exports = self._exports()
        self.drive = self._drive()

    def owner(self, handed):
        """The Owner of a file."""
        parts = handed.parts
        slug = self._slug(parts)
        if handed.sender:
            name, address = handed.sender
            more = {"platform": "mail", "time": handed.time, "about": {"email": address}}
            return self._generic(handed, name or address, slug, **more)
        for index in range(len(parts)):
            if parts[:index] not in self.exports:  # what is in a student's folder says nothing
                break
            if found := self._matched(parts[: index + 1]):
                return self._platforms(handed, index, *found)
        if parts[:-1] in self.drive and " - " in parts[-1]:
            student, _, rest = parts[-1].partition(" - ")
            return self._generic(handed, student.strip(), slug, platform="drive", file=rest)
        return self._by_name(handed, slug)

    def _matched(self, path):
        """(platform, match) of the pattern that the last part of a path fits, or None."""
        for platform, pattern in PATTERNS.items():
            if platform == "gradescope" and path not in self.gradescope:
                continue
            if found := pattern.match(path[-1]):
                return platform.strip(), found
        return None

    def _platforms(self, handed, index, platform, found):
        """The Owner of a file whose part number `index` matches a platform's pattern."""
        parts = handed.parts
        said = {re.sub(r"\d$", "", key): value for key, value in found.groupdict().items() if value}
        last = index == len(parts) - 1
        file = said.get("rest", "") if last else parts[-1]
        outer, inner = parts[:index], (*parts[index + 1 : -1], file)
        slug = self._slug((*outer, said.get("title", ""), *inner))
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
        elif platform == "blackboard" and (
            more := self.blackboard.get(platformtables.until_time(parts[index]))
        ):
            name, login = more
            owner = replace(owner, student=login, about={"name": name, "login": login})
        return owner

    def _generic(self, handed, student, slug, **more):
        return Owner(student, slug, **{"file": handed.parts[-1]} | more)

    def _by_name(self, handed, slug):
        """The Owner whom the folders or else the file name: no platform's pattern fits."""
        parts = handed.parts
        for index, part in enumerate(parts[:-1]):
            if parts[: index + 1] in self.containers or self._is_slug(part):
                continue
            name = part
            outer = parts[index - 1] if index else ""
            if (classroom := re.match(r"(.+)-submissions$", outer)) and part.startswith(
                f"{classroom[1]}-"
            ):
                name = part.removeprefix(f"{classroom[1]}-")
            elif ARCHIVE.search(part) or any(p.match(part) for p in self.patterns.values()):
                name = self._rest(stem(part)) or stem(part)
            return self._generic(handed, name.strip(), slug)
        base = stem(parts[-1])
        if not handed.empty:
            base = COPY_OF.sub("", base)
            while (mark := MARKS[0].search(base) or MARKS[1].search(base)) and mark.start():
                base = base[: mark.start()]
        return self._generic(handed, self._rest(base) or base, slug)

    def _is_slug(self, part):
        return any(pattern.fullmatch(part) for pattern in self.patterns.values())

    def _rest(self, name):
        """A name without the slug in it and without the signs around that."""
        slug = self._slug_in(name)
        rest = self.patterns[slug].sub("", name, count=1) if slug else name
        return re.sub(r"^[\W_]+|[\W_]+$", "", rest) if slug else name.strip(" _-")

    def _slug_in(self, name):
        """The longest slug that a name holds, or None."""
        return max((s for s, p in self.patterns.items() if p.search(name)), key=len, default=None)

    def _slug(self, parts):
        """The slug that a path tells: a folder of its name, the file's name, an outer folder's."""
        for part in parts[:-1]:
            for slug, pattern in self.patterns.items():
                if pattern.fullmatch(part):
                    return slug
        return next(filter(None, map(self._slug_in, reversed(parts))), None)

    def _below(self, level):
        """{folder or archive in one of `level`: the paths in it} of all notebooks."""
        below = defaultdict(list)
        for parts in self.paths:
            outer = next((one for one in level if parts[: len(one)] == one), None)
            if outer is not None and len(parts) > len(outer) + 1:
                below[parts[: len(outer) + 1]].append(parts[len(outer) + 1 :])
        return below

    def _exports(self):
        """The folders and archives directly in which platforms' names are believed.

        A student's own are not among them, for anybody may give a file a classmate's name.
        """
        exports, level = {()}, {()}
        while level:
            below = {
                top: inner for top, inner in self._below(level).items() if not self._matched(top)
            }
            whole = all(self._all_match(top, inner) for top, inner in below.items())
            level = {
                top
                for top in below
                if whole
                or top in self.containers
                or self._is_slug(top[-1])
                or EXPORT.search(top[-1])
                or (ARCHIVE.search(top[-1]) and self._slug_in(top[-1]))
            }
            exports |= level
        return exports

    def _all_match(self, top, inner):
        """Whether everything in a folder fits a platform's pattern. inner: the paths in it."""
        first = {(*top, parts[0]) for parts in inner}
        if all(map(self._matched, first)):
            return True
        deeper = [parts[1:] for parts in inner if len(parts) > 1]
        return len(first) == 1 and len(deeper) == len(inner) and self._all_match(*first, deeper)

    def _containers(self):
        """The folders and archives that hold everybody's work: those at the top, and in them."""
        containers, level = set(), {()}
        while level:
            below = self._below(level)
            level = {top for top, inner in below.items() if self._holds_all(top, inner, below)}
            containers |= level
        return containers

    def _holds_all(self, top, inner, siblings):
        """Whether a folder or archive is everybody's. inner: the paths of the notebooks in it."""
        name = stem(top[-1])
        if self._is_slug(name):
            return False
        while len({parts[0] for parts in inner}) == 1 and len(inner[0]) > 1:
            if SURELY.fullmatch(name):
                return True
            inner = [parts[1:] for parts in inner]
        named = self._named(inner)
        if EXPORT.search(name):
            return len(named) > 1
        named = {one for one in named if not VERSION.match(one)}
        if ARCHIVE.search(top[-1]) and (len(siblings) == 1 or self._slug_in(name)):
            return len(named) > 1
        # Folders of a class are few and hold many; those of students are many and hold few.
        return len(named) > max(2, len(siblings))

    def _named(self, inner):
        """The different names at the beginning of these paths of notebooks, but for slugs."""
        names = set()
        for parts in inner:
            outer = [part for part in parts[:-1] if not self._is_slug(part)]
            if outer:
                names.add(outer[0])
            elif self._slug_in(parts[-1]):
                names.add(self._rest(without_marks(parts[-1])[0]))
        return names - {""}

    def _drive(self):
        """The folders in which every notebook is called "NAME - FILE", with different names."""
        names = defaultdict(set)
        for *folder, file in self.paths:
            name, dash, _ = file.partition(" - ")
            names[tuple(folder)].add(name if dash and not self._slug_in(name) else None)
        return {folder for folder, found in names.items() if None not in found and len(found) > 1}


def _prefix(part, rest):
    return part[: len(part) - len(rest)] if rest else part


def _time(text, zone=None):
    """Seconds since 1970 of a platform's time, which is UTC or this machine's own."""
    if not text:
        return None
    numbers = [int(number) for number in re.findall(r"\d+", text)[:6]]
    try:
        return datetime(*numbers, tzinfo=UTC if zone in ("UTC", "Z") else None).timestamp()
    except ValueError:
        return None
