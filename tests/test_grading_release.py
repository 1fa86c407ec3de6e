"""From the release of the assignments to feedback: the whole way, as an instructor goes it."""

import json
import sys
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook as NbGraderBook

from grading import marks
from grading.__main__ import main
from grading.grader import Grader, Settings
from local.exercises.questions import QUESTIONS
from tests import submissions
from tests.grading_batches import mode, only_linux
from tools import repository
from tools.repository import Repository

pytestmark = only_linux


@pytest.fixture(scope="module")
def address():
    """An address on GitHub, and all that is here committed and pushed to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "find", lambda: Repository("a", "fork", "0" * 40))
        patch.setattr(repository, "committed", lambda *names: True)
        patch.setattr(repository, "pushed", lambda: True)
        yield


@pytest.fixture(scope="module")
def released(tmp_path_factory, address):
    folder = tmp_path_factory.mktemp("course")
    (folder / "source").mkdir()
    (folder / "source" / "own.ipynb").touch()
    assert main(["--book", str(folder), "release"]) == 0
    return folder


def test_released_notebooks_hold_no_solution(released):
    assert sorted(path.name for path in (released / "source").iterdir()) == ["own.ipynb"]
    for slug in QUESTIONS:
        text = (released / "release" / slug / f"{slug}.ipynb").read_text(encoding="utf-8")
        assert "github.com/a/fork" in text and "0" * 40 in text
        assert "SOLUTION" not in text and text.count("not filled in yet") >= len(QUESTIONS[slug])


def test_a_commit_that_colab_could_not_fetch_is_refused_or_named(
    address, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "nothing_asked", SimpleNamespace(QUESTIONS={}))
    release = ["--book", str(tmp_path), "--questions", "nothing_asked", "release"]
    monkeypatch.setattr(repository, "pushed", lambda: False)
    assert main(release) == 0
    assert capsys.readouterr().err == "Colab cannot fetch this commit yet: push it to GitHub.\n"
    monkeypatch.setattr(repository, "committed", lambda *names: False)
    assert main(release) == 2
    assert "commit your changes" in capsys.readouterr().err
    monkeypatch.setattr(repository, "find", lambda: None)  # so nothing is stamped
    assert main(release) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("forgotten", [["--book", "", "export"], ["grade", ""]])
def test_an_empty_name_is_not_the_folder_one_is_in(forgotten, capsys):
    with pytest.raises(SystemExit):
        main(forgotten)
    assert "no folder is named" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--seconds", "0"], ["--seconds", "nan"], ["--cores", "0"]])
def test_no_time_and_no_cores_are_refused(option, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["grade", str(tmp_path), *option])
    assert f"must be a number above 0, received '{option[1]}'" in capsys.readouterr().err


def test_an_untouched_release_gets_nothing_and_a_solution_everything(released):
    with Grader(Settings(mode(), 7)) as grader:  # with the memory that TensorFlow needs
        for slug, questions in QUESTIONS.items():
            empty = (released / "release" / slug / f"{slug}.ipynb").read_bytes()
            given, recognized = grader.grade(None, empty)
            assert recognized == slug
            assert {(mark.points, mark.why) for mark in given} == {(0, marks.UNFILLED)}
            given, _ = grader.grade(slug, json.dumps(submissions.solved(slug)).encode())
            assert [mark.points for mark in given] == [question.points for question in questions]


def test_release_grade_feedback_and_export_in_one_command_each(released, tmp_path, capsys):
    book = ["--book", str(released)]
    submissions.write(tmp_path, ["right", "HTML in a text", "deleted cell"])
    assert main([*book, "grade", str(tmp_path), "--cores", "1"]) == 0
    assert "3 submissions: 2 graded, 1 marks to look at" in capsys.readouterr().out
    assert main([*book, "feedback"]) == 0
    assert len(list((released / "feedback").rglob("*.html"))) == 3
    assert main([*book, "export"]) == 0
    assert main([*book, "release"]) == 0  # although there are submissions
    with NbGraderBook(f"sqlite:///{released / 'gradebook.db'}", "") as theirs:
        assert theirs.find_submission(submissions.SLUG, "right").score == 20
