"""What a machine can refuse, refused for real: each fault is one line, and can be run again."""

import errno
import itertools
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from tests import small_course
from tests.commands import PLAIN, interrupted, needs_mounts, only_line, run
from tools import faults
from tools.browser import ON_MACOS
from tools.cache import opened
from tools.files import ROOT

INTERRUPTED = "Interrupted: what is done is kept. Run this again."


@pytest.fixture
def course(tmp_path):
    """The tools, the Makefile and two notebooks, with nothing that leads into the real tree."""
    names = *small_course.TOOLS, "Makefile", "package-lock.json"
    folder = small_course.copy(tmp_path / "course", *names)
    small_course.write_module(folder, "data", small_course.DATA)
    for name in "one", "two":
        small_course.write_notebook(folder, name, "1")
    return folder


def chained(*errors):
    """The first of `errors`, whose cause is the second, and so on."""
    for error, cause in itertools.pairwise(errors):
        error.__cause__ = cause
    return errors[0]


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (OSError(errno.ENOSPC, "full", "a.html"), "a.html: the disk is full. Make room"),
        (OSError(errno.ENOSPC, "full"), "Writing failed: the disk is full"),
        (OSError(errno.EROFS, "read-only", "a.tmp", None, "a.html"), "a.html: the disk can only"),
        (PermissionError(errno.EACCES, "no", "a.html"), "a.html: you may not write or read this"),
        (sqlite3.OperationalError("database or disk is full"), "cache of notebooks: the disk is"),
        (chained(KeyError(), ValueError(), OSError(errno.EDQUOT, "quota")), "your share of the"),
    ],
)
def test_what_the_machine_refuses_is_named_with_the_advice_to_run_it_again(error, named):
    ended = pytest.raises(SystemExit, match=f"{named}.* and run this again")
    with ended as caught, faults.in_one_line():
        raise error
    assert isinstance(caught.value.code, str)  # so the exit code is 1


@pytest.mark.parametrize("error", [KeyError("a"), FileNotFoundError(errno.ENOENT, "", "a")])
def test_any_other_error_passes_through(error):
    with pytest.raises(type(error)) as passed, faults.in_one_line():
        raise error
    assert passed.value is error


@needs_mounts
def test_a_disk_that_is_nearly_full_is_named_before_anything_is_made(course):
    fill = 'cp -a . ../kept && mount -t tmpfs -o size=20m none . && cd "$PWD" && cp -a ../kept/. .'
    code, lines = run(course, "make", "book", after=fill)
    assert code != 0
    line = only_line(lines)
    assert f"The disk that holds {course} has " in line
    assert line.endswith(" MB: make room and run it again.")


@needs_mounts
@pytest.mark.parametrize(
    ("module", "size", "link"),
    [("tools.archive", "64k", "ln -s ../site _build/html"), ("tools.execute", "16k", "true")],
)
def test_a_disk_that_fills_up_ends_a_tool_with_one_line(module, size, link, course):
    (course / "_build").mkdir()
    (course / "site").mkdir()
    (course / "site" / "index.html").write_bytes(os.urandom(100_000))
    fill = f"mount -t tmpfs -o size={size} none _build && {link}"
    code, lines = run(course, sys.executable, "-m", module, after=fill)
    assert code == 1
    assert only_line(lines).endswith(": the disk is full. Make room and run this again.")


@needs_mounts
def test_a_gradebook_that_can_only_be_read_is_named(tmp_path):
    only_read = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path}"
    export = [sys.executable, "-m", "grading", "--book", tmp_path, "export"]
    code, lines = run(ROOT, *export, after=only_read)
    assert code == 1
    assert "the disk can only be read" in only_line(lines)


@needs_mounts
def test_a_tree_that_can_only_be_read_is_named(course):
    (course / "_build").mkdir()
    only_read = "mount --bind . . && mount -o remount,ro,bind ."
    code, lines = run(course, "make", "book", after=only_read)
    assert code != 0
    assert only_line(lines) == (
        f"Nothing can be written into {course}/_build: copy the course to a folder of your own."
    )


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root on Linux")
def test_a_tree_of_another_user_is_named(course):
    for folder in course, *course.parents:
        if folder.name.startswith(("pytest-", "test_")):
            folder.chmod(0o755)
    (course / "_build").mkdir()
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    code, lines = run(course, *nobody, "make", "book")
    assert code != 0
    assert only_line(lines).startswith("Nothing can be written into ")


