"""Every platform's export is read as it comes: names, attempts, and a count that adds up."""

import csv
import os
import stat
import tracemalloc
import unicodedata
import zipfile
from email.message import EmailMessage

import pytest
import yaml

from grading.__main__ import main
from grading.submissions import handed, intake, origin
from grading.submissions.handed import UnreadableError
from local.exercises.questions import QUESTIONS
from tests import exports
from tests.exports import FORMS, LAYOUTS, Person
from tests.grading_batches import only_linux
from tests.submissions import SLUG

PEOPLE = [*map(Person, range(12))]


def read(folder):
    return intake.find(folder, tuple(QUESTIONS))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_everybody_arrives_with_the_right_name_and_the_last_attempt(tmp_path, layout, form):
    files = exports.files_of(layout, PEOPLE, right=b'{"cells": []}', wrong=b"old")
    exports.write(tmp_path, files, form)
    found, aside = read(tmp_path)
    wanted = {getattr(person, LAYOUTS[layout][1]) for person in PEOPLE}
    assert {one.student for one in found} == wanted
    assert [one for one in found if one.problem] == []
    assert {one.assignment for one in found} == {SLUG}
    assert {one.file.read() for one in found} == {b'{"cells": []}'}
    assert len(found) + len(aside) == len(files)


@pytest.mark.parametrize("layout", ["canvas", "blackboard", "google-classroom", "mails"])
def test_earlier_attempts_are_named_in_a_note(tmp_path, layout):
    exports.write(tmp_path, exports.files_of(layout, PEOPLE, right=b"{}", wrong=b"old"))
    found, aside = read(tmp_path)
    noted = [one for one in found if one.note]
    assert len(noted) == sum(person.twice for person in PEOPLE)
    assert all(one.file.name in one.note for one in noted)
    assert {one.why.split(" counts")[0] for one in aside if one.why.endswith(".ipynb")} <= {
        "the last attempt",
        "the newest copy",
    }


@pytest.mark.parametrize("layout", ["blackboard", "gradescope", "nbgrader-exchange", "mails"])
def test_the_time_is_the_platforms_where_it_tells_one(tmp_path, layout):
    exports.write(tmp_path, exports.files_of(layout, PEOPLE, right=b"{}"))
    found, _ = read(tmp_path)
    assert {origin.of(one)["time_of"] for one in found} == {"platform"}


def test_canvas_says_who_was_late(tmp_path):
    exports.write(tmp_path, exports.files_of("canvas", PEOPLE, right=b"{}"))
    found, _ = read(tmp_path)
    late = {one.student for one in found if origin.of(one).get("late")}
    assert late == {person.canvas for person in PEOPLE if person.number % 7 == 3}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_the_same_in_both_forms_of_unicode(tmp_path, form):
    other = unicodedata.normalize(form, "José Núñez")
    for name, file in (("José Núñez", "a"), (other, "b")):
        place = tmp_path / f"{name}_123_assignsubmission_file" / f"{file}.html"
        place.parent.mkdir(exist_ok=True)
        place.write_text("")
    (submission,) = read(tmp_path)[0]
    assert submission.student == "José Núñez" and len(submission.about) == 2


@pytest.mark.parametrize(
    "name",
    [
        f"{SLUG}.ipynb.json",
        f"{SLUG}.ipynb.txt",
        f"{SLUG}.IPYNB",
        "Forward and Backward.ipynb",
        f"Copy of {SLUG}.ipynb",
        f"{SLUG} - Copy (2).ipynb",
        f"{SLUG}-3.ipynb",
    ],
)
def test_a_notebook_is_found_whatever_its_ending(tmp_path, name):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / name).write_bytes(b"{}")
    (submission,) = read(tmp_path)[0]
    assert (submission.student, submission.assignment) == ("ada", SLUG)
    assert submission.file.read() == b"{}"


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        ((f"{SLUG}.ipynb", f"{SLUG} (1).ipynb", f"{SLUG} (2).ipynb"), f"{SLUG} (2).ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG} (10).ipynb", f"{SLUG} (9).ipynb"), f"{SLUG} (10).ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG}-1.ipynb"), f"{SLUG}-1.ipynb"),
        ((f"{SLUG}.ipynb", f"{SLUG} - Copy.ipynb"), f"{SLUG} - Copy.ipynb"),
        ((f"{SLUG}.ipynb", "scratch.ipynb"), f"{SLUG}.ipynb"),
    ],
)
def test_of_several_copies_the_newest_counts(tmp_path, names, newest):
    (tmp_path / "ada" / SLUG).mkdir(parents=True)
    for name in names:
        (tmp_path / "ada" / SLUG / name).write_text(name)
    (submission,), aside = read(tmp_path)
    assert submission.file.parts[-1] == newest and not submission.problem
    assert all(name in submission.note for name in names)
    assert len(aside) == len(names) - 1


