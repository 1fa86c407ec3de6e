"""A new chapter keeps every rule, runs the same twice, and stands in the book."""

import resource
import shutil

import nbformat
import pytest
import yaml

from tools import lint_notebooks, new_chapter, notebooks
from tools.files import ROOT


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of what a chapter needs of the course, into which new chapters go."""
    content = tmp_path / "content"
    content.mkdir()
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    for path in ROOT.glob("content/*.ipynb"):
        (content / path.name).touch()
    for name in "local", "requirements.txt":
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr(new_chapter, "ROOT", tmp_path)
    monkeypatch.setenv("MINI_CIFAR", "textures")
    return tmp_path


def chapters(course):
    parts = yaml.safe_load((course / "_toc.yml").read_text())["parts"]
    return [chapter["file"] for part in parts for chapter in part["chapters"]]


def notebooks_of(course):
    return sorted(course.glob("content/[0-9]*.ipynb"))


def left_over(course):
    return [p.name for p in (course / "content").iterdir() if p.suffix != ".ipynb"]


def test_a_new_chapter_passes_every_rule_and_stands_behind_the_last(course, capsys):
    before = chapters(course)
    last = notebooks_of(course)[-1]
    new_chapter.main("of-a-test")

    path = notebooks_of(course)[-1]
    assert path.name == f"{int(last.name[:2]) + 1:02d}-of-a-test.ipynb"
    assert path.name in capsys.readouterr().out
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    assert made.cells[0].source.startswith("# Of a test\n")
    assert list(lint_notebooks.problems(made)) == []
    after = chapters(course)
    assert [c for c in after if c in before] == before
    assert [c for c in after if c not in before] == [f"content/{path.stem}"]
    numbered = [c for c in after if c.removeprefix("content/")[:1].isdigit()]
    assert numbered[-1] == f"content/{path.stem}"
    assert left_over(course) == []

    first = path.read_text()
    notebooks.refresh(path)  # what nbval does: run it again and compare
    assert path.read_text() == first


@pytest.mark.parametrize(
    ("name", "message"),
    [("Small Batches", "lower-case words"), ("", "got ''"), ("../x", "lower-case words")],
)
def test_a_name_that_no_file_should_have_is_refused(name, message, course):
    with pytest.raises(SystemExit, match=message):
        new_chapter.main(name)


def test_a_name_that_is_taken_is_refused(course):
    taken = notebooks_of(course)[0]
    with pytest.raises(SystemExit, match=taken.name):
        new_chapter.main(taken.stem[3:])


def test_a_chapter_that_does_not_run_leaves_nothing(course, monkeypatch):
    before = chapters(course), notebooks_of(course)
    monkeypatch.setattr(new_chapter, "cells", lambda text: [nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(notebooks.CellExecutionError):
        new_chapter.main("of-a-test")
    assert (chapters(course), notebooks_of(course)) == before
    assert left_over(course) == []


def test_a_disk_that_fills_up_leaves_the_table_of_contents_whole_and_no_chapter(
    course, monkeypatch
):
    """The system refuses to write more than a part of the table, as where a disk is full."""
    before = chapters(course), notebooks_of(course)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def with_chapter(toc, stem):
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(toc) // 2, limits[1]))
        return f"{toc}- file: content/{stem}\n"

    monkeypatch.setattr(new_chapter, "cells", lambda text: [nbformat.v4.new_code_cell("1")])
    monkeypatch.setattr(new_chapter, "with_chapter", with_chapter)
    try:
        with pytest.raises(OSError, match="File too large"):
            new_chapter.main("of-a-test")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (chapters(course), notebooks_of(course)) == before
    assert left_over(course) == []
    assert sorted(p.name for p in course.iterdir() if p.suffix == ".tmp") == []
