"""The sandbox: it holds, it is proved each time, and where there is none nothing is graded."""

import json
import os
import shutil
import time
from textwrap import indent

import numpy as np
import psutil
import pytest

from grading import marks
from grading.__main__ import main
from grading.grader import Grader, Settings
from grading.sandbox import forkserver, modes
from grading.sandbox.inside import confine
from grading.sandbox.serverprocess import ServerError
from grading.sandbox.session import EndedError
from tests import submissions
from tests.grading_batches import LIMITS, only_linux

pytestmark = only_linux
HERE = [mode for mode in modes.MODES[:2] if modes.missing(mode) is None]
PROBES = """
def probe(name, written, case, ask):
    return written(case)
"""


COMMON = "import numpy as np\nseven = np.full(2, 7)"


@pytest.fixture(scope="module", params=HERE)
def server(request):
    try:
        server = forkserver.ForkServer(request.param, ("numpy",), PROBES, LIMITS, [COMMON])
    except ServerError as error:
        pytest.skip(f"{request.param} is installed and does not work here: {error}")
    yield server
    server.close()


def ask(server, *cells, case=None):
    """What a submission's function `f` answers."""
    with server.session() as session:
        session.send_cells(cells)
        reply, _ = session.ask({"kind": "define", "name": "f", "cells": []})
        assert reply["kind"] == "defined", reply
        return session.ask({"kind": "probe", "probe": "call", "values": {}}, case or {})


def test_there_is_a_sandbox_where_the_tests_run():
    assert forkserver.choose() in HERE


def test_arrays_go_in_and_come_out(server):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    reply, out = ask(server, "def f(case): return {'y': case['x'].T}", case={"x": x})
    assert reply == {"kind": "outputs"}
    np.testing.assert_array_equal(out["y"], x.T)


@pytest.mark.parametrize("cells", [(COMMON, ""), ("", COMMON), ("", COMMON + "  # mine")])
def test_a_cell_that_was_analysed_beforehand_counts_wherever_it_stands(server, cells):
    reply, out = ask(server, *cells, "def f(case): return {'y': seven}")
    assert reply == {"kind": "outputs"}
    np.testing.assert_array_equal(out["y"], [7, 7])


def test_a_common_cell_that_was_changed_is_not_taken_for_it(server):
    _, out = ask(server, COMMON.replace("7", "8"), "def f(case): return {'y': seven}")
    np.testing.assert_array_equal(out["y"], [8, 8])


def test_what_is_drawn_without_a_seed_is_the_same_every_time(server):
    cell = """
import random, numpy as np
def f(case): return {"drawn": np.array([random.random(), np.random.random()])}
"""
    (_, first), (_, second) = ask(server, cell), ask(server, cell)
    np.testing.assert_array_equal(first["drawn"], second["drawn"])


def test_rights_of_files_are_nothing_that_a_submission_changes(server):
    cell = """
import os, numpy as np
def f(case):
    open("mine", "w").close()
    os.chmod("mine", 0o777)
    return {"rights": np.array(os.stat("mine").st_mode & 0o777)}
"""
    _, out = ask(server, cell)
    assert out["rights"] == 0o600


ESCAPES = [
    name
    for name in submissions.HOSTILE
    if not any(word in name for word in ("bomb", "loop", "sleep", "never ends", "catches"))
    and "ignores" not in name
]


@pytest.mark.parametrize("mode", HERE)
def test_each_kind_of_sandbox_holds(mode):
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        for name in ESCAPES:
            entry = submissions.CORPUS[name]
            given, _ = grader.grade(submissions.SLUG, entry.data())
            mark = next(mark for mark in given if mark.question == entry.target)
            assert (mark.points == mark.out_of) == (entry.other == submissions.FULL), (name, mark)
            assert "AssertionError" not in mark.why, (name, mark)