def test_a_copy_in_another_folder_is_for_a_person(tmp_path):
    for path in (f"old/{SLUG} (1).ipynb", f"new/{SLUG}.ipynb"):
        (tmp_path / "ada" / path).parent.mkdir(parents=True)
        (tmp_path / "ada" / path).write_text(path)
    (submission,), _ = read(tmp_path)
    assert submission.file is None and "which of these" in submission.problem


def test_two_notebooks_of_one_name_are_for_a_person(tmp_path):
    for folder in ("old", "new"):
        (tmp_path / "ada" / folder).mkdir(parents=True)
        (tmp_path / "ada" / folder / f"{SLUG}.ipynb").write_text(folder)
    (submission,), aside = read(tmp_path)
    assert submission.file is None and "which of these" in submission.problem
    assert len(submission.about) == 2 and not aside
    (tmp_path / "ada" / "old" / f"{SLUG}.ipynb").write_text("new")  # the same: nothing to decide
    (submission,), aside = read(tmp_path)
    assert submission.file and len(aside) == 1


def test_two_persons_of_one_name_stay_two(tmp_path):
    for number in (11, 22):
        place = tmp_path / f"Wei Zhang_{number}_assignsubmission_file"
        place.mkdir()
        (place / f"{SLUG}.ipynb").write_text(f"{number}")
    assert {one.student for one in read(tmp_path)[0]} == {"Wei Zhang (11)", "Wei Zhang (22)"}


def test_a_group_of_gradescope_has_its_members(tmp_path):
    files = exports.files_of("gradescope", PEOPLE[:2], right=b"{}")
    table = files[-1][1].replace(b"submission_70000001", b"submission_1")
    exports.write(tmp_path, files[:1])
    text = table.decode().partition("submission_1")[0]
    text = text.replace("  :submitters:\n", "  :submitters:\n  - :name: Bo Ek\n    :sid: '1'\n")
    (tmp_path / files[-1][0]).write_text(text)
    (submission,) = read(tmp_path)[0]
    assert sorted(origin.of(submission)["members"]) == sorted(["Bo Ek", PEOPLE[0].name])


def test_what_fits_nothing_is_for_review(tmp_path):
    for name in ("notes.pdf", "bob/solution.py", "cy/work.rar", "dan/Untitled.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "dan" / "data.csv").write_text("1")
    (tmp_path / "dan" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "dan" / ".ipynb_checkpoints" / "a-checkpoint.ipynb").write_text("{}")
    found, aside = read(tmp_path)
    assert {one.student: one.file is None for one in found} == {
        "notes.pdf": True,
        "bob": True,
        "cy": True,
        "dan": False,
    }
    assert {one.file.parts[-1] for one in aside} == {"data.csv", ".ipynb_checkpoints"}


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


def test_what_systems_hide_is_set_aside_and_its_owner_is_not(tmp_path):
    (tmp_path / "ada" / ".git").mkdir(parents=True)
    (tmp_path / "ada" / ".git" / "config").write_text("")
    (tmp_path / ".DS_Store").write_text("")
    checkpoint = f".ipynb_checkpoints/{SLUG}-checkpoint.ipynb"
    archive(tmp_path / "bo.zip", (f"{SLUG}.ipynb", "{}"), (checkpoint, "old"), ("__MACOSX/a", ""))
    found, aside = read(tmp_path)
    assert {one.student: one.problem[:20] for one in found} == {
        "ada": "there is no notebook",
        "bo": "",
    }
    assert len(aside) == 4 and {one.why for one in aside} == {"a system's own file"}


def test_a_path_that_is_too_long_or_closed_is_a_row(tmp_path):
    place, deep = tmp_path / "ada", 0
    place.mkdir()
    descriptor = os.open(place, os.O_RDONLY)
    while deep < 30:  # one by one, for the whole path is too long for the system
        os.mkdir("d" * 200, dir_fd=descriptor)
        descriptor, before = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor), descriptor
        os.close(before)
        deep += 1
    os.close(descriptor)
    (submission,) = read(tmp_path)[0]
    assert submission.student == "ada" and "name too long" in submission.problem


