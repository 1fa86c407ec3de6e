"""Each notebook alone in an empty folder, as a reader opens it on Colab.

Every test serves an archive of this very tree from loopback, as GitHub would. KERNEL_PYTHON names
the Python that runs the notebooks; `make test-colab` names the one of Colab's twin, and there every
notebook runs. Elsewhere two do: the set-up is the same in all, and nbval runs them all beside this.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.commands import git
from tools import cache, execute, freshness, launch, notebooks, repository
from tools.files import ROOT
from tools.repository import Repository

KERNEL_PYTHON = str(Path(os.environ.get("KERNEL_PYTHON", sys.executable)).absolute())
ALONE = notebooks.paths() if "KERNEL_PYTHON" in os.environ else notebooks.paths()[2:4]
KERNEL = {
    "argv": [KERNEL_PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": "under test",
    "language": "python",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A loopback server with the course's archive; yields (address, requests it got)."""
    folder = tmp_path_factory.mktemp("served")
    with zipfile.ZipFile(folder / "course.zip", "w") as archive:
        for name in repository.files():
            archive.write(ROOT / name, f"course-0123abc/{name}")
    (folder / "broken.zip").write_bytes((folder / "course.zip").read_bytes()[:5000])
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("other/README.md", "not the course")
    requests = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            requests.append(self.path)

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()