@pytest.mark.parametrize("mode", HERE)
def test_a_keras_layer_runs_in_each_kind(mode):
    with Grader(Settings(mode, 7)) as grader:
        given, _ = grader.grade("layer", json.dumps(submissions.solved("layer")).encode())
    assert [mark.points for mark in given] == [mark.out_of for mark in given]


def test_a_sandbox_in_which_keras_does_not_run_costs_no_marks(monkeypatch):
    monkeypatch.setattr("grading.sandbox.serverpool.STARTS", 2)  # the third would end like these
    tight = modes.Limits(memory=1 << 30)  # too little for TensorFlow
    with Grader(Settings(HERE[0], 7, tight)) as grader:
        given, _ = grader.grade("layer", json.dumps(submissions.solved("layer")).encode())
    assert {(mark.points, mark.state) for mark in given} == {(None, marks.LATER)}
    assert "does not run" in given[0].why


def test_a_submission_is_an_ordinary_user_with_nothing_but_its_folder(server):
    source = """
def f(case):
    import os
    facts = [os.getuid() > 0, os.getcwd() == os.environ['HOME'], os.listdir('.') == []]
    open('mine', 'w').write('here')
    return {'facts': __import__('numpy').array([*facts, os.path.exists('mine')])}
"""
    for _ in range(2):  # the second finds nothing of the first
        _, out = ask(server, source)
        assert out["facts"].all()


def test_the_grader_names_how_a_process_came_to_its_end(server):
    for body, how, code in [
        ("while True: pass", "time", None),
        ("__import__('time').sleep(10**6)", "idle", None),
        ("__import__('os')._exit(3)", "ended", 3),
        ("__import__('ctypes').string_at(0)", "ended", -11),
    ]:
        with pytest.raises(EndedError) as ended:
            ask(
                server,
                f"def f(case): {body}\n" if "while" not in body else f"def f(case):\n {body}",
            )
        assert ended.value.how == how
        assert code is None or ended.value.code == code


def test_a_grader_that_stood_still_blames_nobody(server):
    with server.session() as session:
        session.send_cells(["def f(case):\n    return {'one': 1}"])
        session.restart_clock()
        session.ask({"kind": "define", "name": "f", "cells": []})
        time.sleep(LIMITS.idle + 1)  # as after Ctrl-Z
        reply, _ = session.ask({"kind": "probe", "probe": "call", "values": {}})
    assert reply["kind"] == "outputs"


def test_who_computes_a_little_now_and_then_is_stopped_by_the_clock(server):
    idler = """
def f(case):
    import time
    while True:
        started = time.process_time()
        while time.process_time() < started + 0.01:
            pass
        time.sleep(0.3)
"""
    started = time.monotonic()
    with pytest.raises(EndedError, match="time limit"):
        ask(server, idler)
    assert time.monotonic() - started < 3 * LIMITS.seconds + 4


ABOUT = """
import os, pathlib, numpy
def f(case):
    told = 0
    for look in (os.stat, os.lstat, os.path.getsize, os.path.getmtime,
                 lambda path: pathlib.Path(path).stat(),
                 lambda path: os.fstat(os.open(path, os.O_PATH)),
                 lambda path: [e.stat() for e in os.scandir(os.path.dirname(path))
                               if e.name == os.path.basename(path)][0]):
        try:
            look(%r)
        except (OSError, IndexError):
            continue
        told += 1
    open("mine", "w").write("abc")
    sizes = os.stat("mine").st_size, os.path.getsize("mine"), len(os.listdir("."))
    return {"told": numpy.array([told, *sizes])}
"""


def test_files_outside_have_neither_size_nor_time(server, tmp_path):
    outside = tmp_path / "seed"
    outside.write_text("7")
    _, out = ask(server, ABOUT % str(outside))
    np.testing.assert_array_equal(out["told"], [0, 3, 3, 1])


FORGED = """
import json, os, struct
for n in range(3, 99):
    h = json.dumps({"kind": KIND, "arrays": []}).encode()
    try: os.write(n, struct.pack("<I", len(h)) + h)
    except OSError: pass
"""