# --- Archives from people one does not know -------------------------------------------------------


def archive(path, *members):
    """An archive of (ZipInfo or name, data)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for info, data in members:
            opened.writestr(info, data)
    return path


def problem_of(folder, student):
    return {one.student: one.problem for one in read(folder)[0]}[student]


def link():
    info = zipfile.ZipInfo(f"{SLUG}.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("member", "data", "why"),
    [
        (f"../../{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"/tmp/{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"..\\..\\{SLUG}.ipynb", "{}", "leads out of the archive"),
        (f"C:\\{SLUG}.ipynb", "{}", "leads out of the archive"),
        (link(), "/etc/passwd", "a link to another file"),
        ("x" * 5000 + ".ipynb", "{}", "longer than 255 bytes"),
    ],
)
def test_what_a_hostile_archive_holds_is_refused_by_name(tmp_path, member, data, why):
    archive(tmp_path / "eve.zip", (member, data), ("harmless.txt", ""))
    found, aside = read(tmp_path)
    (submission,) = found
    assert submission.student == "eve"
    with pytest.raises(UnreadableError, match=why):
        submission.file.read()
    assert [one.file.parts[-1] for one in aside] == ["harmless.txt"]
    assert len(submission.file.name) < 300


def test_a_bomb_is_never_unpacked(tmp_path):
    (tmp_path / "one").mkdir()
    archive(tmp_path / "one" / "eve.zip", (f"{SLUG}.ipynb", bytes(200 << 20)))
    (submission,) = read(tmp_path)[0]
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="more than 50 MB"):
        submission.file.read()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 150 << 20


def test_archives_within_archives_end(tmp_path):
    inner = archive(tmp_path / "0.zip", (f"{SLUG}.ipynb", "{}")).read_bytes()
    (tmp_path / "0.zip").unlink()
    for depth in range(1, 8):
        archive(tmp_path / "x.zip", (f"{depth}.zip", inner))
        inner = (tmp_path / "x.zip").read_bytes()
    assert "more than 4 archives" in problem_of(tmp_path, "x")


def test_an_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(handed, "MOST_MEMBERS", 3)
    archive(tmp_path / "eve.zip", *((f"{number}.txt", "") for number in range(4)))
    assert "more than 3 files" in problem_of(tmp_path, "eve")


def test_what_is_no_archive_or_damaged_or_encrypted_is_refused(tmp_path):
    (tmp_path / "ada.zip").write_bytes(b"PK\x03\x04 nothing more")
    path = archive(tmp_path / "bob.zip", (f"{SLUG}.ipynb", "{}"))
    data = bytearray(path.read_bytes())
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(data)
    broken = archive(tmp_path / "cy.zip", (f"{SLUG}.ipynb", "{}" * 999))
    broken.write_bytes(
        broken.read_bytes().replace(b"\x8b", b"\x00", 1)[:40] + bytes(20) + broken.read_bytes()[60:]
    )
    found = {one.student: one for one in read(tmp_path)[0]}
    assert "no zip, or damaged" in found["ada"].problem
    for name, why in {"bob": "encrypted", "cy": "damaged"}.items():
        with pytest.raises(UnreadableError, match=why):
            found[name].file.read()


@only_linux
def test_the_count_adds_up_and_everybody_has_the_mark(tmp_path, capsys):
    files = exports.files_of("blackboard", PEOPLE[:3])
    exports.write(tmp_path / "in", files, "zip")
    (tmp_path / "in" / "eve.zip").write_bytes(b"PK")
    book = tmp_path / "book"
    assert main(["--book", str(book), "grade", str(tmp_path / "in"), "--cores", "1"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == "9 files found = 3 graded + 1 for review + 5 set aside; files.csv names each."
    with (book / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"user000": 20, "user001": 20, "user002": 20, "eve": 0}
    with (book / "files.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 9 and all(row["why"] for row in rows if row["became"] != "graded")


# --- Names that are easily mixed up, and texts of students ----------------------------------------


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
