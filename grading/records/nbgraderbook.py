"""The same marks in nbgrader's own gradebook, for its export and whatever reads it."""

import os
import sys
from pathlib import Path
from unittest import mock

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)

from grading.marks import GRADED


def own_programs():
    """Within it, programs of this environment are found: nbgrader starts one, alembic, by name."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return mock.patch.dict(os.environ, PATH=path)


def write(path, records, catalogue):
    """Make the database at `path` say what `records` say, of the assignments in `catalogue`.

    A mark without points needs, in nbgrader's words, a manual grade, and counts 0 until then.
    """
    with own_programs(), Gradebook(f"sqlite:///{path}", "") as book:
        for slug, questions in catalogue.items():
            own = {record.student: record for record in records if record.assignment == slug}
            notebook = _notebook(book, slug, questions)
            known = {student for (student,) in book.db.query(Student.id)}
            book.db.bulk_insert_mappings(Student, [{"id": new} for new in own.keys() - known])
            of = {"assignment_id": notebook.assignment_id}
            there = book.db.query(SubmittedAssignment.student_id).filter_by(**of).all()
            for gone in {student for (student,) in there} - own.keys():
                book.remove_submission(slug, gone)
            handed_in = _rows(book.db, SubmittedAssignment, "student_id", own, of)
            of = {"notebook_id": notebook.id}
            papers = _rows(book.db, SubmittedNotebook, "assignment_id", handed_in.values(), of)
            papers = {student: papers[handed_in[student]] for student in own}
            _mark(book.db, Grade, notebook.grade_cells, papers, own, _grade)
            _mark(book.db, Comment, notebook.solution_cells, papers, own, _comment)
            book.db.commit()


def _notebook(book, slug, questions):
    """The assignment's notebook, with a graded cell and a solution for each question, no others."""
    book.update_or_create_assignment(slug)
    notebook = book.update_or_create_notebook(slug, slug)
    wanted = {f"check-{question.name}" for question in questions}
    for cell in [cell for cell in notebook.grade_cells if cell.name not in wanted]:
        for grade in list(cell.grades):
            book.db.delete(grade)
        book.db.delete(cell)
    for question in questions:
        of = {"max_score": question.points, "cell_type": "code"}
        book.update_or_create_grade_cell(f"check-{question.name}", slug, slug, **of)
        book.update_or_create_solution_cell(question.name, slug, slug)
    book.db.commit()
    return notebook


def _rows(db, table, column, keys, shared):
    """{key: id of the row of `table` with this key in `column`}, made where there is none.

    shared: what all these rows have in common. One statement for all, since one for each would
    take minutes for a large course.
    """
    key = getattr(table, column)
    there = {key: row for row, key in db.query(table.id, key).filter_by(**shared)}
    missing = {key: new_uuid() for key in keys if key not in there}
    rows = [{"id": row, column: key, **shared} for key, row in missing.items()]
    db.bulk_insert_mappings(table, rows)
    return there | missing


def _mark(db, table, cells, papers, own, described):
    """Write what `described` makes of each mark into its row of `table`."""
    marks = {
        (papers[student], mark["question"]): mark
        for student, record in own.items()
        for mark in record.marks
    }
    for cell in cells:
        question = cell.name.removeprefix("check-")
        given = {paper: mark for (paper, name), mark in marks.items() if name == question}
        rows = _rows(db, table, "notebook_id", given, {"cell_id": cell.id})
        filled = [{"id": rows[paper], **described(mark)} for paper, mark in given.items()]
        db.bulk_update_mappings(table, filled)


def _grade(mark):
    return {
        "auto_score": mark["points"],
        "manual_score": None,
        "needs_manual_grade": mark["state"] != GRADED,
    }


def _comment(mark):
    return {"auto_comment": mark["why"]}
