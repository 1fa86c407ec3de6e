"""Grading: every submission of the corpus, all in one batch, gets the mark and reason it must."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from types import SimpleNamespace

import nbformat
import psutil
import pytest
import submissions as made
from nbgrader.api import Gradebook as NbGraderBook

from grading import batch, intake, marks, worker
from grading.__main__ import main
from grading.grader import Grader, Settings
from grading.records import feedback, nbgraderbook, summary
from grading.records.gradebook import BadRow, Gradebook, Record, tame
from grading.sandbox import modes
from local.exercises.questions import QUESTIONS
from tools import launch, repository
from tools.repository import Repository

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the sandboxes")
LIMITS = modes.Limits(seconds=2, idle=3, memory=1 << 30)
SOMEBODY = "right"


@pytest.fixture(scope="module")
def mode():
    return batch.choose()


@pytest.fixture(scope="module")
def grader(mode):
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        yield grader


@pytest.fixture(scope="module")
def book(mode, tmp_path_factory):
    """The gradebook after one batch of the whole corpus."""
    folder = tmp_path_factory.mktemp("handed-in")
    book = Gradebook(tmp_path_factory.mktemp("gradebook"))
    made.write(folder, made.CORPUS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADING_SECRET", "an instructor's password")
        batch.Batch(folder, book, Settings(mode, book.seed(), LIMITS)).run(cores=2)
    book.tables()
    return book


def kind(mark):
    if mark["points"] is None:
        return made.REVIEW if mark["state"] == marks.REVIEW else mark["state"]
    share = mark["points"] / mark["out_of"]
    return {0: made.ZERO, 1: made.FULL}.get(share, made.PART if share >= 0.5 else made.LOST)


@pytest.mark.parametrize("name", made.CORPUS)
def test_each_gets_the_mark_and_the_reason_it_must(book, name):
    entry = made.CORPUS[name]
    given = {mark["question"]: mark for mark in book.load(name, made.SLUG).marks}
    assert list(given) == [question.name for question in QUESTIONS[made.SLUG]]
    mark = given.pop(entry.target)
    accepted = {entry.other} | ({made.ZERO} if entry.other == made.LOST else set())
    assert kind(mark) in accepted, mark
    assert re.search(entry.why, mark["why"], re.DOTALL | re.IGNORECASE), mark
    assert re.search(entry.look or "^$", mark["look"]), mark
    assert entry.rest is None or {kind(other) for other in given.values()} == {entry.rest}


def test_every_mark_has_a_sentence(book):
    for record in book.records():
        for mark in record.marks:
            assert re.match("[A-Z0-9]", mark["why"]) and mark["why"][-1] in ".?!", mark


def test_no_text_carries_a_hidden_case_out(book, grader):
    told = Settings(grader.settings.mode, book.seed(), LIMITS)
    (question,) = (q for q in QUESTIONS[made.SLUG] if q.name == made.TARGET)
    hidden = {f"{v:.17g}" for case, _ in Grader(told).hidden(question) for v in case["dy"].flat}
    (why,) = (
        mark["why"]
        for mark in book.load("text with the case", made.SLUG).marks
        if mark["question"] == made.TARGET
    )
    shown = set(re.findall(r"-?\d+\.\d{12,}", why))
    assert shown and not shown & hidden


# --- The gradebook: resumed, repeated, agreed ----------------------------------------------------


def snapshot(book):
    return {path: path.read_bytes() for path in sorted(book.folder.rglob("*.json"))}


def some(tmp_path, names):
    """A folder with these entries, and an empty gradebook."""
    folder = tmp_path / "handed-in"
    made.write(folder, names)
    return folder, Gradebook(tmp_path / "gradebook")


def few(tmp_path):
    return some(tmp_path, ["right", "divides by N - 1", "deleted cell", "broken JSON"])


def run(folder, book, mode, **more):
    batch.Batch(folder, book, Settings(mode, 7, LIMITS)).run(cores=1, **more)


def test_a_second_run_changes_and_repeats_nothing(tmp_path, mode, monkeypatch):
    folder, book = few(tmp_path)
    run(folder, book, mode)
    before = snapshot(book)
    monkeypatch.setattr(worker, "mark", None)  # nothing may be handed out
    run(folder, book, mode)
    assert snapshot(book) == before


def test_killed_in_the_middle_it_goes_on_with_the_same_marks(tmp_path, mode):
    names = ["right", "divides by N - 1", "endless loop", "deleted cell", "lists", "NaN"]
    folder, whole = some(tmp_path / "whole", names)
    run(folder, whole, mode)
    broken = Gradebook(tmp_path / "broken")
    (broken.folder / "seed").write_text("7\n")
    command = [sys.executable, "-m", "grading", "--book", str(broken.folder), "grade"]
    command += [str(folder), "--cores", "1", "--seconds", "2"]
    for done in (1, 3):  # the fourth is the endless loop
        process = subprocess.Popen(
            command, cwd=made.SOURCES.parents[1], stderr=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and len(snapshot(broken)) < done:
            time.sleep(0.02)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        assert not psutil.wait_procs(family, timeout=60)[1]  # nothing is left running
    assert main([*command[3:]]) == 0
    wanted = {path.name: json.loads(data)["marks"] for path, data in snapshot(whole).items()}
    assert {p.name: json.loads(d)["marks"] for p, d in snapshot(broken).items()} == wanted


def test_a_new_version_is_graded_again(tmp_path, mode):
    folder, book = some(tmp_path, ["nothing returned"])
    run(folder, book, mode)
    (file,) = folder.rglob("*.ipynb")
    assert book.load("nothing returned", made.SLUG).score == 16
    file.write_bytes(made.CORPUS["right"].data())
    run(folder, book, mode)
    assert book.load("nothing returned", made.SLUG).score == 20


def test_what_people_and_nbgrader_read_agrees(book, tmp_path):
    records = book.tables()
    with (book.folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made.CORPUS)
    for _ in range(2):  # and again, without doubling anything
        nbgraderbook.write(tmp_path / "gradebook.db", records, QUESTIONS)
    with NbGraderBook(f"sqlite:///{tmp_path / 'gradebook.db'}") as theirs:
        for row, record in zip(rows, records, strict=True):
            found = theirs.find_submission(made.SLUG, record.student)
            assert found.score == float(row["score"]) == record.score
            assert found.max_score == float(row["max_score"]) == 20
            assert found.needs_manual_grade == (row["state"] == marks.REVIEW)
    nbgraderbook.write(tmp_path / "gradebook.db", records[1:], QUESTIONS)  # one was dropped
    with NbGraderBook(f"sqlite:///{tmp_path / 'gradebook.db'}") as theirs:
        left = {one.student.id for one in theirs.assignment_submissions(made.SLUG)}
    assert left == {record.student for record in records[1:]}


def test_no_cell_of_a_table_is_a_formula(book):
    for name in ("grades.csv", "marks.csv", "by-hand.csv"):
        with (book.folder / name).open(encoding="utf-8", newline="") as file:
            assert not any(
                cell.startswith(tuple("=+-@")) for row in csv.reader(file) for cell in row
            )


@pytest.mark.parametrize(
    "cell", ["=1", "'=1", "x;=1", "x\t-1", "\t=1", "x;\t=1", "Müller", "a;b", "-5", ""]
)
def test_a_cell_that_was_tamed_comes_back(cell):
    tamed = tame(cell)
    assert not re.search(r"(^|[;\t])[=+\-@]", tamed)
    assert tame(tamed, back=True) == cell


def test_marks_by_hand_count_and_stay(tmp_path, mode):
    folder, book = few(tmp_path)
    run(folder, book, mode)
    book.tables()
    path = book.folder / "by-hand.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["student"], row["points"]) for row in rows} == {
        ("deleted cell", ""),
        ("broken JSON", ""),
    }
    for row in rows:
        if row["student"] == "deleted cell":
            row |= {"points": "2,5", "comment": "Shown on paper."}
        else:
            row["comment"] = "Ask for the file."
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # as a spreadsheet may leave it
        table = csv.DictWriter(file, rows[0], delimiter=";")
        table.writeheader()
        table.writerows(rows)
    for _ in range(2):
        (record,) = (one for one in book.tables() if one.student == "deleted cell")
        assert (record.score, record.state) == (18.5, marks.GRADED)
        assert "Shown on paper." in {mark["why"] for mark in record.marks}
    text = path.read_text()
    assert text.count("Ask for the file.") == len(QUESTIONS[made.SLUG])
    path.write_text(text.replace("broken JSON", "broken JASON"))
    with pytest.raises(BadRow, match=r"broken JASON.*no such row"):
        book.tables()
    path.write_text(text.replace('"2,5"', "99").replace("2.5", "99"))
    with pytest.raises(BadRow, match=r"deleted cell.*0\.\.4, received 99"):
        book.tables()
    for told, spoilt in {
        "lacks points": text.replace("points", "Points", 1).encode(),
        "is there twice": (text + text.partition("\n")[2]).encode(),
        "is not in UTF-8": text.replace("Shown", "Gepr\xfcft").encode("cp1252"),
    }.items():
        path.write_bytes(spoilt)
        with pytest.raises(BadRow, match=told):
            book.tables()
        assert path.read_bytes() == spoilt


# --- Faults that are not the student's -----------------------------------------------------------


def test_a_judge_that_raises_costs_no_marks(tmp_path, mode, monkeypatch):
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        first, *others = grader.catalogue[made.SLUG]
        broken = first.__class__(**{**vars(first), "judge": lambda case, outputs: 1 / 0})
        monkeypatch.setitem(grader.catalogue, made.SLUG, (broken, *others))
        given, _ = grader.grade(made.SLUG, made.CORPUS["right"].data())
    assert given[0].state == marks.LATER and given[0].points is None
    assert "ZeroDivisionError" in given[0].why
    assert {mark.state for mark in given[1:]} == {marks.GRADED}


def test_a_fork_server_that_dies_is_replaced(mode):
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        for _ in range(2):
            given, _ = grader.grade(made.SLUG, made.CORPUS["right"].data())
            assert sum(mark.points for mark in given) == 20
            (server,) = grader.servers.values()
            server.process.kill()
            server.process.wait()


def test_what_could_not_be_graded_is_tried_again(tmp_path, mode, monkeypatch):
    folder, book = some(tmp_path, [SOMEBODY])
    todo = batch.Batch(folder, book, Settings(mode, 7, LIMITS))
    (one,) = todo.waiting
    todo._keep(one, one.assignment, todo._job(one)[1], "the machine was on fire", marks.LATER)
    record = book.load(SOMEBODY, made.SLUG)
    assert (record.state, record.score) == (marks.LATER, 0)
    assert {mark["points"] for mark in record.marks} == {None}
    run(folder, book, mode)
    assert book.load(SOMEBODY, made.SLUG).score == 20


# --- Folders as people fill them -----------------------------------------------------------------


def found(folder):
    from grading.intake import find

    return {(one.student, one.assignment): one for one in find(folder, tuple(QUESTIONS))}


@pytest.mark.parametrize(
    "path",
    [
        f"ada/{made.SLUG}/{made.SLUG}.ipynb",
        f"{made.SLUG}/ada/work.ipynb",
        f"{made.SLUG}/ada.ipynb",
        f"ada/{made.SLUG}.ipynb",
        f"ada_{made.SLUG}.ipynb",
        f"{made.SLUG}-ada.ipynb",
        f"ada/{made.SLUG} (1).ipynb",
        f"ada/deep/er/{made.SLUG}.ipynb",
        f"ada /{made.SLUG}.ipynb",
    ],
)
def test_student_and_assignment_are_told_by_the_path(tmp_path, path):
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"{}")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert list(found(tmp_path)) == [("ada", made.SLUG)]


def test_a_name_that_holds_an_assignment_is_a_name(tmp_path):
    (tmp_path / "layer").mkdir()
    for path in ("layer/player.ipynb", "multilayered.ipynb", "ada layer2.ipynb"):
        (tmp_path / path).write_bytes(b"{}")
    assert set(found(tmp_path)) == {
        ("player", "layer"),
        ("multilayered", None),
        ("ada 2", "layer"),
    }


def test_nothing_is_passed_over_in_silence(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "bug-hunt").mkdir()  # is nobody
    for path in (f"{made.SLUG}/eve/solution.py", "fay/diagnosis/a.py", "fay/layer/b.ipynb"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("{}")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "solution.py").write_text("x = 1")
    (tmp_path / "cy").symlink_to("/etc")
    for name in ("a.ipynb", "b.ipynb"):
        place = tmp_path / "dora" / made.SLUG / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"{}")
    problems = {student: one.problem for (student, _), one in found(tmp_path).items()}
    assert "no notebook" in problems["ada"] and "no notebook" in problems["bob"]
    assert "no notebook" in problems["cy"] and "no notebook" in problems["eve"]
    assert {slug for student, slug in found(tmp_path) if student == "fay"} == {"diagnosis", "layer"}
    assert "which of these" in problems["dora"]
    assert set(problems) == {"ada", "bob", "cy", "dora", "eve", "fay"}


def test_names_of_another_alphabet_stop_nobody(tmp_path, mode):
    folder = tmp_path / "handed-in" / "ada"
    folder.mkdir(parents=True)
    for name in (b"\xdcbung1.ipynb", b"\xdcbung2.ipynb"):
        (folder / os.fsdecode(name)).write_bytes(made.CORPUS["right"].data())
    book = Gradebook(tmp_path / "gradebook")
    run(folder.parent, book, mode)
    (record,) = book.tables()
    assert "which of these" in record.marks[0]["why"].lower()


def test_what_was_unknown_is_so_no_more(tmp_path, mode):
    folder = tmp_path / "handed-in" / "ada"
    folder.mkdir(parents=True)
    (folder / "Untitled.ipynb").write_text('{"cells": []}')
    book = Gradebook(tmp_path / "gradebook")
    run(folder.parent, book, mode)
    assert [record.assignment for record in book.records()] == ["unknown"]
    (folder / "Untitled.ipynb").write_bytes(made.CORPUS["right"].data())
    run(folder.parent, book, mode)
    assert [record.assignment for record in book.records()] == [made.SLUG]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="macOS lets nobody choose a core")
def test_a_worker_keeps_to_one_core_only_where_every_core_has_one():
    cores = worker.cores()
    if len(cores) == 1:
        pytest.skip("there is but one core")
    with batch.workers() as (executor, _):
        (core,) = executor.submit(worker.cores).result()
    assert core in cores
    with batch.workers(len(cores) + 1) as (executor, _):
        assert executor.submit(worker.cores).result() == cores


def test_a_source_that_cannot_be_read_costs_nobody_a_mark(mode, monkeypatch, tmp_path):
    (tmp_path / f"{made.SLUG}.ipynb").write_text("<<<<<<< HEAD")
    monkeypatch.setattr("grading.grader.ASSIGNMENTS", tmp_path)
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        given, _ = grader.grade(made.SLUG, made.CORPUS["right"].data())
    assert [mark.points for mark in given] == [mark.out_of for mark in given]


def test_what_a_release_stamps_is_known_all_the_same():
    text = (made.SOURCES / f"{made.SLUG}.ipynb").read_text(encoding="utf-8")
    handed_in = nbformat.reads(text, as_version=4)
    launch.stand_alone(handed_in, Repository("a", "b", "c" * 40), {}, "content")
    found = intake.cells(nbformat.writes(handed_in).encode())
    given = intake.given(made.SOURCES, [made.SLUG])
    assert [cell.source for cell in found if not cell.grade_id] == given


def test_a_worker_with_other_questions_marks_nothing(mode):
    with pytest.raises(modes.Refusal, match="other questions"):
        worker.mark(Settings(mode, 7, LIMITS), "another day's", made.SLUG, b"{}")


def test_a_link_or_a_pipe_is_not_read(tmp_path, mode):
    folder = tmp_path / "handed-in"
    for name in ("link", "pipe"):
        (folder / name / made.SLUG).mkdir(parents=True)
    (folder / "link" / made.SLUG / "x.ipynb").symlink_to(made.SOURCES / f"{made.SLUG}.ipynb")
    os.mkfifo(folder / "pipe" / made.SLUG / "x.ipynb")
    book = Gradebook(tmp_path / "gradebook")
    run(folder, book, mode)
    reasons = {r.student: (r.state, r.marks[0]["why"]) for r in book.records()}
    assert reasons["link"] == (marks.REVIEW, "It is a link to another file.")
    assert reasons["pipe"] == (marks.REVIEW, "It is not a plain file.")


def test_the_assignment_is_told_by_the_functions_where_the_path_does_not(tmp_path, mode):
    folder = tmp_path / "handed-in"
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "Untitled.ipynb").write_bytes(made.CORPUS["right"].data())
    (folder / "ada" / "Untitled1.ipynb").write_bytes(json.dumps({"cells": []}).encode())
    book = Gradebook(tmp_path / "gradebook")
    run(folder, book, mode)
    assert {r.assignment: r.state for r in book.records()} == {
        made.SLUG: marks.GRADED,
        "unknown": marks.REVIEW,
    }


def test_two_notebooks_for_one_assignment_need_review(tmp_path, mode):
    folder = tmp_path / "handed-in"
    (folder / "ada").mkdir(parents=True)
    for name in ("one.ipynb", "two.ipynb"):
        (folder / "ada" / name).write_bytes(made.CORPUS["right"].data())
    book = Gradebook(tmp_path / "gradebook")
    for _ in range(2):
        run(folder, book, mode)
        (record,) = book.records()
        assert record.state == marks.REVIEW and "one.ipynb, two.ipynb" in record.marks[0]["why"]


# --- What students and instructors see -----------------------------------------------------------


def test_feedback_escapes_what_students_wrote(book):
    for name in ("HTML in a text", "=cmd|' <b>calc&amp;"):
        page = feedback.page(book.load(name, made.SLUG))
        assert not re.search(r"<(script|img|b)\b", page)
    assert "&lt;script&gt;" in feedback.page(book.load("HTML in a text", made.SLUG))


def test_feedback_says_points_reasons_and_hints(book):
    page = feedback.page(book.load("neurons for batch", made.SLUG))
    assert "layer normalization" in page
    assert "needs review" in feedback.page(book.load("deleted cell", made.SLUG))


def test_the_summary_names_the_commonest_misconception_and_who_to_look_at(book):
    review = summary.write_page(book.folder, book.records(), QUESTIONS)
    page = (book.folder / "summary.html").read_text(encoding="utf-8")
    assert re.search("1 of [0-9]+: misconception 1: .*layer normalization", page)
    assert "<b>calc" not in page
    assert {"deleted cell", "undecided", "broken JSON"} <= {row[0] for row in review}
    assert "divides by N - 1" not in {row[0] for row in review}


def test_the_distribution_counts_everybody_who_is_graded():
    records = [
        Record("s", "a", "", "", "", [{"state": marks.GRADED, "points": p, "out_of": 10}])
        for p in (0, 0.5, 9.5, 10, 10)
    ]
    counts = [count for _, count in summary.distribution(records)]
    assert counts == [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]


# --- The whole way, as an instructor goes it -----------------------------------------------------


@pytest.fixture(scope="module")
def address():
    """An address on GitHub, and all that is here committed and pushed to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "find", lambda: Repository("a", "fork", "0" * 40))
        patch.setattr(repository, "committed", lambda *names: True)
        patch.setattr(repository, "pushed", lambda: True)
        yield


