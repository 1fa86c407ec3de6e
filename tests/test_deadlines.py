"""Lateness is worked out beside the mark, from a small table of deadlines."""

import time
from datetime import datetime, timedelta

import pytest

from grading.marks import GRADED
from grading.records import deadlines, standings, summary
from grading.records.deadlines import Deadlines, Lateness
from grading.records.record import Record
from grading.records.roster import Person, Roster
from grading.records.tables import TableError

DUE = datetime(2026, 11, 20, 23, 59).astimezone()
HEAD = "assignment,student,deadline,percent_per_day,grace_hours,at_most_percent\n"
TABLE = HEAD + "layer,,2026-11-20 23:59,10,2,30\nlayer,ada,2026-11-27 23:59,,,\n"


def of(tmp_path, text=TABLE):
    (tmp_path / "deadlines.csv").write_text(text, encoding="utf-8")
    return deadlines.read(tmp_path)


def handed_in(hours, **more):
    return {"time": (DUE + timedelta(hours=hours)).isoformat(), "time_of": "platform", **more}


@pytest.mark.parametrize(
    ("hours", "days", "percent"),
    [(-1, 0, 0), (0, 0, 0), (2, 0, 0), (2.1, 1, 10), (24, 1, 10), (24.1, 2, 20), (999, 42, 30)],
)
def test_every_day_that_has_begun_costs_after_the_grace_up_to_the_cap(
    tmp_path, hours, days, percent
):
    late = of(tmp_path).lateness("layer", {"bo"}, handed_in(hours))
    assert (late.days, late.percent) == (days, percent)


def test_an_exception_has_its_own_deadline_and_the_rest_of_the_rule(tmp_path):
    rules = of(tmp_path)
    assert rules.lateness("layer", {"ada"}, handed_in(7 * 24)).days == 0
    assert rules.lateness("layer", {"ada"}, handed_in(8 * 24)).percent == 10
    assert rules.lateness("layer", {"ada", "bo"}, handed_in(7 * 24)).days == 0  # a group
    assert rules.lateness("bug-hunt", {"bo"}, handed_in(999)).days == 0  # no rule


def test_the_files_own_time_is_a_last_resort_and_said_so(tmp_path):
    rules = of(tmp_path)
    said = rules.lateness("layer", {"bo"}, handed_in(25, time_of="file")).why
    assert said == "2 days late, by the time of its file, for the platform tells none."
    assert rules.lateness("layer", {"bo"}, handed_in(25)).why == "2 days late."
    assert "says that it was late" in Deadlines().lateness("layer", {"bo"}, {"late": True}).why


def test_canvas_tells_who_was_late_and_a_person_by_how_much(tmp_path):
    """The files of Canvas are as old as the download, which may be weeks later."""
    downloaded = handed_in(999, time_of="file", platform="canvas")
    rules = of(tmp_path)
    assert rules.lateness("layer", {"bo"}, downloaded) == Lateness()
    for student in ("bo", "ada"):  # who has an exception of which Canvas does not know
        late = rules.lateness("layer", {student}, downloaded | {"late": True})
        assert (late.days, late.percent, late.why) == (0, 0, deadlines.LATE)
    written = TABLE.replace("percent\n", "percent,handed_in\n")
    rules = of(tmp_path, f"{written}layer,bo,,,,,2026-11-22 10:00\n")
    late = rules.lateness("layer", {"bo"}, downloaded | {"late": True})
    assert (late.days, late.percent, late.why) == (2, 20, "2 days late.")
    assert rules.lateness("layer", {"bo"}, handed_in(999)).days == 2  # against the platform, too


