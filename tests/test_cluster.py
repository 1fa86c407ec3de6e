"""Dask is installed for whoever asks for it; where it is missing, one line says how to get it."""

import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from grading import batch
from grading.__main__ import main
from local.ensembles.cluster import DaskMissingError
from local.ensembles.mlp import MLP
from local.ensembles.sweeps import sweep
from tools.notebooks import ROOT


@pytest.fixture(params=["dask", "distributed"])
def missing(request, monkeypatch):
    """The name of a package that is not installed."""
    monkeypatch.setitem(sys.modules, request.param, None)
    return request.param


def assert_says_what_to_do(text, missing):
    (line,) = text.splitlines()
    assert f"package {missing}," in line
    assert "`make cluster`" in line
    assert "`pip install -r requirements-cluster.lock`" in line


def test_without_dask_a_sweep_with_a_client_says_what_to_do(missing):
    client = SimpleNamespace(nthreads=dict)
    x, y = np.zeros((8, 2)), np.arange(8) % 2
    with pytest.raises(DaskMissingError) as error:
        sweep(MLP(), x, y, learning_rates=[0.1], batch_size=4, client=client)
    assert isinstance(error.value, ImportError)
    assert_says_what_to_do(str(error.value), missing)


def test_without_dask_the_grading_with_a_scheduler_says_what_to_do(missing, tmp_path, capsys):
    scheduler = "tcp://127.0.0.1:1"
    with pytest.raises(DaskMissingError), batch.workers(scheduler=scheduler):
        pass
    folder = str(tmp_path / "submitted")
    (tmp_path / "submitted").mkdir()
    book = ["--book", str(tmp_path / "book")]
    assert main([*book, "grade", folder, "--scheduler", scheduler]) == 2
    assert_says_what_to_do(capsys.readouterr().err, missing)


def test_without_dask_everything_can_be_imported():
    absent = "import sys; sys.modules |= {'dask': None, 'distributed': None}"
    code = f"{absent}; import local.ensembles.sweeps, grading.__main__"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def pins(name):
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / name).read_text()))


def test_the_pins_of_the_extra_agree_with_everybodys():
    everybody, extra = pins("requirements.lock"), pins("requirements-cluster.lock")
    assert {"dask", "distributed"} <= extra.keys() - everybody.keys()
    shared = extra.keys() & everybody.keys()
    assert shared
    assert {name: extra[name] for name in shared} == {name: everybody[name] for name in shared}


@pytest.fixture
def course(tmp_path):
    """A course whose environment is made, with a `uv` that notes what it is asked for."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("*.pyc"))
    for name in "Makefile", "requirements.lock", "requirements-cluster.lock", "package-lock.json":
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    uv = tmp_path / ".venv" / "bin" / "uv"
    uv.write_text('#!/bin/sh\necho "$@" >>asked\n[ ! -e offline ] || ! echo no way >&2\n')
    uv.chmod(0o755)
    (tmp_path / ".venv" / "ready").touch()
    return tmp_path


def make(course, *arguments):
    """What `make` says, in lines: on standard output, and on standard error but for itself."""
    environment = {**os.environ, "MAKEFLAGS": ""}  # `make test` leaves its own
    done = subprocess.run(
        ["make", *arguments], cwd=course, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if not line.startswith(("make:", "make["))]
    return done.stdout.splitlines(), said


def requests(course):
    """How often `uv` was asked until now."""
    return len((course / "asked").read_text().splitlines())


def test_make_adds_the_extra_once_and_again_when_its_lock_changes(course):
    for _ in range(2):
        _, said = make(course, "cluster")
        assert said == []
        assert requests(course) == 1
    assert "-r requirements-cluster.lock" in (course / "asked").read_text()
    (course / "requirements-cluster.lock").touch()
    make(course, "cluster")
    assert requests(course) == 2


def test_without_a_network_the_extra_says_so_and_begins_again(course):
    (course / "offline").touch()
    for attempt in 1, 2:
        _, (line,) = make(course, "cluster")
        assert line.startswith("Dask did not arrive (the last words of .venv/messages: no way).")
        assert requests(course) == attempt
        assert not (course / ".venv" / "cluster-ready").exists()


def test_the_tests_bring_the_extra_themselves(course):
    commands, _ = make(course, "--dry-run", "test")
    assert "tools/cluster.sh" in commands