@pytest.fixture
def colab(tmp_path, monkeypatch, served):
    """An empty folder and a kernel that knows nothing of the clone; returns `run(notebook)`."""
    kernels = tmp_path / "jupyter" / "kernels" / "under-test"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(json.dumps(KERNEL))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("COURSE_ARCHIVE", f"{served[0]}/course.zip")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "empty"
    folder.mkdir()

    def run(notebook):
        client = NotebookClient(
            notebook,
            timeout=300,
            kernel_name="under-test",
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute()
        return folder

    return run


def setup_notebook(source=notebooks.SETUP, *more):
    return new_notebook(cells=[new_code_cell(s) for s in (source, *more)])


def complaints(notebook):
    """The warnings that the cells wrote to standard error."""
    streams = (o for cell in notebook.cells for o in cell.get("outputs", []))
    texts = (o.text for o in streams if o.output_type == "stream" and o.name == "stderr")
    return [line for text in texts for line in text.splitlines() if "Warning" in line]


@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_a_notebook_runs_alone(path, colab):
    notebook = nbformat.read(path, as_version=4)
    colab(notebook)
    assert complaints(notebook) == []


def test_the_archive_is_fetched_once_and_changes_survive(colab, served):
    folder = colab(setup_notebook())
    changed = folder / "course-copy" / "local" / "plots.py"
    changed.write_text("MINE = True\n")
    before = len(served[1])

    again = setup_notebook(notebooks.SETUP, "from local import plots\nprint(plots.MINE)")
    colab(again)

    assert len(served[1]) == before
    assert again.cells[1].outputs[0].text == "True\n"
    assert [p.name for p in folder.iterdir()] == ["course-copy"]


def test_the_setup_cell_can_run_twice(colab):
    notebook = setup_notebook(
        notebooks.SETUP, notebooks.SETUP, "import sys; print(sys.path.count(sys.path[0]))"
    )
    colab(notebook)
    assert notebook.cells[2].outputs[0].text == "1\n"


@pytest.mark.parametrize("name", ["missing.zip", "broken.zip", "other.zip"])
def test_a_failed_fetch_says_so_and_leaves_nothing(name, colab, served, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ARCHIVE", f"{served[0]}/{name}")
    with pytest.raises(CellExecutionError, match=f"{name} did not arrive.*Try again"):
        colab(setup_notebook())
    assert list((tmp_path / "empty").iterdir()) == []


def test_without_an_address_the_cell_says_how_to_name_one(colab, monkeypatch):
    monkeypatch.delenv("COURSE_ARCHIVE")
    with pytest.raises(CellExecutionError, match="inside a clone of it, or name its archive"):
        colab(setup_notebook())


BOUND = ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
"""Root, whom no permission binds, becomes like everybody else by this."""


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root needs setpriv")
@pytest.mark.parametrize(
    ("closed", "rights"), [("mine", 0o555), ("mine", 0), ("", 0)], ids=["read", "none", "above"]
)
def test_a_folder_without_rights_is_one_line(closed, rights, served, tmp_path):
    """One that cannot be written to, one that may not be looked into, and one below such a one."""
    folder = tmp_path / "above" / "mine"
    folder.mkdir(parents=True)
    shut = folder.parent / closed
    shut.chmod(rights)
    try:
        done = subprocess.run(
            [*BOUND[: 3 * (os.geteuid() == 0)], sys.executable, "-c", notebooks.SETUP],
            cwd=folder, env=os.environ | {"COURSE_ARCHIVE": f"{served[0]}/course.zip"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        shut.chmod(0o755)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{served[0]}/course.zip did not arrive in {folder} (PermissionError")
    assert line.endswith("move the notebook to a folder of your own.")
    assert [*folder.iterdir()] == []


def test_a_stamped_cell_fetches_the_stamped_commit(colab, served, monkeypatch):
    monkeypatch.delenv("COURSE_ARCHIVE")
    commit = "0123abc" + 33 * "0"
    monkeypatch.setattr("tools.repository.SERVER", served[0])
    source = launch.stamped(notebooks.SETUP, Repository("owner", "course", commit))
    with pytest.raises(CellExecutionError, match="404"):
        colab(setup_notebook(source))
    assert served[1][-1] == f"/owner/course/archive/{commit}.zip"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A clone in `tmp_path` with one notebook, which `launch.main` would publish."""
    for name in ("local", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".gitignore").write_text("*\n!content/\n!content/*\n")
    (tmp_path / "content").mkdir()
    cells = [
        new_markdown_cell("# One\n{cite:t}`ioffe2015batch`"),
        new_code_cell(notebooks.SETUP, metadata={"tags": notebooks.SETUP_TAGS}),
        new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "content" / "one.ipynb")
    monkeypatch.setattr(execute, "MESSAGES", tmp_path / "_build" / "execute.log")
    monkeypatch.setattr(freshness, "stamp", lambda: "today")
    monkeypatch.setattr(cache, "CACHE", tmp_path / "_build" / "cache")
    for module in (execute, cache):
        monkeypatch.setattr(module, "paths", lambda: [tmp_path / "content" / "one.ipynb"])
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    monkeypatch.setattr(launch, "FOLDER", tmp_path / "_build" / "launch")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "remote", "add", "origin", "git@github.com:owner/course.git")


def test_published_notebooks_are_executed_and_stamped(published, tmp_path):
    execute.main()
    launch.main()
    notebook = nbformat.read(tmp_path / "_build/launch/content/one.ipynb", as_version=4)
    assert notebook.cells[0].source == "# One\nIoffe and Szegedy 2015"
    assert 'REPOSITORY = "https://github.com/owner/course"' in notebook.cells[1].source
    assert notebook.cells[1].source.startswith("#@title Set-up: run this first\n")
    assert notebook.cells[1].metadata.cellView == "form"
    assert f'COMMIT = "{git(tmp_path, "rev-parse", "HEAD")}"' in notebook.cells[1].source
    assert "image/png" in notebook.cells[2].outputs[0].data


def test_nothing_is_published_that_no_commit_holds(published, tmp_path):
    (tmp_path / "content" / "note.md").write_text("not committed")
    with pytest.raises(SystemExit, match="commit your changes"):
        launch.main()


def test_nothing_is_published_without_an_address(published, tmp_path):
    git(tmp_path, "remote", "remove", "origin")
    with pytest.raises(SystemExit, match="give this clone an `origin`"):
        launch.main()


def test_text_that_stands_alone_keeps_its_links_and_citations():
    home = Repository("owner", "course", "")
    on_colab = "https://colab.research.google.com/github/owner/course/blob/launch/content"
    text = "[2](02-a.ipynb#x) [n](notation.md) {cite:p}`a,b` {cite:t}`a` [out](https://x.org/a.md)"
    assert launch.standing_alone(text, home, {"a": "One 1999", "b": "Two et al. 2000"}) == (
        f"[2]({on_colab}/02-a.ipynb#x) "
        "[n](https://owner.github.io/course/notation.html) "
        "(One 1999; Two et al. 2000) One 1999 [out](https://x.org/a.md)"
    )


def test_links_of_an_assignment_start_from_its_folder():
    home = Repository("owner", "course", "")
    text = "[4](../04-a.ipynb) [next](b.ipynb) [n](../notation.md#x)"
    assert launch.standing_alone(text, home, {}, "content/assignments") == (
        "[4](https://colab.research.google.com/github/owner/course/blob/launch/content/04-a.ipynb) "
        "[next](https://colab.research.google.com/github/owner/course/blob/launch/"
        "content/assignments/b.ipynb) [n](https://owner.github.io/course/notation.html#x)"
    )


def test_a_student_gets_an_assignment_without_its_solutions():
    notebook = nbformat.read(ROOT / "content/assignments/layer.ipynb", as_version=4)
    launch.student_copy(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "SOLUTION" not in text
    assert text.count("not filled in yet") == 4  # build, call, get_config, as_line
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_a_chapter_is_not_changed_into_an_assignment():
    (path, *_) = notebooks.paths()
    notebook, before = (nbformat.read(path, as_version=4) for _ in range(2))
    launch.student_copy(notebook)
    assert notebook == before
