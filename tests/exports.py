"""What learning platforms export, made from the names that they document.

    python -m tests.exports FOLDER 300 moodle-folders      writes so many submissions into FOLDER
    python -m tests.exports FOLDER 300 canvas zip          the same as one archive (or: nested)

Every tenth person hands in twice, where the platform keeps both: first what is wrong.
"""

import io
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import yaml

from grading.submissions import intake
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.submissions import SLUG

FIRST = ("Ada", "José", "Zoë", "Ingrid", "Mary-Ann", "Søren", "Łukasz", "Anne", "Ýmir", "Chi")
LAST = ("Lovelace", "Núñez", "O'Neill", "Ångström", "van der Berg", "Šimić", "Byron", "Åse", "Wu")
START = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """A member of the class. number: of the person, from 0; sid: as an office writes it."""

    number: int

    @property
    def first(self):
        return FIRST[self.number % len(FIRST)]

    @property
    def last(self):
        rest = self.number // len(FIRST)
        again = rest // len(LAST)
        return LAST[rest % len(LAST)] + (f"-{FIRST[again % len(FIRST)]}" if again else "")

    @property
    def name(self):
        return f"{self.first} {self.last}"

    @property
    def login(self):
        return f"user{self.number:03}"

    @property
    def sid(self):
        return f"{self.number + 4217:08}"

    @property
    def email(self):
        return f"{self.login}@example.org"

    @property
    def canvas(self):
        """The name that Canvas gives to files: the last name first, of letters and digits."""
        return "".join(c for c in f"{self.last}{self.first}".lower() if c.isalnum())

    @property
    def twice(self):
        return self.number % 10 == 0

    def time(self, attempt):
        return START + timedelta(minutes=self.number, days=attempt)


def attempts(person):
    return (0, 1) if person.twice else (1,)


def moodle(people, slug, notebook, form="{name}_{id}_assignsubmission_file/{file}"):
    for person in people:
        names = {"name": person.name, "id": 2_400_000 + 7 * person.number}
        yield form.format(**names, file=f"{slug}.ipynb"), notebook(person, 1), person.time(1)
        if "assignsubmission" in form:
            text = form.replace("_file", "_onlinetext").format(**names, file="onlinetext.html")
            yield text, b"<p>Here it is.</p>", person.time(1)


def moodle_flat(people, slug, notebook):
    return moodle(people, slug, notebook, "{name}_{id}_assignsubmission_file_{file}")


def moodle_before_4_1(people, slug, notebook):
    return moodle(people, slug, notebook, "{name}_{id}_assignsubmission_file_/{file}")


def moodle_short(people, slug, notebook):
    return moodle(people, slug, notebook, "{name}_{id}/{file}")


def canvas(people, slug, notebook):
    for person in people:
        late = "LATE_" if person.number % 7 == 3 else ""
        for attempt in attempts(person):
            copy = f"-{attempt}" if person.twice and attempt else ""
            ids = f"{9000 + person.number}_{500_000 + 10 * person.number + attempt}"
            name = f"{person.canvas}_{late}{ids}_{slug}{copy}.ipynb"
            yield name, notebook(person, attempt), person.time(attempt)


def blackboard(people, slug, notebook):
    for person in people:
        for attempt in attempts(person):
            time = person.time(attempt)
            start = f"Homework 1_{person.login}_attempt_{time:%Y-%m-%d-%H-%M-%S}"
            text = f"Name: {person.name} ({person.login})\nAssignment: Homework 1\n"
            yield f"{start}.txt", text.encode(), time
            yield f"{start}_{slug}.ipynb", notebook(person, attempt), time


def gradescope(people, slug, notebook):
    table = {}
    for person in people:
        name = f"submission_{70_000_000 + person.number}"
        who = {":name": person.name, ":sid": person.sid, ":email": person.email}
        table[name] = {":submitters": [who], ":created_at": person.time(1), ":score": 0.0}
        root = "assignment_4711_export"
        yield f"{root}/{name}/{slug}.ipynb", notebook(person, 1), person.time(1)
    yield f"{root}/submission_metadata.yml", yaml.safe_dump(table).encode(), START


def github_classroom(people, slug, notebook):
    for person in people:
        folder = f"{slug}-submissions/{slug}-{person.login}"
        yield f"{folder}/{slug}.ipynb", notebook(person, 1), person.time(1)
        yield f"{folder}/README.md", b"# Homework", person.time(1)