def test_a_missing_git_is_named(course, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in "sh", "make", "mkdir", "df", "sed":
        (programs / name).symlink_to(shutil.which(name))
    code, lines = run(course, "make", "book", PATH=str(programs))
    assert code != 0
    assert only_line(lines).startswith("The course needs git (")


def test_without_a_network_the_set_up_says_so_and_can_be_run_again(tmp_path):
    small_course.copy(tmp_path, "tools/environment.sh", "requirements.lock")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    nowhere |= {"PIP_CONFIG_FILE": os.devnull, "PYTHON": sys.executable}
    for _ in range(2):
        code, lines = run(tmp_path, "sh", "tools/environment.sh", **nowhere)
        assert code != 0
        line = only_line(lines)
        assert line.startswith("The packages did not arrive (the last words of .venv/messages: ")
        assert line.endswith(". Is there a network, and room? Then run this again.")
        assert not (tmp_path / ".venv" / "ready").exists()


def test_a_python_that_cannot_make_environments_is_named(tmp_path):
    lacking = tmp_path / "python3"
    lacking.write_text("#!/bin/sh\ncase $1 in -c) ;; -V) echo Python 3.12.1 ;; *) exit 1 ;; esac\n")
    lacking.chmod(0o755)
    small_course.copy(tmp_path, "tools/environment.sh")
    code, lines = run(tmp_path, "sh", "tools/environment.sh", PYTHON=str(lacking))
    assert code == 1
    assert only_line(lines).startswith("This Python cannot make environments (")
    assert not (tmp_path / ".venv" / "ready").exists()


def test_an_interrupted_execution_stops_at_once_and_what_is_done_is_stored(course):
    small_course.write_notebook(course, "two", "import time\ntime.sleep(100)")
    code, lines = interrupted(course, sys.executable, "-m", "tools.execute", at=b"1/2", **PLAIN)
    assert code == 130
    assert lines[-1] == INTERRUPTED
    assert not any("Traceback" in line for line in lines)
    with opened(course / "_build" / ".jupyter_cache") as cache:
        assert [Path(record.uri).stem for record in cache.list_cache_records()] == ["one"]


def test_an_interruption_while_workers_start_is_one_line(course):
    command = [sys.executable, "-m", "tools.execute"]
    code, lines = interrupted(course, *command, at=b"Executing", **PLAIN)
    assert code == 130
    assert lines[-1] == INTERRUPTED
    assert not any("Traceback" in line for line in lines)


def test_an_interruption_ends_a_worker_that_does_not_react_to_it(course):
    waits = "while not pathlib.Path('stopped').exists():\n    time.sleep(0.1)"
    small_course.write_notebook(course, "one", f"import pathlib, time\n{waits}")
    stops = "import os, pathlib, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)"
    small_course.write_notebook(
        course, "two", f"{stops}\npathlib.Path('stopped').touch()\ntime.sleep(100)"
    )
    _, lines = interrupted(course, sys.executable, "-m", "tools.execute", at=b"1/2", **PLAIN)
    assert lines[-1] == INTERRUPTED


def test_an_interrupted_bench_says_so():
    command = [sys.executable, "-m", "benchmarks", "mosaic"]
    code, lines = interrupted(ROOT, *command, at=b"mosaic", **PLAIN)
    assert code == 130
    assert lines[-1] == INTERRUPTED
    assert not any("Traceback" in line for line in lines)


@pytest.mark.skipif(Path(ON_MACOS).exists(), reason="this Mac has Chrome where every Mac has it")
def test_a_machine_without_any_browser_gets_one_line(course, tmp_path):
    """For real: no browser on the path, and none to be fetched."""
    none = {"PATH": str(tmp_path / "empty"), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "none")}
    none["PLAYWRIGHT_DOWNLOAD_HOST"] = "http://127.0.0.1:9"
    code, lines = run(course, sys.executable, "-m", "tools.browser", **none)
    assert code == 1
    assert "install Chromium or Chrome" in only_line(lines)
