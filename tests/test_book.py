"""`make book`, again and again: it does again what a change asks for, all of it and no more."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.interrupting import interrupted
from tests.test_faults import DATA, needs_mounts, only_line, run
from tools.notebooks import ROOT

TOC = "format: jb-book\nroot: content/index\nchapters:\n  - file: content/two\n"
WITHOUT_NODE = {"NODE_OPTIONS": "--require=/nowhere"}
"""Only what was rendered before can be shown."""


def write(course, name, source, text):
    shown = "import sys; sys.path.insert(0, '..')\nfrom local.layer import layer"
    cells = [new_markdown_cell(f"# {name}\n\n{text}"), new_code_cell(f"{shown}\n{source}")]
    nbformat.write(new_notebook(cells=cells), course / "content" / f"{name}.ipynb")


@pytest.fixture
def course(tmp_path):
    """The tools, the page's extension and two notebooks that import the course's own code."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in "tools", "_ext":
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in "_config.yml", "requirements.lock", "package-lock.json":
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "local").mkdir()
    for name in "claims.py", "plots.py":
        shutil.copy(ROOT / "local" / name, tmp_path / "local")
    (tmp_path / "local" / "data.py").write_text(DATA)
    (tmp_path / "local" / "layer.py").write_text("layer = 'first layer'")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "references.bib").touch()
    for name in "index", "two":
        write(tmp_path, name, "print(layer)", "With $x^2$.")
    return tmp_path


def pages(course):
    site = course / "_build" / "html"
    return tuple((site / f"{name}.html").read_text() for name in ("index", "two"))


def build(course, **environment):
    """What `make book` says in `course`, and its two pages."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.book"], cwd=course, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, *pages(course)


def test_a_change_is_built_and_nothing_else_is_done_again(course):
    said, first, second = build(course)
    assert "Executing 2 of 2 notebooks" in said
    assert "first layer" in first and "first layer" in second

    write(course, "two", "print(layer.upper())", "With $x^2$.")
    said, again, second = build(course, **WITHOUT_NODE)
    assert "Executing 1 of 2 notebooks" in said
    assert again == first
    assert "FIRST LAYER" in second

    (course / "local" / "layer.py").write_text("layer = 'second layer'")
    said, first, second = build(course, **WITHOUT_NODE)
    assert "Executing 2 of 2 notebooks" in said
    assert "second layer" in first and "SECOND LAYER" in second

    write(course, "two", "print(layer.upper())", "With $x^3$.")
    with pytest.raises(AssertionError, match=r"render\.mjs failed"):
        build(course, **WITHOUT_NODE)


def test_an_interrupted_build_leaves_the_last_site(course):
    _, *built = build(course)
    said = interrupted(course, sys.executable, "-m", "tools.book", at=b"no launch buttons")
    assert said[-1] == "Interrupted: what is done is kept. Run this again."
    assert not any("Traceback" in line for line in said)
    assert pages(course) == tuple(built)
    assert build(course)[1:] == tuple(built)


def test_a_warning_stops_the_book(course):
    """Here a page that no table of contents names; the lines say which."""
    (course / "content" / "forgotten.md").write_text("# Forgotten\n\n{misspelt}`role`")
    said = r"(?s)forgotten\.md.*misspelt.* toctree.*The book stops here"
    for _ in range(2):  # not once only
        with pytest.raises(AssertionError, match=said):
            build(course)


@needs_mounts
def test_a_disk_that_fills_up_while_pages_are_written_is_one_line(course):
    build(course)
    small = "cp -a _build ../kept && mount -t tmpfs -o size=700k none _build"
    fill = f"{small} && cp -a ../kept/. _build && rm -r ../kept"
    code, said = run(course, sys.executable, "-m", "tools.book", after=fill)
    assert code == 1
    assert only_line(said).endswith(": the disk is full. Make room and run this again.")
