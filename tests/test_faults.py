"""What a machine can refuse, refused for real: each fault says one line and can be run again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.interrupting import interrupted
from tools.browser import ON_MACOS
from tools.cache import opened
from tools.notebooks import ROOT

DATA = "import numpy\nload_mini_cifar = lambda: [numpy.zeros(3)]\n"
"""A data set that is loaded in no time."""

SMALL = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MINI_CIFAR": "textures"}


def can_mount():
    if not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(
    not can_mount(), reason="only root on Linux can mount a small or a read-only disk"
)


@pytest.fixture
def course(tmp_path):
    """The tools, the Makefile and two notebooks, with nothing that leads into the real tree."""
    folder = tmp_path / "course"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in "Makefile", "requirements.lock", "package-lock.json":
        shutil.copy(ROOT / name, folder)
    (folder / "local").mkdir()
    (folder / "local" / "data.py").write_text(DATA)
    (folder / "content").mkdir()
    for name in "one", "two":
        write(folder, name, "1")
    return folder


def write(folder, name, source):
    notebook = new_notebook(cells=[new_code_cell(source)])
    nbformat.write(notebook, folder / "content" / f"{name}.ipynb")


def run(folder, *command, after=None, **environment):
    """Run a command in `folder`; `after` holds shell commands that mount what it will meet.

    Returns its exit code and the lines on its standard error.
    """
    if after:
        script = f'cd "$1" && {after} && cd "$1" && shift && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", str(folder), *command]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **SMALL, **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stderr.strip().splitlines()


def only_line(said):
    """The one line that was said, but for what `make` says of itself."""
    (line,) = [line for line in said if not line.startswith(("make:", "make["))]
    return line


@needs_mounts
def test_a_disk_that_is_nearly_full_is_named_before_anything_is_made(course):
    fill = 'cp -a . ../kept && mount -t tmpfs -o size=20m none . && cd "$PWD" && cp -a ../kept/. .'
    code, said = run(course, "make", "book", after=fill)
    assert code != 0
    line = only_line(said)
    assert f"The disk that holds {course} has " in line
    assert line.endswith(" MB: make room and run it again.")


@needs_mounts
def test_a_disk_that_fills_up_ends_a_tool_with_one_line(course):
    (course / "_build").mkdir()
    (course / "site").mkdir()
    (course / "site" / "index.html").write_bytes(os.urandom(100_000))
    fill = "mount -t tmpfs -o size=64k none _build && ln -s ../site _build/html"
    code, said = run(course, sys.executable, "-m", "tools.archive", after=fill)
    assert code == 1
    assert only_line(said).endswith(": the disk is full. Make room and run this again.")


@needs_mounts
def test_a_full_disk_stops_the_notebooks_with_one_line(course):
    (course / "_build").mkdir()
    fill = "mount -t tmpfs -o size=16k none _build"
    code, said = run(course, sys.executable, "-m", "tools.execute", after=fill)
    assert code == 1
    assert only_line(said).endswith(": the disk is full. Make room and run this again.")


@needs_mounts
def test_a_gradebook_that_can_only_be_read_is_named(tmp_path):
    only_read = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path}"
    export = [sys.executable, "-m", "grading", "--book", tmp_path, "export"]
    code, said = run(ROOT, *export, after=only_read)
    assert code == 1
    assert "the disk can only be read" in only_line(said)


@needs_mounts
def test_a_tree_that_can_only_be_read_is_named(course):
    (course / "_build").mkdir()
    only_read = "mount --bind . . && mount -o remount,ro,bind ."
    code, said = run(course, "make", "book", after=only_read)
    assert code != 0
    assert only_line(said) == (
        f"Nothing can be written into {course}/_build: copy the course to a folder of your own."
    )


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root on Linux")
def test_a_tree_of_another_user_is_named(course):
    for folder in course, *course.parents:
        if folder.name.startswith(("pytest-", "test_")):
            folder.chmod(0o755)
    (course / "_build").mkdir()
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    code, said = run(course, *nobody, "make", "book")
    assert code != 0
    assert only_line(said).startswith("Nothing can be written into ")


def test_a_missing_git_is_named(course, tmp_path):
    there = tmp_path / "bin"
    there.mkdir()
    for name in "sh", "make", "mkdir", "df", "sed":
        (there / name).symlink_to(shutil.which(name))
    code, said = run(course, "make", "book", PATH=str(there))
    assert code != 0
    assert only_line(said).startswith("The course needs git (")


def test_without_a_network_the_set_up_says_so_and_begins_again(tmp_path):
    (tmp_path / "tools").mkdir()
    for name in "tools/environment.sh", "requirements.lock":
        shutil.copy(ROOT / name, tmp_path / name)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    nowhere |= {"PIP_CONFIG_FILE": os.devnull, "PYTHON": sys.executable}
    for _ in range(2):
        code, said = run(tmp_path, "sh", "tools/environment.sh", **nowhere)
        assert code != 0
        line = only_line(said)
        assert line.startswith("The packages did not arrive (the last words of .venv/messages: ")
        assert line.endswith(". Is there a network, and room? Then run this again.")
        assert not (tmp_path / ".venv" / "ready").exists()


def test_a_python_that_cannot_make_environments_is_named(tmp_path):
    lacking = tmp_path / "python3"
    lacking.write_text("#!/bin/sh\ncase $1 in -c) ;; -V) echo Python 3.12.1 ;; *) exit 1 ;; esac\n")
    lacking.chmod(0o755)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "environment.sh", tmp_path / "tools")
    code, said = run(tmp_path, "sh", "tools/environment.sh", PYTHON=str(lacking))
    assert code == 1
    assert only_line(said).startswith("This Python cannot make environments (")
    assert not (tmp_path / ".venv" / "ready").exists()


def test_an_interrupted_execution_stops_at_once_and_keeps_what_is_done(course):
    write(course, "two", "import time\ntime.sleep(100)")
    said = interrupted(course, sys.executable, "-m", "tools.execute", at=b"1/2", **SMALL)
    assert said[-1] == "Interrupted: what is done is kept. Run this again."
    assert not any("Traceback" in line for line in said)
    with opened(course / "_build" / ".jupyter_cache") as cache:
        assert [Path(record.uri).stem for record in cache.list_cache_records()] == ["one"]


def test_an_interruption_ends_a_worker_that_does_not_heed_it(course):
    first = "import pathlib, time\nwhile not pathlib.Path('stopped').exists():\n    time.sleep(0.1)"
    stops = "import os, pathlib, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)"
    write(course, "one", first)
    write(course, "two", f"{stops}\npathlib.Path('stopped').touch()\ntime.sleep(100)")
    said = interrupted(course, sys.executable, "-m", "tools.execute", at=b"1/2", **SMALL)
    assert said[-1] == "Interrupted: what is done is kept. Run this again."


def test_an_interrupted_bench_says_so():
    said = interrupted(ROOT, sys.executable, "-m", "benchmarks", "mosaic", at=b"mosaic", **SMALL)
    assert said[-1] == "Interrupted: what is done is kept. Run this again."
    assert not any("Traceback" in line for line in said)


@pytest.mark.skipif(Path(ON_MACOS).exists(), reason="this Mac has Chrome where every Mac has it")
def test_a_machine_without_any_browser_gets_one_line(course, tmp_path):
    """For real: no browser on the path, and none to be fetched."""
    none = {"PATH": str(tmp_path / "empty"), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none")}
    none["PLAYWRIGHT_DOWNLOAD_HOST"] = "http://127.0.0.1:9"
    code, said = run(course, sys.executable, "-m", "tools.browser", **none)
    assert code == 1
    assert "install Chromium or Chrome" in only_line(said)
