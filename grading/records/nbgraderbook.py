"""The same marks in nbgrader's own gradebook, for its export and other programs."""

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
    """A context in which programs of this environment are found by name, as nbgrader's alembic."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return mock.patch.dict(os.environ, PATH=path)


def write(path, records, catalogue):
    """Write the marks of `records` into the database at `path`, and delete other students.

    catalogue: the questions of each assignment. A mark without points becomes what nbgrader calls
    one that needs a manual grade, and counts 0 until then.
    """
    with own_programs(), Gradebook(f"sqlite:///{path}", "") as book:
        for slug, questions in catalogue.items():
            own = {record.student: record for record in records if record.assignment == slug}
            notebook = _notebook(book, slug, questions)
            known = {student for (student,) in book.db.query(Student.id)}
            book.db.bulk_insert_mappings(Student, [{"id": new} for new in own.keys() - known])
            of = {"assignment_id": notebook.assignment_id}
            stored = book.db.query(SubmittedAssignment.student_id).filter_by(**of).all()
            for student in {student for (student,) in stored} - own.keys():
                book.remove_submission(slug, student)
            assignments = _rows(book.db, SubmittedAssignment, "student_id", own, of)
            of = {"notebook_id": notebook.id}
            ids = _rows(book.db, SubmittedNotebook, "assignment_id", assignments.values(), of)
            notebooks = {student: ids[assignments[student]] for student in own}
            _write_marks(book.db, Grade, notebook.grade_cells, notebooks, own, _grade)
            _write_marks(book.db, Comment, notebook.solution_cells, notebooks, own, _comment)
            book.db.commit()
        there = {record.student for record in records}
        for student in {one for (one,) in book.db.query(Student.id)} - there:
            book.remove_student(student)


def _notebook(book, slug, questions):
    """The assignment's notebook, with a graded cell and a solution for each question only."""
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
    """{key: id of the row of `table` with this key in `column`}; missing rows are inserted.

    shared: the values that all these rows have in common. One statement inserts all rows, since
    one statement for each would take minutes for a large course.
    """
    key = getattr(table, column)
    stored = {key: row for row, key in db.query(table.id, key).filter_by(**shared)}
    missing = {key: new_uuid() for key in keys if key not in stored}
    rows = [{"id": row, column: key, **shared} for key, row in missing.items()]
    db.bulk_insert_mappings(table, rows)
    return stored | missing


def _write_marks(db, table, cells, notebooks, own, values):
    """Write values(mark), a dict, into the row of `table` for each mark of each of the cells.

    notebooks: id of the submitted notebook by student. own: Record by student.
    """
    marks = {
        (notebooks[student], mark["question"]): mark
        for student, record in own.items()
        for mark in record.marks
    }
    for cell in cells:
        question = cell.name.removeprefix("check-")
        given = {notebook: mark for (notebook, name), mark in marks.items() if name == question}
        rows = _rows(db, table, "notebook_id", given, {"cell_id": cell.id})
        updates = [{"id": rows[notebook], **values(mark)} for notebook, mark in given.items()]
        db.bulk_update_mappings(table, updates)


def _grade(mark):
    return {
        "auto_score": mark["points"],
        "manual_score": None,
        "needs_manual_grade": mark["state"] != GRADED,
    }


def _comment(mark):
    return {"auto_comment": mark["why"]}
