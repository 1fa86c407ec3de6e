"""A page for the instructor: the points, what was misunderstood, and what a person must look at."""

import statistics
from collections import Counter

from grading.marks import GRADED
from grading.records import pages
from tools import files

TENTHS = 10

_page = pages.template("summary.html")


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


def write_page(folder, records, catalogue):
    """Write summary.html, and return what `to_review` lists."""
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
    files.write(folder / "summary.html", _page.render(parts=parts, review=review), mode=0o600)
    return review
