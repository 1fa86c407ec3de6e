"""What the build prepares for pages that run Python: which pages, from which verified parts."""

import hashlib
import io
import re
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
from lxml import html
from nbformat.v4 import new_code_cell, new_notebook

from _ext.course_page import python
from _ext.course_page.python import needs, parcels, wheels
from tests import loopback
from tools import archive
from tools.files import ROOT
from tools.notebooks import paths

COMPUTING = {
    "02-normalizing-a-batch",
    "03-backward-pass",
    "forward-and-backward",
    "bug-hunt",
}
WHEEL = b"a wheel"
ENTRY = {"file_name": "made_up-1-py3-none-any.whl", "sha256": hashlib.sha256(WHEEL).hexdigest()}


class Memory:
    """A memory that has forgotten everything."""

    def results(self, work, tasks):
        return work(tasks)


def site(*names, **more):
    trees = {name: html.document_fromstring(PAGE) for name in names}
    return SimpleNamespace(trees=trees, memory=Memory(), **more)


PAGE = "<head></head><h1>T</h1><div class='cell x'></div>"


def test_the_notebooks_that_need_numpy_sympy_and_matplotlib_alone_compute():
    found = set()
    for path in paths():
        name = path.relative_to(ROOT / "content").with_suffix(".html").as_posix()
        if python.notebook_of(site(), name):
            found.add(path.stem)
    assert found == COMPUTING


def test_a_page_without_a_notebook_or_its_set_up_does_not_compute():
    assert python.notebook_of(site(), "glossary.html") is None


@pytest.mark.parametrize(
    "source, imported",
    [
        ("import numpy.linalg as la, os", {"numpy"}),
        ("from sympy import sqrt", {"sympy"}),
        ("def f():\n    import keras", set()),
        ("if True:\n    import keras", {"keras"}),
        ("from local.exercises import checks", {"numpy"}),
        ("from local import training", {"numpy", "keras", "tensorflow", "sklearn", "tqdm"}),
    ],
)
def test_what_a_notebook_imports_is_found(source, imported):
    files, found = needs.of(new_notebook(cells=[new_code_cell(source)]))
    assert imported <= found
    assert bool(imported) == bool(found)
    assert all((ROOT / name).is_file() for name in files)


def test_the_archive_holds_what_the_notebook_imports_and_no_more():
    path = ROOT / "content" / "assignments" / "bug-hunt.ipynb"
    files, _ = needs.of(nbformat.read(path, as_version=4))
    # A package that finds its modules by itself brings all of them.
    assert {"local/exercises/questions/bug_hunt.py", "local/exercises/questions/layer.py"} <= files
    assert not {"local/training.py", "local/claims.py", "local/live/__init__.py"} & files
    questions = "from local.live.question import Question"
    files, _ = needs.of(new_notebook(cells=[new_code_cell(questions)]))
    named = {"local/live/question.js", "local/live/kit.js", "local/exercises/quiz/checks.toml"}
    assert named <= files


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_wheel_is_fetched_once_and_verified(cache, monkeypatch):
    with loopback.serve(WHEEL, loopback.whole) as server:
        monkeypatch.setenv("PYODIDE_WHEELS", server.url.rpartition("/")[0])
        assert wheels.get(ENTRY) == WHEEL
        assert wheels.get(ENTRY) == WHEEL
        assert len(server.asked) == 1
    (kept,) = cache.rglob("*.whl")
    assert kept.name == ENTRY["file_name"]
    kept.write_bytes(WHEEL[:3])  # half of it is not taken for the whole
    with pytest.raises(wheels.UnavailableError, match="made_up-1"):
        wheels.get(ENTRY)


@pytest.mark.parametrize(
    "behaviour, reason",
    [
        (loopback.answers(404), "404"),
        (loopback.breaks_off(3), "did not arrive|not the release's"),
    ],
)
def test_a_wheel_that_does_not_arrive_whole_is_refused_by_name(
    behaviour, reason, cache, monkeypatch
):
    with loopback.serve(WHEEL, behaviour) as server:
        monkeypatch.setenv("PYODIDE_WHEELS", server.url.rpartition("/")[0])
        with pytest.raises(wheels.UnavailableError, match=rf"made_up-1.*({reason})"):
            wheels.get(ENTRY)
    assert [*cache.rglob("*.whl")] == []


