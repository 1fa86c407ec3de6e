"""The soak counts its runs, finds what fails now and then, and continues where it stopped."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import notebooks, soak

SOMETIMES = """
from pathlib import Path
def claim(*args): pass
count = Path("count.txt")
count.write_text(count.read_text() + "x" if count.exists() else "x")
claim(1)
assert len(count.read_text()) != 2, "now and then"
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A notebook whose second run fails, one that makes no claim, and a suite that passes."""
    (tmp_path / "_build").mkdir()
    for name, source in {"a": SOMETIMES, "b": "claims = 1"}.items():
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(notebooks, "paths", lambda: sorted(tmp_path.glob("*.ipynb")))
    monkeypatch.setattr(soak, "PROGRESS", tmp_path / "_build" / "soak.json")
    monkeypatch.setattr(soak, "tree", lambda: "this tree")
    monkeypatch.setattr(soak.os, "cpu_count", lambda: 1)
    monkeypatch.setenv("REPEATS", "2")
    monkeypatch.setenv("MINI_CIFAR", "textures")
    monkeypatch.setattr(soak, "suite", lambda: {"counts": "9 passed", "passed": True})
    return tmp_path


def test_a_claim_that_fails_now_and_then_is_found_and_counted(course, capsys):
    with pytest.raises(SystemExit) as ended:
        soak.main()
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "Suite 1: 9 passed\nSuite 2: 9 passed\na.ipynb: 2 runs, 1 failed\n" in printed
    assert "now and then" in printed
    assert printed.endswith("The suite 2 times, 0 failed; claims 2 runs, 1 failed\n")
    assert (course / "count.txt").read_text() == "xx"


def test_an_interrupted_soak_continues_where_it_stopped(course, capsys):
    progress = soak.Progress(soak.PROGRESS, "this tree")
    progress.suites = [{"counts": "8 passed", "passed": True}]
    progress.runs = [["a.ipynb", None]] * 2
    progress.save()
    with pytest.raises(SystemExit) as ended:
        soak.main()
    assert ended.value.code == 0
    assert "Suite 1: 8 passed\nSuite 2: 9 passed" in capsys.readouterr().out
    assert not (course / "count.txt").exists()
    assert not soak.PROGRESS.exists()  # the next soak starts from the beginning


def test_another_tree_starts_from_the_beginning(course):
    saved = soak.Progress(soak.PROGRESS, "this tree")
    saved.runs = [["a.ipynb", None]]
    saved.save()
    assert soak.Progress(soak.PROGRESS, "this tree").runs == saved.runs
    assert soak.Progress(soak.PROGRESS, "another").runs == []


@pytest.mark.parametrize("passed", [True, False])
def test_the_suite_is_run_and_shown_and_counted(passed, tmp_path, monkeypatch, capfd):
    recipe = "@echo one; echo '=== 9 passed in 1.00s ==='" + ("" if passed else "; exit 1")
    (tmp_path / "Makefile").write_text(f"test:\n\t{recipe}\n")
    monkeypatch.setattr(soak, "ROOT", tmp_path)
    assert soak.suite() == {"counts": "9 passed in 1.00s", "passed": passed}
    assert "one\n" in capfd.readouterr().out


def test_a_suite_that_fails_fails_the_soak(tmp_path):
    progress = soak.Progress(tmp_path / "nothing.json", "t")
    progress.suites = [{"counts": "1 failed, 8 passed", "passed": False}]
    text, passed = soak.summary(progress)
    assert not passed
    assert text.endswith("The suite 1 times, 1 failed; claims 0 runs, 0 failed")


@pytest.mark.parametrize(
    "line", ["==== 9 passed, 1 skipped in 3.02s ====\n", "== 1 failed, 8 passed in 0:02:03 ==\n"]
)
def test_the_closing_line_of_the_suite_is_understood(line):
    assert soak.COUNTS.fullmatch(line)["counts"] in line
