"""A page for the instructor: the points, what was misunderstood, and what a person must look at."""

import base64
import hashlib
import statistics
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from grading.marks import GRADED
from grading.records import feedback, pages
from grading.records.deadlines import LATE
from grading.records.standings import MISSING
from tools import files

TENTHS = 10

_page = pages.template("summary.html")
_script = Path(__file__).with_name("summary.js").read_text(encoding="utf-8")


def to_review(records):
    """(student, assignment, question, why) of every mark that a person should look at."""
    rows = []
    for record in records:
        for mark in record.marks:
            why = mark["why"] if mark["state"] != GRADED else mark["look"]
            if why:
                rows.append((record.student, record.assignment, mark["question"], why))
        if record.note:
            rows.append((record.student, record.assignment, "", record.note))
    return rows


def distribution(records):
    """[(range of points, number of submissions)] in tenths, of those that are wholly graded."""
    out_of = max((record.out_of for record in records), default=0)
    counts = Counter(
        min(int(TENTHS * record.score / record.out_of), TENTHS - 1)
        for record in records
        if record.state == GRADED and record.out_of
    )
    edges = [out_of * tenth / TENTHS for tenth in range(TENTHS + 1)]
    return [(f"{edges[k]:g} to {edges[k + 1]:g}", counts[k]) for k in range(TENTHS)]


def commonest(marks):
    """What was wrong most often in these marks of one question, and in how many of them."""
    wrong = Counter()
    for mark in marks:
        failed = [finding for finding in mark["findings"] if not finding["passed"]]
        hints = {(one["misconception"], one["hint"]) for one in failed if one["hint"]}
        misconceptions = {one for one in hints if one[0]}
        wrong.update(misconceptions or hints or ({(None, mark["why"])} if failed else ()))
    if not wrong:
        return ""
    # Of several that are equally common, prefer a misconception, which has a number.
    (number, text), count = max(wrong.items(), key=lambda item: (item[1], bool(item[0][0])))
    return f"{count} of {len(marks)}: {f'misconception {number}: ' if number else ''}{text}"


def everybody(standings):
    """A row of the page for each Standing, as a dict; `looks`: what a person should look at."""
    reasons = {}
    for student, assignment, question, why in to_review([s.own for s in standings if s.record]):
        reasons.setdefault((student, assignment), []).append(f"{question}: {why}".lstrip(": "))
    rows = []
    for one in standings:
        looks = list(dict.fromkeys(reasons.get((one.student, one.assignment), [])))
        if one.twice > 1:
            looks.append(f"{one.student} is there {one.twice} times.")
        if one.lateness.why == LATE:
            looks.append(f"{LATE} If that is wrong, write handed_in into deadlines.csv.")
        out_of = f" of {one.record.out_of:g}" if one.record else ""
        rows.append(
            {
                "student": one.student,
                "name": one.name if one.name != one.student else "",
                "assignment": one.assignment,
                "points": f"{one.score:g}{out_of}" if one.record else "",
                "late": one.lateness.why + (f" -{one.off:g}" if one.lateness.days else ""),
                "final": f"{one.final:g}" if one.state == GRADED else "",
                "state": one.state,
                "looks": " ".join(looks),
                "link": quote(feedback.path(one)) if one.record else "",
            }
        )
    return rows


def of_roster(standings, roster):
    """Sentences: who of a Roster handed in nothing, who is not on it, who is there twice."""
    if not roster.persons:
        return []
    sentences = []
    for slug in sorted({one.assignment for one in standings}):
        own = [one for one in standings if one.assignment == slug]
        groups = {
            "handed in nothing": [one.student for one in own if one.state == MISSING],
            "not on the roster": [one.student for one in own if not one.person],
            "there more than once": sorted({one.student for one in own if one.twice > 1}),
        }
        for what, names in groups.items():
            if names:
                sentences.append(f"{slug}, {what}: {', '.join(names)}.")
    if roster.twice:
        sentences.append(f"In more than one row of the roster: {', '.join(roster.twice)}.")
    return sentences or ["Everybody on it handed in, and nobody else."]


def write_page(folder, records, catalogue, standings, roster, files_found=""):
    """Write summary.html, and return what `to_review` lists.

    standings: everybody's.  files_found: the sentence that counts the files.
    """
    parts, review = [], to_review(records)
    for slug, questions in catalogue.items():
        own = [record for record in records if record.assignment == slug]
        if not own:
            continue
        rows = []
        for question in questions:
            marks = [m for one in own for m in one.marks if m["question"] == question.name]
            shares = [m["points"] / m["out_of"] for m in marks if m["state"] == GRADED]
            share = f"{sum(shares) / len(shares):.0%}" if shares else ""
            rows.append({"name": question.name, "share": share, "wrong": commonest(marks)})
        spread = distribution(own)
        parts.append(
            {
                "slug": slug,
                "count": len(own),
                "graded": sum(record.state == GRADED for record in own),
                "median": statistics.median(record.score for record in own),
                "out_of": max(record.out_of for record in own),
                "distribution": spread,
                "most": max(1, *(count for _, count in spread)),
                "questions": rows,
            }
        )
    digest = base64.b64encode(hashlib.sha256(_script.encode()).digest()).decode()
    text = _page.render(
        parts=parts,
        review=review,
        everybody=everybody(standings),
        roster=of_roster(standings, roster),
        files=files_found,
        script=_script,
        hash=f"sha256-{digest}",
    )
    files.write(folder / "summary.html", text, mode=0o600)
    return review