def test_a_wheel_with_another_checksum_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PYODIDE_WHEELS", str(tmp_path))
    (tmp_path / ENTRY["file_name"]).write_bytes(b"another")
    with pytest.raises(wheels.UnavailableError, match=r"made_up-1.*7 bytes.*instead of"):
        wheels.get(ENTRY)


def test_without_wheels_the_build_says_so_in_one_line_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYODIDE_WHEELS", str(tmp_path / "nowhere"))
    built = site("assignments/bug-hunt.html", folder=tmp_path / "site")
    python.add(built)
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"No page computes .*: \S+\.whl cannot be read from .*\.", line)
    assert built.trees["assignments/bug-hunt.html"].xpath("//run-here | //script") == []
    assert not (tmp_path / "site").exists()


def test_what_the_release_needs_is_read_from_its_own_list():
    entries = wheels.closure(["matplotlib"])
    assert {"numpy", "pillow", "kiwisolver", "contourpy"} <= entries.keys()
    assert not entries.keys() & wheels.UNUSED


def test_an_archive_leaves_out_tests_and_is_the_same_each_time():
    files = {"a/__init__.py": b"x = 1", "a/tests/test_a.py": b"", "a-1.dist-info/METADATA": b"m"}
    packed = parcels.packed(files)
    assert parcels.packed(dict(reversed(files.items()))) == packed
    [trimmed] = parcels.trimmed([packed])
    with zipfile.ZipFile(io.BytesIO(trimmed)) as opened:
        assert opened.namelist() == ["a-1.dist-info/METADATA", "a/__init__.py"]


def test_modules_are_compiled_by_the_python_that_imports_them():
    files = {
        "a/__init__.py": b'"""Says."""\nx = 1\n',
        "a/template.py": b"class {{ name }}:",
        "sympy/b.py": b'"""Says much."""\nassert 0, "kept"\n',
        "a-1.dist-info/METADATA": b"m",
    }
    [wheel] = parcels.compiled([parcels.packed(files)])
    assert parcels.compiled([parcels.packed(files)]) == [wheel]
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        names = ["a-1.dist-info/METADATA", "a/__init__.pyc", "a/template.py", "sympy/b.pyc"]
        assert opened.namelist() == names
        assert opened.read("a/template.py") == files["a/template.py"]
        code, other = opened.read("a/__init__.pyc"), opened.read("sympy/b.pyc")
    assert code[:2] == (3531).to_bytes(2, "little")  # Python 3.12's, which is that of Pyodide
    assert b"Says." in code and b"/site-packages/a/__init__.py" in code
    assert b"Says much." not in other and b"kept" in other


def test_a_package_of_the_environment_is_packed_with_its_record():
    [wheel] = parcels.installed([("mpmath", "any")])
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        names = opened.namelist()
    assert "mpmath/__init__.py" in names
    assert any(name.endswith(".dist-info/METADATA") for name in names)
    assert not any("/tests/" in name or name.endswith(".pyc") for name in names)


def test_what_others_made_says_whose_it_is():
    made = python.own(set(), Memory())
    assert {"page.js", "page.css", "worker.js", python.COURSE} <= made.keys()
    for owner in "Pyodide", "@codemirror/view", "@lezer/python", "katex", "MIT License":
        assert owner in made[python.NOTICES]


def test_the_small_archive_has_neither_python_nor_its_button(tmp_path):
    built = tmp_path / "site"
    (built / archive.PYTHON / "ab").mkdir(parents=True)
    (built / archive.PYTHON / "ab" / "worker.js").write_text("w")
    (built / "index.html").write_text('<p>a</p><run-here data-size="1"></run-here><p>b</p>')
    packed = {}
    for name, with_python in {"small": False, "whole": True}.items():
        archive.pack(built, tmp_path / name, with_python)
        with zipfile.ZipFile(tmp_path / name) as opened:
            packed[name] = {one: opened.read(one).decode() for one in opened.namelist()}
    home = archive.NAME
    assert packed["small"].keys() == {f"{home}/README.txt", f"{home}/index.html"}
    assert packed["small"][f"{home}/index.html"] == "<p>a</p><p>b</p>"
    assert packed["whole"][f"{home}/{archive.PYTHON}/ab/worker.js"] == "w"
    assert "run-here" in packed["whole"][f"{home}/index.html"]
    assert "http.server" in packed["whole"][f"{home}/README.txt"]
    assert "http.server" not in packed["small"][f"{home}/README.txt"]


def test_the_variant_needs_a_book_with_python(tmp_path, monkeypatch):
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(archive, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="No page of this book runs Python"):
        archive.main("--python")
