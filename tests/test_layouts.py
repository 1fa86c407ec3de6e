"""Whose a file is: names and folders that are easily mixed up, and texts of students."""

import os
from email.message import EmailMessage

import pytest
import yaml

from grading.submissions import origin
from tests import exports
from tests.exports import Person, archive, read
from tests.submissions import SLUG

PEOPLE = [*map(Person, range(3))]


def told(folder, paths):
    """{student: slug} of notebooks at these paths, each with content of its own."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    found, _ = read(folder)
    return {(one.student, one.assignment) for one in found if not one.problem}


@pytest.mark.parametrize(
    "path",
    ["Homework 1/{0}/{1}.ipynb", "submissions/{0}/{1}.ipynb", "course/submitted/{0}/{1}/a.ipynb"],
)
def test_folders_around_everybody_are_nobody(tmp_path, path):
    paths = [path.format(name, SLUG) for name in ("ada", "bo", "cy")]
    assert told(tmp_path, paths) == {(name, SLUG) for name in ("ada", "bo", "cy")}


def test_folders_of_titles_beside_each_other_are_nobody(tmp_path):
    people = {"ada", "bo", "cy"}
    paths = [
        f"Homework {n}/{name}/{slug}.ipynb"
        for n, slug in ((1, SLUG), (2, "layer"))
        for name in people
    ]
    assert told(tmp_path, paths) == {(name, slug) for name in people for slug in (SLUG, "layer")}


def test_folders_within_a_students_are_no_students(tmp_path):
    paths = [
        f"{name}/{part}/{slug}.ipynb"
        for name in ("ada", "bo", "cy", "dan")
        for part, slug in (("lib", SLUG), ("demo", "layer"), ("more", "bug-hunt"))
    ]
    assert {student for student, _ in told(tmp_path, paths)} == {"ada", "bo", "cy", "dan"}


def test_repositories_of_another_title_are_named_after_their_users(tmp_path):
    paths = [f"hw1-submissions/hw1-{name}/{SLUG}.ipynb" for name in ("ada", "bo-ek")]
    assert told(tmp_path, paths) == {("ada", SLUG), ("bo-ek", SLUG)}


@pytest.mark.parametrize(
    "name",
    [
        f"byronbo_77_88_{SLUG}.ipynb",
        f"Bo Byron_99_assignsubmission_file_/{SLUG}.ipynb",
        f"bo+{SLUG}+2026-11-20 10:00:00.000 UTC/{SLUG}.ipynb",
        f"Homework_bo_attempt_2026-11-20-10-00-00_{SLUG}.ipynb",
    ],
)
@pytest.mark.parametrize("own", ["ada/{}", "ada/{slug}/{}", "Ada L_7_assignsubmission_file/{}"])
def test_nobody_hands_in_for_a_classmate(tmp_path, own, name):
    others = [
        own.format(f"{SLUG}.ipynb", slug=SLUG).replace("a", who, 1).replace("A", who, 1)
        for who in ("ba", "ca")
    ]
    students = {student for student, _ in told(tmp_path, [own.format(name, slug=SLUG), *others])}
    assert len(students) == 3
    assert not [student for student in students if student.lower().startswith(("bo", "byron"))]


def test_participants_of_blind_marking_have_their_numbers(tmp_path):
    paths = [f"Participant_{n}_assignsubmission_file_/{SLUG}.ipynb" for n in (7, 8)]
    assert told(tmp_path, paths) == {("Participant 7", SLUG), ("Participant 8", SLUG)}


def test_two_persons_of_one_name_stay_two(tmp_path):
    for number in (11, 22):
        place = tmp_path / f"Wei Zhang_{number}_assignsubmission_file"
        place.mkdir()
        (place / f"{SLUG}.ipynb").write_text(f"{number}")
    assert {one.student for one in read(tmp_path)[0]} == {"Wei Zhang (11)", "Wei Zhang (22)"}


def mail(sender, date="Fri, 20 Nov 2026 10:00:00 +0000"):
    """The bytes of a mail with a notebook."""
    message = EmailMessage()
    if sender:
        message["From"] = sender
    message["Date"] = date
    message.add_attachment(b"{}", maintype="text", subtype="x", filename=f"{SLUG}.ipynb")
    return message.as_bytes()


def test_two_senders_of_one_name_stay_two_and_one_without_a_name_is_a_row(tmp_path):
    (tmp_path / "1.eml").write_bytes(mail("Wei Zhang <w1@x.org>"))
    (tmp_path / "2.eml").write_bytes(mail("Wei Zhang <w2@x.org>"))
    (tmp_path / "3.eml").write_bytes(mail(""))
    students = {one.student for one in read(tmp_path)[0]}
    assert students == {"Wei Zhang (w1@x.org)", "Wei Zhang (w2@x.org)", "3"}


@pytest.mark.parametrize(
    ("date", "time", "of"),
    [
        ("Fri, 20 Nov 2026 10:00:00 -0000", "2026-11-20T10:00:00+00:00", "platform"),
        ("Fri, 31 Dec 9999 23:59:59 -1200", "1970-01-01T00:00:07+00:00", "file"),
        ("some day", "1970-01-01T00:00:07+00:00", "file"),
    ],
)
def test_a_mail_is_as_old_as_it_says_or_as_its_file(tmp_path, date, time, of):
    (tmp_path / "1.eml").write_bytes(mail("Ada <a@x.org>", date))
    os.utime(tmp_path / "1.eml", (7, 7))
    said = origin.of(read(tmp_path)[0][0])
    assert (said["time"], said["time_of"]) == (time, of)


def attempt(folder, login, hour, name=f"{SLUG}.ipynb", text="{}", title="HW_1"):
    end = name if name.startswith(".") else f"_{name}"
    (folder / f"{title}_{login}_attempt_2026-11-20-{hour}-00-00{end}").write_text(text)


def test_logins_of_blackboard_may_have_underscores_and_its_texts_any_language(tmp_path):
    attempt(tmp_path, "ada_smith", 10)
    attempt(tmp_path, "bo_smith", 11)
    attempt(tmp_path, "cy", 12)
    attempt(tmp_path, "cy", 12, ".txt", "Nom : Cyrille Ek (cyek)\nDevoir : HW 1\n")
    assert {one.student for one in read(tmp_path)[0]} == {"ada_smith", "bo_smith", "cyek"}


def test_a_text_of_a_student_changes_no_owner(tmp_path):
    attempt(tmp_path, "ada", 10)
    attempt(tmp_path, "ada", 10, "notes.txt", "Name: Bo Ek (bo)\n")
    attempt(tmp_path, "bo", 11)
    assert {one.student for one in read(tmp_path)[0]} == {"ada", "bo"}


@pytest.mark.parametrize("text", ["a: 2026-02-30", "[" * 50_000, "- " * 50_000, "1", "a: {b: c}"])
def test_a_table_of_a_student_stops_nobody(tmp_path, text):
    for name in ("ada", "bo"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{SLUG}.ipynb").write_text(name)
    (tmp_path / "ada" / "submission_metadata.yml").write_text(text)
    assert {one.student for one in read(tmp_path)[0]} == {"ada", "bo"}


def test_one_entry_of_gradescope_that_names_nobody_leaves_the_others_their_names(tmp_path):
    exports.write(tmp_path, exports.files_of("gradescope", PEOPLE[:3], right=b"{}"))
    (table,) = tmp_path.glob("*/submission_metadata.yml")
    entries = yaml.safe_load(table.read_text())
    first, second, _ = entries
    entries[first][":submitters"] = []
    entries[second][":submitters"][0][":name"] += " "
    table.write_text(yaml.safe_dump(entries))
    assert {one.student for one in read(tmp_path)[0]} == {first, PEOPLE[1].name, PEOPLE[2].name}


@pytest.mark.parametrize(
    ("path", "student"),
    [
        (f". Suharto_12345_assignsubmission_file/{SLUG}.ipynb", ". Suharto"),
        ("ada/.ipynb", "ada"),
        (f"ada/.{SLUG}.ipynb", "ada"),
        (f"ada_{SLUG}.ipynb.zip", "ada"),
        (f"Copy of Copy of ada_{SLUG}.ipynb", "ada"),
        ("ada\u00a0.ipynb", "ada"),
        (f"ada+{SLUG}+2026-11-20 10:00:00 +0100/{SLUG}.ipynb", "ada"),
    ],
)
def test_an_unusual_name_is_somebodys(tmp_path, path, student):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    if path.endswith(".zip"):
        archive(tmp_path / path, (f"{SLUG}.ipynb", "{}"), ("__MACOSX/._a", ""))
    else:
        (tmp_path / path).write_text("{}")
    (submission,) = read(tmp_path)[0]
    assert (submission.student, submission.problem) == (student, "")


def test_a_time_with_its_zone_is_read(tmp_path):
    for name, zone in (("ada", "+0100"), ("bo", "UTC"), ("cy", "EST")):
        place = tmp_path / f"{name}+{SLUG}+2026-11-20 10:00:00 {zone}"
        place.mkdir()
        (place / f"{SLUG}.ipynb").write_text(name)
    times = {one.student: origin.of(one)["time"][11:13] for one in read(tmp_path)[0]}
    assert times == {"ada": "09", "bo": "10", "cy": "15"}


def test_one_person_in_two_assignments_of_moodle_is_one(tmp_path):
    for number, slug in ((111, SLUG), (222, "layer")):
        place = tmp_path / f"Ada L_{number}_assignsubmission_file"
        place.mkdir()
        (place / f"{slug}.ipynb").write_text(slug)
    assert {(one.student, one.assignment) for one in read(tmp_path)[0]} == {
        ("Ada L", SLUG),
        ("Ada L", "layer"),
    }


def test_what_is_no_notebook_of_another_assignment_is_a_row(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "layer.ipynb").write_text("{}")
    (tmp_path / "ada" / f"{SLUG}.py").write_text("x = 1")
    problems = {one.assignment: one.problem for one in read(tmp_path)[0]}
    assert not problems["layer"] and "no notebook" in problems[SLUG]


def test_notebooks_that_name_nobody_are_for_a_person(tmp_path):
    for name in (f"{SLUG}.ipynb", f"{SLUG} (1).ipynb"):
        (tmp_path / name).write_text(name)
    (submission,) = read(tmp_path)[0]
    assert submission.file is None and "whose notebooks are these" in submission.problem


def test_the_release_beside_the_solution_is_for_a_person(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / f"{SLUG}.ipynb").write_text("raise NotImplementedError")
    (tmp_path / "ada" / f"{SLUG}_solved.ipynb").write_text("return 1")
    (submission,) = read(tmp_path)[0]
    assert submission.file is None and "which of these" in submission.problem
