"""Grading: every submission of the corpus, all in one batch, gets the mark and reason it must."""

import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import time
from concurrent import futures

import psutil
import pytest
from nbgrader.api import Gradebook as NbGraderBook

from grading import batch, marks, worker
from grading.__main__ import main
from grading.cases import HiddenCases
from grading.grader import Grader
from grading.records import feedback, nbgraderbook, summary
from grading.records.gradebook import Gradebook
from grading.records.roster import Roster
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.grading_batches import few, only_linux, run, settings, some
from tools.files import ROOT

pytestmark = only_linux
SOMEBODY = "right"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The gradebook after one batch of the whole corpus."""
    folder = tmp_path_factory.mktemp("handed-in")
    book = Gradebook(tmp_path_factory.mktemp("gradebook"))
    submissions.write(folder, submissions.CORPUS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADING_SECRET", "an instructor's password")
        batch.Batch(folder, book, settings(book.seed())).run(cores=2)
    book.tables()
    return book


def kind(mark):
    if mark["points"] is None:
        return submissions.REVIEW if mark["state"] == marks.REVIEW else mark["state"]
    share = mark["points"] / mark["out_of"]
    return {0: submissions.ZERO, 1: submissions.FULL}.get(
        share, submissions.PART if share >= 0.5 else submissions.LOST
    )


@pytest.mark.parametrize("name", submissions.CORPUS)
def test_each_gets_the_mark_and_the_reason_it_must(book, name):
    entry = submissions.CORPUS[name]
    given = {mark["question"]: mark for mark in book.load(name, submissions.SLUG).marks}
    assert list(given) == [question.name for question in QUESTIONS[submissions.SLUG]]
    mark = given.pop(entry.target)
    accepted = {entry.other} | ({submissions.ZERO} if entry.other == submissions.LOST else set())
    assert kind(mark) in accepted, mark
    assert re.search(entry.why, mark["why"], re.DOTALL | re.IGNORECASE), mark
    assert re.search(entry.look or "^$", mark["look"]), mark
    assert entry.rest is None or {kind(other) for other in given.values()} == {entry.rest}


def test_every_mark_has_a_sentence(book):
    for record in book.records():
        for mark in record.marks:
            assert re.match("[A-Z0-9]", mark["why"]) and mark["why"][-1] in ".?!", mark


def test_no_text_carries_a_hidden_case_out(book):
    (question,) = (q for q in QUESTIONS[submissions.SLUG] if q.name == submissions.TARGET)
    cases = HiddenCases(book.seed()).of(question)
    hidden = {f"{v:.17g}" for case, _ in cases for v in case["dy"].flat}
    (why,) = (
        mark["why"]
        for mark in book.load("text with the case", submissions.SLUG).marks
        if mark["question"] == submissions.TARGET
    )
    shown = set(re.findall(r"-?\d+\.\d{12,}", why))
    assert shown and not shown & hidden


# --- The gradebook: resumed, repeated, agreed ----------------------------------------------------


def snapshot(book):
    return {path: path.read_bytes() for path in sorted(book.folder.rglob("*.json"))}


def test_a_second_run_changes_and_repeats_nothing(tmp_path, monkeypatch):
    folder, book = few(tmp_path)
    run(folder, book)
    before = snapshot(book)
    monkeypatch.setattr(worker, "mark", None)  # nothing may be handed out
    run(folder, book)
    assert snapshot(book) == before


def test_killed_in_the_middle_it_goes_on_with_the_same_marks(tmp_path):
    names = ["right", "divides by N - 1", "endless loop", "deleted cell", "lists", "NaN"]
    folder, whole = some(tmp_path / "whole", names)
    run(folder, whole)
    broken = Gradebook(tmp_path / "broken")
    (broken.folder / "seed").write_text("7\n")
    command = [sys.executable, "-m", "grading", "--book", str(broken.folder), "grade"]
    command += [str(folder), "--cores", "1", "--seconds", "2"]
    for done in (1, 3):  # the fourth is the endless loop
        process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
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


def test_a_new_version_is_graded_again(tmp_path):
    folder, book = some(tmp_path, ["nothing returned"])
    run(folder, book)
    (file,) = folder.rglob("*.ipynb")
    assert book.load("nothing returned", submissions.SLUG).score == 16
    file.write_bytes(submissions.CORPUS["right"].data())
    run(folder, book)
    assert book.load("nothing returned", submissions.SLUG).score == 20


def test_what_people_and_nbgrader_read_agrees(book, tmp_path):
    records = book.tables()
    with (book.folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(submissions.CORPUS)
    for _ in range(2):  # and again, without doubling anything
        nbgraderbook.write(tmp_path / "gradebook.db", records, QUESTIONS)
    with NbGraderBook(f"sqlite:///{tmp_path / 'gradebook.db'}") as theirs:
        for row, record in zip(rows, records, strict=True):
            found = theirs.find_submission(submissions.SLUG, record.student)
            assert found.score == float(row["score"]) == record.score
            assert found.max_score == float(row["max_score"]) == 20
            assert found.needs_manual_grade == (row["state"] == marks.REVIEW)
    nbgraderbook.write(tmp_path / "gradebook.db", records[1:], QUESTIONS)  # one was dropped
    with NbGraderBook(f"sqlite:///{tmp_path / 'gradebook.db'}") as theirs:
        left = {one.student.id for one in theirs.assignment_submissions(submissions.SLUG)}
        assert left == {one.id for one in theirs.students}  # its export counts nobody else, with 0
    assert left == {record.student for record in records[1:]}


def test_no_cell_of_a_table_is_a_formula(book):
    for name in ("grades.csv", "marks.csv", "by-hand.csv"):
        with (book.folder / name).open(encoding="utf-8", newline="") as file:
            assert not any(
                cell.startswith(tuple("=+-@")) for row in csv.reader(file) for cell in row
            )


# --- Faults that are not the student's -----------------------------------------------------------


def test_a_judge_that_raises_costs_no_marks(monkeypatch):
    with Grader(settings()) as grader:
        first, *others = grader.catalogue[submissions.SLUG]
        broken = first.__class__(**{**vars(first), "judge": lambda case, outputs: 1 / 0})
        monkeypatch.setitem(grader.catalogue, submissions.SLUG, (broken, *others))
        given, _ = grader.grade(submissions.SLUG, submissions.CORPUS["right"].data())
    assert given[0].state == marks.LATER and given[0].points is None
    assert "ZeroDivisionError" in given[0].why
    assert {mark.state for mark in given[1:]} == {marks.GRADED}


def test_a_fork_server_that_dies_is_replaced():
    with Grader(settings()) as grader:
        for _ in range(2):
            given, _ = grader.grade(submissions.SLUG, submissions.CORPUS["right"].data())
            assert sum(mark.points for mark in given) == 20
            server = grader.servers.get(("numpy",)).process.popen
            server.kill()
            server.wait()


class Unlucky(futures.Executor):
    """An executor whose workers cannot mark anything. raises: whether they raise an exception."""

    def __init__(self, raises):
        self.raises = raises

    def submit(self, mark, settings, course, slug, data):
        why, future = "The machine was on fire.", futures.Future()
        if self.raises:
            future.set_exception(OSError(why))
        else:
            given = [marks.ungraded(q, marks.LATER, why).asdict() for q in QUESTIONS[slug]]
            future.set_result((slug, given, ""))
        return future


@pytest.mark.parametrize("raises", [True, False])
def test_what_could_not_be_graded_is_tried_again(tmp_path, monkeypatch, raises):
    folder, book = some(tmp_path, [SOMEBODY])
    with monkeypatch.context() as patch:
        unlucky = contextlib.nullcontext((Unlucky(raises), 1))
        patch.setattr(batch, "workers", lambda cores, scheduler: unlucky)
        run(folder, book)
    record = book.load(SOMEBODY, submissions.SLUG)
    assert (record.state, record.score) == (marks.LATER, 0)
    assert {mark["points"] for mark in record.marks} == {None}
    assert all("the machine was on fire" in mark["why"].lower() for mark in record.marks)
    run(folder, book)
    assert book.load(SOMEBODY, submissions.SLUG).score == 20


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


def test_a_source_that_cannot_be_read_costs_nobody_a_mark(monkeypatch, tmp_path):
    (tmp_path / f"{submissions.SLUG}.ipynb").write_text("<<<<<<< HEAD")
    monkeypatch.setattr("grading.grader.ASSIGNMENTS", tmp_path)
    with Grader(settings()) as grader:
        given, _ = grader.grade(submissions.SLUG, submissions.CORPUS["right"].data())
    assert [mark.points for mark in given] == [mark.out_of for mark in given]


def test_a_worker_with_other_questions_marks_nothing():
    with pytest.raises(worker.OutdatedError, match="other questions"):
        worker.mark(settings(), "another day's", submissions.SLUG, b"{}")


# --- What students and instructors see -----------------------------------------------------------


def page_of(book, name):
    """The page of feedback of a student."""
    (standing,) = book.standings([book.load(name, submissions.SLUG)])
    return feedback.page(standing)


def test_feedback_escapes_what_students_wrote(book):
    for name in ("HTML in a text", "=cmd|' <b>calc&amp;"):
        page = page_of(book, name)
        assert not re.search(r"<(script|img|b)\b", page)
    assert "&lt;script&gt;" in page_of(book, "HTML in a text")


def test_feedback_says_points_reasons_and_hints(book):
    page = page_of(book, "neurons for batch")
    assert "layer normalization" in page
    assert "needs review" in page_of(book, "deleted cell")


def test_the_summary_names_the_commonest_misconception_and_who_to_look_at(book):
    records = book.records()
    standings = book.standings(records)
    review = summary.write_page(book.folder, records, QUESTIONS, standings, Roster())
    page = (book.folder / "summary.html").read_text(encoding="utf-8")
    assert re.search("1 of [0-9]+: misconception 1: .*layer normalization", page)
    assert "<b>calc" not in page
    assert {"deleted cell", "undecided", "broken JSON"} <= {row[0] for row in review}
    assert "divides by N - 1" not in {row[0] for row in review}


# --- On a cluster --------------------------------------------------------------------------------


def test_a_dask_cluster_grades_the_same(tmp_path, book):
    from distributed import LocalCluster

    folder, other = few(tmp_path)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    ) as cluster:
        todo = batch.Batch(folder, other, settings(book.seed()))
        todo.run(scheduler=cluster.scheduler_address)
    for record in other.records():
        assert record.marks == book.load(record.student, submissions.SLUG).marks