@pytest.mark.parametrize("mode", HERE)
@pytest.mark.parametrize("kind", ["outputs", "ask", "defined", "error"])
def test_what_one_question_forges_costs_no_other(mode, kind):
    body = FORGED.replace("KIND", repr(kind)) + "return right(x)"
    own = submissions.cell_of(submissions.solved(), "mean_and_variance")["source"]
    forging = "".join(own).replace("mean_and_variance", "right")
    forging += f"\ndef mean_and_variance(x):\n{indent(body, '    ')}"
    entry = submissions.Entry(
        replaced={
            "mean_and_variance": forging,
            "batch_norm_forward": submissions.FORWARD.format(
                axes=submissions.AXES,
                keepdims="",
                ddof="",
                epsilon=" + epsilon",
                result=submissions.RESULT,
            ),
        }
    )
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        given, _ = grader.grade(submissions.SLUG, entry.data())
    assert [mark.points for mark in given[1:]] == [mark.out_of for mark in given[1:]]


def test_a_proof_that_raises_without_a_word_is_no_proof(server):
    assert server.failure("def mute():\n    raise MemoryError\nproof = mute()")


def test_a_sandbox_that_leaks_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(modes, "SCRATCH", str(tmp_path))
    monkeypatch.setattr(modes, "command", lambda mode, command=modes.command: command("trusted"))
    monkeypatch.setattr(confine, "landlock", None)
    with pytest.raises(modes.SandboxError, match="can read the system's users"):
        forkserver.ForkServer("bubblewrap", ("numpy",), PROBES, LIMITS)


# --- Where there is none -------------------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch):
    """A machine without bubblewrap and without Landlock."""
    there = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else there(name))
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)


def test_without_any_nothing_is_graded_and_what_is_missing_is_named(bare, tmp_path, capsys):
    submissions.write(tmp_path / "handed-in", ["right"])
    book = tmp_path / "gradebook"
    assert main(["--book", str(book), "grade", str(tmp_path / "handed-in")]) == 2
    said = capsys.readouterr().err
    assert "apt-get install bubblewrap" in said and "Landlock 3" in said and "--trusted" in said
    assert not (book / "grades.csv").exists() and not (book / "results").exists()


def test_trusted_goes_on_knowingly_and_still_bounds_time(bare, tmp_path):
    with Grader(Settings("trusted", 7, LIMITS)) as grader:
        for name in ("right", "endless loop", "os._exit", "memory bomb"):
            given, _ = grader.grade(submissions.SLUG, submissions.CORPUS[name].data())
            lost = 0 if name == "right" else 4
            assert sum(mark.points for mark in given) == 20 - lost, name
            assert {mark.state for mark in given} == {marks.GRADED}


@pytest.mark.parametrize("error", [ImportError("pyseccomp"), RuntimeError("libseccomp")])
def test_what_seccomp_lacks_is_named(monkeypatch, error):
    def fails():
        raise error

    monkeypatch.setattr(modes.systemcalls, "program", fails)
    assert all(str(error) in modes.missing(mode) for mode in modes.MODES[:2])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_root_a_submission_is_somebody_else_even_if_trusted(tmp_path):
    server = forkserver.ForkServer("trusted", ("numpy",), PROBES, LIMITS)
    _, out = ask(server, "import os, numpy\ndef f(case): return {'u': numpy.array(os.getuid())}")
    server.close()
    assert out["u"] >= 60000


def test_what_a_trusted_submission_started_ends_with_it():
    cell = """
import os, time, numpy
def f(case):
    child = os.fork()
    if not child:
        time.sleep(60)
    return {"child": numpy.array(child)}
"""
    server = forkserver.ForkServer("trusted", ("numpy",), PROBES, LIMITS)
    _, out = ask(server, cell)
    psutil.wait_procs(found := [p for p in psutil.process_iter() if p.pid == out["child"]], 5)
    server.close()
    assert not any(process.is_running() for process in found)
