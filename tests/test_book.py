"""`make book` after a change: it does again what the change requires, all of it and no more."""

import os
import subprocess
import sys

import pytest

from tests import small_course
from tests.commands import interrupted, needs_mounts, only_line, run
from tools.files import ROOT

TOC = "format: jb-book\nroot: content/index\nchapters:\n  - file: content/two\n"
WITHOUT_NODE = {"NODE_OPTIONS": "--require=/nowhere"}
"""Node fails, so only what was rendered before can be shown."""


def write(course, name, source, text):
    imports = "import sys; sys.path.insert(0, '..')\nfrom local.layer import layer"
    small_course.write_notebook(course, name, f"{imports}\n{source}", f"# {name}\n\n{text}")


@pytest.fixture
def course(tmp_path):
    """The tools, the page's extension and two notebooks that import the course's own code."""
    small_course.copy(tmp_path, *small_course.PAGES, "_config.yml")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "_toc.yml").write_text(TOC)
    small_course.write_module(tmp_path, "data", small_course.DATA)
    small_course.write_module(tmp_path, "layer", "layer = 'first layer'")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "references.bib").touch()
    for name in "index", "two":
        write(tmp_path, name, "print(layer)", "With $x^2$.")
    return tmp_path


def pages(course):
    site = course / "_build" / "html"
    return tuple((site / f"{name}.html").read_text() for name in ("index", "two"))


def build(course, **environment):
    """What `make book` prints in `course`, and its two pages."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.book"], cwd=course, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, *pages(course)


def test_a_change_is_built_and_nothing_else_is_done_again(course):
    printed, first, second = build(course)
    assert "Executing 2 of 2 notebooks" in printed
    assert "first layer" in first and "first layer" in second

    write(course, "two", "print(layer.upper())", "With $x^2$.")
    printed, again, second = build(course, **WITHOUT_NODE)
    assert "Executing 1 of 2 notebooks" in printed
    assert again == first
    assert "FIRST LAYER" in second

    (course / "local" / "layer.py").write_text("layer = 'second layer'")
    printed, first, second = build(course, **WITHOUT_NODE)
    assert "Executing 2 of 2 notebooks" in printed
    assert "second layer" in first and "SECOND LAYER" in second

    write(course, "two", "print(layer.upper())", "With $x^3$.")
    with pytest.raises(AssertionError, match=r"render\.mjs failed"):
        build(course, **WITHOUT_NODE)


def test_an_interrupted_build_leaves_the_last_site(course):
    _, *built = build(course)
    command = [sys.executable, "-m", "tools.book"]
    code, lines = interrupted(course, *command, at=b"no launch buttons")
    assert code == 130
    assert lines[-1] == "Interrupted: what is done is kept. Run this again."
    assert not any("Traceback" in line for line in lines)
    assert pages(course) == tuple(built)
    assert build(course)[1:] == tuple(built)


def test_a_warning_stops_the_book(course):
    """Here a page that no table of contents names; the lines say which."""
    (course / "content" / "forgotten.md").write_text("# Forgotten\n\n{misspelt}`role`")
    lines = r"(?s)forgotten\.md.*misspelt.* toctree.*The book stops here"
    for _ in range(2):  # not once only
        with pytest.raises(AssertionError, match=lines):
            build(course)


@needs_mounts
def test_a_disk_that_fills_up_while_pages_are_written_is_one_line(course):
    build(course)
    small = "cp -a _build ../kept && mount -t tmpfs -o size=700k none _build"
    fill = f"{small} && cp -a ../kept/. _build && rm -r ../kept"
    code, lines = run(course, sys.executable, "-m", "tools.book", after=fill)
    assert code == 1
    assert only_line(lines).endswith(": the disk is full. Make room and run this again.")