def google_classroom(people, slug, notebook):
    for person in people:
        for attempt in attempts(person):
            copy = f" ({attempt})" if person.twice and attempt else ""
            name = f"Homework 1/{person.name} - {slug}{copy}.ipynb"
            yield name, notebook(person, attempt), person.time(attempt)


def google_drive(people, slug, notebook):
    for person in people:
        name = f"{person.name}/Copy of {slug}.ipynb"
        yield name, notebook(person, 1), person.time(1)


def nbgrader_exchange(people, slug, notebook):
    for person in people:
        for attempt in attempts(person):
            time = person.time(attempt)
            stamp = f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"
            folder = f"course101/inbound/{person.login}+{slug}+{stamp}+aGVsbG8"
            yield f"{folder}/{slug}.ipynb", notebook(person, attempt), time
            yield f"{folder}/timestamp.txt", stamp.encode(), time


def nbgrader_whole_exchange(people, slug, notebook):
    yield f"course101/outbound/{slug}/{slug}.ipynb", b"released", START
    yield from nbgrader_exchange(people, slug, notebook)


def nbgrader_collected(people, slug, notebook):
    for person in people:
        folder = f"submitted/{person.login}/{slug}"
        yield f"{folder}/{slug}.ipynb", notebook(person, 1), person.time(1)
        yield f"{folder}/timestamp.txt", f"{person.time(1)}".encode(), person.time(1)


def mails(people, slug, notebook):
    for person in people:
        for attempt in attempts(person):
            mail = EmailMessage()
            mail["From"] = f'"{person.name}" <{person.email}>'
            mail["Date"] = person.time(attempt)
            mail["Subject"] = "Homework"
            mail.set_content("Attached.")
            data = notebook(person, attempt)
            named = {"maintype": "application", "subtype": "x-ipynb+json"}
            mail.add_attachment(data, **named, filename=f"{slug}.ipynb")
            yield f"{person.number}-{attempt}.eml", mail.as_bytes(), person.time(attempt)


def one_folder(people, slug, notebook):
    for person in people:
        yield f"{person.login}_{slug}.ipynb", notebook(person, 1), person.time(1)


LAYOUTS = {
    "moodle-folders": (moodle, "name"),
    "moodle-flat": (moodle_flat, "name"),
    "moodle-before-4.1": (moodle_before_4_1, "name"),
    "moodle-short": (moodle_short, "name"),
    "canvas": (canvas, "canvas"),
    "blackboard": (blackboard, "login"),
    "gradescope": (gradescope, "name"),
    "github-classroom": (github_classroom, "login"),
    "google-classroom": (google_classroom, "name"),
    "google-drive": (google_drive, "name"),
    "nbgrader-exchange": (nbgrader_exchange, "login"),
    "nbgrader-whole-exchange": (nbgrader_whole_exchange, "login"),
    "nbgrader-collected": (nbgrader_collected, "login"),
    "mails": (mails, "name"),
    "one-folder": (one_folder, "login"),
}
"""By name: what makes the files, and which of a person's names stands in them."""
FORMS = ("plain", "zip", "nested")


def files_of(layout, people, slug=SLUG, right=None, wrong=None):
    """[(path, bytes, time)] of an export. right, wrong: the bytes of the last and first attempt."""
    make, _ = LAYOUTS[layout]
    right = right or submissions.Entry().data()
    wrong = wrong or submissions.CORPUS["nothing returned"].data()
    return [*make(people, slug, lambda person, attempt: right if attempt else wrong)]


def read(folder):
    """The submissions that are found in a folder, and what is set aside."""
    return intake.find(folder, tuple(QUESTIONS))


def archive(path, *members):
    """An archive of (ZipInfo or name, data)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for info, data in members:
            opened.writestr(info, data)
    return path


def zipped(files):
    """The bytes of an archive of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content, time in files:
            archive.writestr(zipfile.ZipInfo(path, time.timetuple()[:6]), content)
    return data.getvalue()


def write(folder, files, form="plain"):
    """Write the files into a folder, as one archive, or as that archive in another one."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if form == "plain":
        for path, content, _ in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return
    data = zipped(files)
    if form == "nested":
        data = zipped([("BN101-Homework 1-4711.zip", data, START)])
    (folder / "BN101-Homework 1-4711.zip").write_bytes(data)


if __name__ == "__main__":
    place, count, kind, *rest = sys.argv[1:]
    write(place, files_of(kind, [*map(Person, range(int(count)))]), *rest)
