"""A new assignment touches three files, keeps every rule, and lacks nothing but its solutions."""

import os
import re
import subprocess
import sys

import pytest

from tools import new_assignment, repository
from tools.files import ROOT


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course, with an assignment of two questions."""
    copy = tmp_path_factory.mktemp("course")
    for name in repository.files(ROOT):
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((ROOT / name).read_bytes())
    begun = run(copy, "tools.new_assignment", "weight-decay", "shrink,rescale_all")
    assert begun.returncode == 0, begun.stderr
    return copy


def run(folder, *module_and_arguments):
    """A module of the course in `folder`, run by this Python."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", *module_and_arguments],
        cwd=folder,
        env=alone | {"MINI_CIFAR": "textures"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_three_files_are_touched(course):
    changed = {
        str(path.relative_to(course))
        for path in course.rglob("*.*")
        if path.is_file() and not {"__pycache__", "_build"} & {*path.parts}
        if not (ROOT / (name := path.relative_to(course))).is_file()
        or path.read_bytes() != (ROOT / name).read_bytes()
    }
    assert changed == {
        "local/exercises/questions/weight_decay.py",
        "content/assignments/weight-decay.ipynb",
        "_toc.yml",
    }


def test_every_rule_is_kept(course):
    assert run(course, "ruff", "check", ".").returncode == 0
    assert run(course, "ruff", "format", "--check", ".").returncode == 0
    linted = run(course, "tools.lint_notebooks")
    assert linted.returncode == 0, linted.stderr
    notebook = (course / "content" / "assignments" / "weight-decay.ipynb").read_text()
    assert "*10 points, about 60 minutes." in notebook
    assert "rescale_all: not filled in yet" in notebook


def test_only_the_solutions_are_missing(course):
    of_it = ["-k", "weight or shrink or rescale or there_is_a_notebook or pages_get"]
    tested = run(
        course, "pytest", "tests/test_assignments.py", "-q", "-p", "no:cacheprovider", *of_it
    )
    failed = set(re.findall(r"FAILED \S+::(\w+)\[(.+)\]", tested.stdout))
    solutions = "test_the_solution_earns_every_point"
    assert failed == {
        (solutions, f"{seed}-{name}") for seed in (1, 2, 3) for name in ("shrink", "rescale_all")
    }
    assert re.search(r"\d+ passed", tested.stdout)


@pytest.mark.parametrize(
    ("name", "questions", "why"),
    [
        ("Weight decay", "a", "lower-case words"),
        ("", "a", "lower-case words"),
        ("layer", "a", "an assignment of this name"),
        ("more", "", "names of functions"),
        ("more", "a,b c", "names of functions"),
        ("more", "class", "names of functions"),
        ("more", "predict", "named predict"),
        ("more", "numbers", "named numbers"),
        ("more", "a,a", "differ"),
    ],
)
def test_what_cannot_be_begun_is_refused(name, questions, why):
    with pytest.raises(SystemExit, match=why):
        new_assignment.main(name, questions)


def test_what_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    for folder in "local/exercises/questions", "content/assignments":
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    monkeypatch.setattr(new_assignment, "ROOT", tmp_path)
    monkeypatch.setattr(new_assignment.sys, "executable", "false")
    with pytest.raises(subprocess.CalledProcessError):
        new_assignment.main("of-a-test", "halve")
    assert not [path for path in tmp_path.rglob("*of*a*test*") if path.is_file()]
