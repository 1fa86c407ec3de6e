"""Begin an assignment: python -m tools.new_assignment weight-decay shrink,rescale.

The arguments are its name and its questions, each the name of a function. Written are the module
of the questions, the notebook, executed, and its line in the table of contents. All of them keep
every rule. What is missing is what the tests of assignments then name: the solutions. Cases, judges
and sentences are there to be replaced.
"""

import json
import keyword
import re
import subprocess
import sys
from string import Template

from nbformat.v4 import new_notebook

from local.exercises import probes
from local.exercises.questions import ASSIGNMENTS, BY_NAME
from tools import faults, notebooks
from tools.files import ROOT, write
from tools.new_chapter import cells

LINE = re.compile(r"(?m)^ *- file: content/assignments/[\w-]+\n")
FOLDED = {
    "tags": ["hide-input"],
    "mystnb": {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"},
}


def filled(template, **values):
    """The text of a template beside this module, with `values` in the places of their names."""
    return Template((ROOT / "tools" / template).read_text("utf-8")).substitute(values)


def title(name):
    """A name as words: "weight-decay" is "weight decay"."""
    return re.sub("[-_]", " ", name)


def module(name, questions, number):
    """The source of the module with the questions."""
    judges, entries = [], []
    for each in questions:
        words = title(each)
        judges.append(filled("assignment_judge.txt", name=each))
        entries.append(filled("assignment_entry.txt", name=each, title=words.capitalize()))
    parts = {"judges": "\n".join(judges), "entries": "".join(entries)}
    return filled("assignment_questions.txt", number=number, title=title(name), **parts)


def notebook(name, questions):
    """The notebook, whose points are put in when it is stored."""
    rows, tasks = [], []
    for number, each in enumerate(questions, 1):
        rows.append(f"| {number} | `{each}` | 0 |")
        tasks.append(
            filled(
                "assignment_task.md",
                name=each,
                number=number,
                title=title(each).capitalize(),
                solution=json.dumps(marked(each, solution=True) | FOLDED),
                check=json.dumps(marked(f"check-{each}", grade=True, locked=True, points=0)),
            )
        )
    parts = {"rows": "\n".join(rows), "tasks": "\n".join(tasks)}
    made = new_notebook(cells=list(cells(filled("assignment.md", title=title(name), **parts))))
    description = f"An assignment of the course on batch normalization: {title(name)}."
    made.metadata.myst = {"html_meta": {"description": description}}
    return made


def marked(grade_id, **about):
    """The metadata by which nbgrader knows a cell."""
    usual = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": usual | {"grade_id": grade_id, "schema_version": 3} | about}


def refusal(name, questions):
    """Why no assignment can have this name and these questions, or None."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        return f"NAME must be lower-case words with hyphens, weight-decay; received {name!r}."
    if name in ASSIGNMENTS:
        return f"There is an assignment of this name: content/assignments/{name}.ipynb."
    for each in questions:
        if not each.isidentifier() or keyword.iskeyword(each):
            return f"QUESTIONS must be names of functions, shrink,rescale; received {each!r}."
        if each in BY_NAME or hasattr(probes, each):
            return f"There is a question, or a part of probes.py, named {each}: choose another."
    if len(set(questions)) < len(questions):
        return f"QUESTIONS must differ from each other; received {','.join(questions)}."
    return None


def main(name="", questions=""):
    questions = questions.split(",")
    if why := refusal(name, questions):
        sys.exit(why)
    number = 1 + max(assignment.number for assignment in ASSIGNMENTS.values())
    home = ROOT / "local" / "exercises" / "questions" / f"{name.replace('-', '_')}.py"
    path = ROOT / "content" / "assignments" / f"{name}.ipynb"
    try:
        write(home, module(name, questions, number))
        notebooks.write(notebook(name, questions), path)
        # In a process of its own, which knows the new questions.
        subprocess.run([sys.executable, "-m", "tools.notebooks", path], cwd=ROOT, check=True)
        toc = ROOT / "_toc.yml"
        text = toc.read_text("utf-8")
        *_, last = LINE.finditer(text)
        line = re.sub(r"assignments/.*", f"assignments/{name}", last[0])
        write(toc, text[: last.end()] + line + text[last.end() :])
    except BaseException:
        for begun in home, path:
            begun.unlink(missing_ok=True)
        raise
    for touched in home, path, toc:
        print(touched.relative_to(ROOT))
    print("Write the cases and judges, then the solutions: pytest tests/test_assignments.py")


if __name__ == "__main__":
    with faults.in_one_line():
        main(*sys.argv[1:])