def test_who_was_late_nobody_knows_how_much_is_to_be_looked_at(tmp_path):
    origin = handed_in(999, time_of="file", platform="canvas", late=True)
    record = Record("bo", "layer", "f", "", "", [], origin)
    (row,) = summary.everybody(standings.of([record], Roster(), of(tmp_path)))
    assert "write handed_in into deadlines.csv" in row["looks"]
    assert row["late"] == deadlines.LATE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("assignment,date\n", "lacks deadline"),
        (HEAD + "layer,,tomorrow,,,\n", "layer: a deadline is written as.*received 'tomorrow'"),
        (HEAD + "layer,,2026-11-20,ten,,\n", "percent_per_day must be a number.*'ten'"),
        (HEAD + "layer,,2026-11-20,-1,,\n", "percent_per_day must be a number"),
        (HEAD + "layer,ada,,5,,\n", "layer, ada: it has no deadline"),
        (
            HEAD.replace("\n", ",handed_in\n") + "layer,,2026-11-20,,,,2026-11-20\n",
            "handed_in is for one student",
        ),
        (
            HEAD.replace("\n", ",handed_in\n") + "layer,ada,2026-11-20,,,,late\n",
            "handed_in is written as.*received 'late'",
        ),
        (HEAD + "layer,,2026-11-20,,,\nlayer,,2026-11-21,,,\n", "there twice"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_by_name(tmp_path, text, why):
    with pytest.raises(TableError, match=why):
        of(tmp_path, text)


def test_the_mark_stays_and_what_lateness_takes_stands_beside_it(tmp_path):
    marks = [{"question": "q", "points": 15, "out_of": 20, "state": GRADED}]
    late = Record("bo", "layer", "f", "", "", marks, handed_in(25))
    little = Record("cy", "layer", "f", "", "", [marks[0] | {"points": 1}], handed_in(25))
    roster = Roster([Person("Bo", "bo"), Person("Cy", "cy"), Person("Dan", "dan")])
    rules = of(tmp_path, TABLE.partition("layer,ada")[0])
    bo, cy, dan = standings.of([late, little], roster, rules)
    assert (bo.score, bo.off, bo.final) == (15, 4, 11)  # 20 % of 20
    assert (cy.score, cy.off, cy.final) == (1, 1, 0)  # never below 0
    assert (dan.state, dan.final) == ("nothing handed in", 0)
    assert late.marks[0]["points"] == 15


def test_a_day_is_a_day_of_the_calendar_where_the_clock_changes(tmp_path, monkeypatch):
    """On 25 October 2026 the day has 25 hours in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        rules = of(tmp_path, HEAD + "layer,,2026-10-24 23:59,10,,\n")
        late = {"time": "2026-10-25T22:30:00+00:00", "time_of": "platform"}  # 23:30 in Berlin
        assert rules.lateness("layer", {"bo"}, late).days == 1
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_exception_may_use_any_name_that_the_roster_knows(tmp_path):
    late = Record("ada", "layer", "f", "", "", [], handed_in(24 * 6))
    rules = of(tmp_path, TABLE.replace(",ada,", ",Lovelace Ada,").replace("layer", "Layer"))
    (ada,) = standings.of([late], Roster([Person("Ada Lovelace", "ada")]), rules)
    assert ada.lateness.days == 0


def test_an_exception_for_somebody_whom_nothing_names_is_refused(tmp_path):
    """`ada` is no name here: without a word, her exception would not count."""
    late = Record("ada@uni.edu", "layer", "f", "", "", [], handed_in(24 * 6))
    rules, roster = of(tmp_path), Roster([Person("Ada Lovelace", "", email="ada@uni.edu")])
    with pytest.raises(TableError, match="layer, ada: nobody of this name handed in or is on"):
        standings.of([late], roster, rules)
    assert rules.strangers(Roster(), {"ada@uni.edu"}) == [("layer", "ada")]
    assert rules.strangers(Roster(), {"ada"}) == []
    assert rules.strangers(Roster([Person("Ada Lovelace", "ada")]), set()) == []


def test_an_assignment_that_is_none_is_refused(tmp_path):
    rules = of(tmp_path, HEAD + "layers,,2026-11-20,,,\n")
    with pytest.raises(TableError, match="no assignment 'layers'"):
        standings.of([], Roster(), rules)