@pytest.fixture(scope="module")
def released(tmp_path_factory, address):
    folder = tmp_path_factory.mktemp("course")
    (folder / "source").mkdir()
    (folder / "source" / "own.ipynb").touch()
    assert main(["--book", str(folder), "release"]) == 0
    return folder


def test_released_notebooks_hold_no_solution(released):
    assert sorted(path.name for path in (released / "source").iterdir()) == ["own.ipynb"]
    for slug in QUESTIONS:
        text = (released / "release" / slug / f"{slug}.ipynb").read_text(encoding="utf-8")
        assert "github.com/a/fork" in text and "0" * 40 in text
        assert "SOLUTION" not in text and text.count("not filled in yet") >= len(QUESTIONS[slug])


def test_a_commit_that_colab_could_not_fetch_is_refused_or_named(
    address, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "nothing_asked", SimpleNamespace(QUESTIONS={}))
    release = ["--book", str(tmp_path), "--questions", "nothing_asked", "release"]
    monkeypatch.setattr(repository, "pushed", lambda: False)
    assert main(release) == 0
    assert capsys.readouterr().err == "Colab cannot fetch this commit yet: push it to GitHub.\n"
    monkeypatch.setattr(repository, "committed", lambda *names: False)
    assert main(release) == 2
    assert "commit your changes" in capsys.readouterr().err
    monkeypatch.setattr(repository, "find", lambda: None)  # so nothing is stamped
    assert main(release) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("forgotten", [["--book", "", "export"], ["grade", ""]])
