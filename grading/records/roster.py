"""roster.csv: who belongs to the class, and whom a name that a platform gave means.

It may be Moodle's list of participants, Canvas's gradebook, or any table that has names or logins,
with its columns in any order. Names are compared without accents, case, signs and order.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from grading.records import tables
from grading.records.tables import TableError

NAME = "roster.csv"
HEADINGS = {
    "name": "name|full name|student|student name|names|roster_identifier",
    "first": r"(preferred/)?first ?names?(\(s\))?|given names?|vorname|prénom|nombre",
    "last": r"(last|family) ?names?|surnames?|nachname|nom|apellidos?",
    "login": "login|user ?name|user|sis login id|login id|netid|github_username|student login",
    "id": r"id number|sid|student id|sis user id|student number|matriculation.*|matrikelnummer",
    "email": "e-?mail( address)?|mail",
    "group": "groups?|team|group name|group_name",
    "canvas": "canvas id|canvas user id",
    "section": "sections?",
}
"""What a column of each kind may be called, in any case."""
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
"""Letters that Unicode does not take apart."""


@dataclass(frozen=True)
class Person:
    """A row of the roster; what it does not say is "". row: all of its cells."""

    name: str = ""
    login: str = ""
    id: str = ""
    email: str = ""
    group: str = ""
    canvas: str = ""
    section: str = ""
    row: dict = field(default_factory=dict, compare=False)

    @property
    def key(self):
        """What the tables of marks call the person."""
        return self.login or self.id or self.email or self.name


def bare(name):
    """A name without accents and case."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    return "".join(c for c in text if not unicodedata.combining(c))


def words(name):
    """The words of a name, without accents, case and apostrophes, in alphabetical order."""
    return tuple(sorted(re.findall(r"[^\W_]+", re.sub("['\u2019]", "", bare(name)))))


def in_one(name):
    """The letters of a name in one word, as Canvas writes it, whichever of its words is first."""
    parts = [re.sub(r"[\W_]", "", part) for part in re.split(r"[\s,]+", bare(name))]
    return {"".join(parts[k:] + parts[:k]) for k in range(len(parts))}


class Roster:
    """The persons of a class. Without a file nobody is on it, and every name means itself."""

    def __init__(self, persons=()):
        counts = Counter(person.key for person in persons)
        self.twice = [key for key, count in counts.items() if count > 1]
        """The keys that have more than one row."""
        self.by_key = {person.key: person for person in reversed(persons)}
        self.persons = [*reversed(self.by_key.values())]
        self.groups = defaultdict(list)
        self._exact, self._words, self._one = (defaultdict(set) for _ in range(3))
        for person in self.persons:
            if person.group:
                self.groups[person.group].append(person.key)
            for kind in ("login", "id", "email", "canvas"):
                if value := getattr(person, kind):
                    self._exact[kind, _plain(value)].add(person.key)
            self._words[words(person.name)].add(person.key)
            for joined in in_one(person.name):
                self._one[joined].add(person.key)

    @property
    def names(self):
        """What the records may call a student or a group of the roster."""
        return self.by_key.keys() | self.groups.keys()

    def match(self, said):
        """The Person whom a platform's names mean, or None if that is not clear.

        said: a dict of what there is of student, name, login, id, email, number and platform.
        """
        student, name = said.get("student", ""), said.get("name", "")
        number = said.get("number", "") if said.get("platform") == "canvas" else ""
        tries = [
            *((kind, said.get(kind, "")) for kind in ("login", "id", "email")),
            ("canvas", number),
            *((kind, student) for kind in ("login", "id", "email")),
        ]
        found = [self._exact.get((kind, _plain(value))) for kind, value in tries if value]
        for each in (name, student):
            if words(each):
                found += [self._words.get(words(each)), self._one.get("".join(words(each)))]
        found += [self._similar(each, said) for each in (name, student) if each]
        for keys in filter(None, found):
            if len(keys) == 1:
                return self.by_key[next(iter(keys))]
        return None

    def _similar(self, name, said):
        """The keys of those who have all words of `name` or the other way round; two at least.

        Nobody of whom the platform says another login, number or address is among them.
        """
        some = set(words(name))
        if len(some) < 2:
            return None
        return {
            key
            for one, keys in self._words.items()
            if len(one) > 1 and (some >= set(one) or some <= set(one))
            for key in keys
            if not self._contradicts(self.by_key[key], said)
        }

    def _contradicts(self, person, said):
        pairs = [(said.get(kind), getattr(person, kind)) for kind in ("login", "id", "email")]
        return any(a and b and _plain(a) != _plain(b) for a, b in pairs)

    def student(self, said):
        """What the records call whoever handed in: a person's key, or the name of a group."""
        if said.get("members"):
            return ", ".join(self.members(said))
        person = self.match(said)
        return (person.group or person.key) if person else said["student"]

    def of_owner(self, owner):
        """The same for the Owner of a file (see `submissions.layouts`)."""
        return self.student({**vars(owner), **owner.about})

    def members(self, said):
        """The keys of those to whom a submission belongs. said: as `match` takes it."""
        if said["student"] in self.groups:
            return self.groups[said["student"]]
        if members := said.get("members"):
            each = said.get("each") or [{"name": name} for name in members]
            named = [({"student": one["name"], **one}, one["name"]) for one in each]
            persons = [(self.match(one), name) for one, name in named]
            return [person.key if person else name for person, name in persons]
        return [said["student"]]


def _plain(value):
    """An identifier without case; a number without the zeros that a spreadsheet takes away."""
    text = value.casefold()
    return text.lstrip("0") or "0" if text.isdecimal() else text


def read(folder):
    """The Roster in a gradebook's folder. Raises TableError for a file that cannot be meant."""
    path = folder / NAME
    if not path.exists():
        return Roster()
    columns, rows = tables.read(path)
    kinds = {}
    for column in columns:
        for kind, pattern in HEADINGS.items():
            if re.fullmatch(pattern, column, re.I) and kind not in kinds.values():
                kinds[column] = kind
                break
    lower = {column.lower(): column for column in columns}
    if "id" in lower and lower["id"] not in kinds:
        canvas = "sis user id" in lower or "sis login id" in lower
        kinds[lower["id"]] = "canvas" if canvas else "id"
    if not {"name", "last", "login"} & {*kinds.values()}:
        raise TableError(
            f"{NAME} has no column of names or logins: its first line is {', '.join(columns)}; "
            "call them name, or first name and last name, and login."
        )
    persons = [
        _person({kind: row.get(column, "") for column, kind in kinds.items()}, row) for row in rows
    ]
    return Roster([one for one in persons if one.key and not _no_person(one)])


def _person(cells, row):
    first, last = cells.pop("first", ""), cells.pop("last", "")
    cells["name"] = cells.get("name") or f"{first} {last}".strip()
    if cells.get("group", "").casefold() == "no groups":  # Moodle's word for none
        cells["group"] = ""
    return Person(**cells, row=row)


def _no_person(person):
    """Whether a row is one of those that Canvas adds to its gradebook."""
    return re.search(r"points possible$|^student, test$", person.name.strip(), re.I) is not None