def test_an_empty_name_is_not_the_folder_one_is_in(forgotten, capsys):
    with pytest.raises(SystemExit):
        main(forgotten)
    assert "no folder is named" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--seconds", "0"], ["--seconds", "nan"], ["--cores", "0"]])
def test_no_time_and_no_cores_are_refused(option, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["grade", str(tmp_path), *option])
    assert f"must be a number above 0, received '{option[1]}'" in capsys.readouterr().err


def test_an_untouched_release_gets_nothing_and_a_solution_everything(released, mode):
    with Grader(Settings(mode, 7)) as grader:  # with the memory that TensorFlow needs
        for slug, questions in QUESTIONS.items():
            empty = (released / "release" / slug / f"{slug}.ipynb").read_bytes()
            given, told = grader.grade(None, empty)
            assert told == slug
            assert {(mark.points, mark.why) for mark in given} == {(0, marks.UNFILLED)}
            given, _ = grader.grade(slug, json.dumps(made.solved(slug)).encode())
            assert [mark.points for mark in given] == [question.points for question in questions]


def test_release_grade_feedback_and_export_in_one_command_each(released, tmp_path, capsys):
    book = ["--book", str(released)]
    made.write(tmp_path, ["right", "HTML in a text", "deleted cell"])
    assert main([*book, "grade", str(tmp_path), "--cores", "1"]) == 0
    assert "3 submissions: 2 graded, 1 marks to look at" in capsys.readouterr().out
    assert main([*book, "feedback"]) == 0
    assert len(list((released / "feedback").rglob("*.html"))) == 3
    assert main([*book, "export"]) == 0
    assert main([*book, "release"]) == 0  # although there are submissions
    with NbGraderBook(f"sqlite:///{released / 'gradebook.db'}", "") as theirs:
        assert theirs.find_submission(made.SLUG, "right").score == 20


def test_a_dask_cluster_grades_the_same(tmp_path, mode, book):
    from distributed import LocalCluster

    folder, other = few(tmp_path)
    settings = Settings(mode, book.seed(), LIMITS)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    ) as cluster:
        batch.Batch(folder, other, settings).run(scheduler=cluster.scheduler_address)
    for record in other.records():
        assert record.marks == book.load(record.student, made.SLUG).marks
