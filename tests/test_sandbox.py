"""The sandbox: it holds, it is proved each time, and where there is none nothing is graded."""

import contextlib
import json
import os
import shutil
import sys
import time

import numpy as np
import psutil
import pytest
import submissions as made
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grading import marks
from grading.__main__ import main
from grading.grader import Grader, Settings
from grading.sandbox import forkserver, modes
from grading.sandbox.inside import confine, messages, sources
from grading.sandbox.session import Stopped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the sandboxes")
LIMITS = modes.Limits(seconds=2, idle=3, memory=1 << 30)
HERE = [mode for mode in modes.MODES[:2] if modes.missing(mode) is None]
PROBES = """
def call(written, case, ask):
    return written(case)
"""


GIVEN = "import numpy as np\nseven = np.full(2, 7)"


@pytest.fixture(scope="module", params=HERE)
def server(request):
    try:
        server = forkserver.ForkServer(request.param, ("numpy",), PROBES, LIMITS, [GIVEN])
    except forkserver.Lost as lost:
        pytest.skip(f"{request.param} is installed and does not work here: {lost}")
    yield server
    server.close()


def ask(server, *cells, case=None):
    """What a submission's function `f` answers."""
    with server.session() as session:
        session.tell(cells)
        told, _ = session.ask({"kind": "define", "name": "f", "homes": []})
        assert told["kind"] == "defined", told
        return session.ask({"kind": "probe", "probe": "call", "values": {}}, case or {})


def test_there_is_a_sandbox_where_the_tests_run():
    assert forkserver.choose() in HERE


def test_arrays_go_in_and_come_out(server):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    told, out = ask(server, "def f(case): return {'y': case['x'].T}", case={"x": x})
    assert told == {"kind": "outputs"}
    np.testing.assert_array_equal(out["y"], x.T)


@pytest.mark.parametrize("cells", [(GIVEN, ""), ("", GIVEN), ("", GIVEN + "  # mine")])
def test_a_cell_that_was_analysed_beforehand_counts_wherever_it_stands(server, cells):
    told, out = ask(server, *cells, "def f(case): return {'y': seven}")
    assert told == {"kind": "outputs"}
    np.testing.assert_array_equal(out["y"], [7, 7])


def test_a_given_cell_that_was_changed_is_not_taken_for_it(server):
    _, out = ask(server, GIVEN.replace("7", "8"), "def f(case): return {'y': seven}")
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
    for name in made.HOSTILE
    if not any(word in name for word in ("bomb", "loop", "sleep", "never ends", "catches"))
    and "ignores" not in name
]


@pytest.mark.parametrize("mode", HERE)
def test_each_kind_of_sandbox_holds(mode):
    with Grader(Settings(mode, 7, LIMITS)) as grader:
        for name in ESCAPES:
            entry = made.CORPUS[name]
            given, _ = grader.grade(made.SLUG, entry.data())
            mark = next(mark for mark in given if mark.question == entry.target)
            assert (mark.points == mark.out_of) == (entry.other == made.FULL), (name, mark)
            assert "AssertionError" not in mark.why, (name, mark)


@pytest.mark.parametrize("mode", HERE)
def test_a_keras_layer_runs_in_each_kind(mode):
    with Grader(Settings(mode, 7)) as grader:
        given, _ = grader.grade("layer", json.dumps(made.solved("layer")).encode())
    assert [mark.points for mark in given] == [mark.out_of for mark in given]


def test_a_sandbox_in_which_keras_does_not_run_costs_no_marks(monkeypatch):
    monkeypatch.setattr("grading.grader.STARTS", 2)  # the third would end like these
    tight = modes.Limits(memory=1 << 30)  # too little for TensorFlow
    with Grader(Settings(HERE[0], 7, tight)) as grader:
        given, _ = grader.grade("layer", json.dumps(made.solved("layer")).encode())
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
        with pytest.raises(Stopped) as stopped:
            ask(
                server,
                f"def f(case): {body}\n" if "while" not in body else f"def f(case):\n {body}",
            )
        assert stopped.value.how == how
        assert code is None or stopped.value.code == code


def test_a_grader_that_stood_still_blames_nobody(server):
    with server.session() as session:
        session.tell(["def f(case):\n    return {'one': 1}"])
        session.restart_clock()
        session.ask({"kind": "define", "name": "f", "homes": []})
        time.sleep(LIMITS.idle + 1)  # as after Ctrl-Z
        told, _ = session.ask({"kind": "probe", "probe": "call", "values": {}})
    assert told["kind"] == "outputs"


def test_a_proof_that_raises_without_a_word_is_no_proof(server):
    assert server._hindrance("def mute():\n    raise MemoryError\nproof = mute()")


def test_a_sandbox_that_leaks_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(modes, "SCRATCH", str(tmp_path))
    monkeypatch.setattr(modes, "command", lambda mode, told=modes.command: told("trusted"))
    monkeypatch.setattr(confine, "landlock", None)
    with pytest.raises(modes.Refusal, match="can read the system's users"):
        forkserver.ForkServer("bubblewrap", ("numpy",), PROBES, LIMITS)


# --- Where there is none -------------------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch):
    """A machine without bubblewrap and without Landlock."""
    there = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else there(name))
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)


def test_without_any_nothing_is_graded_and_what_is_missing_is_named(bare, tmp_path, capsys):
    made.write(tmp_path / "handed-in", ["right"])
    book = tmp_path / "gradebook"
    assert main(["--book", str(book), "grade", str(tmp_path / "handed-in")]) == 2
    told = capsys.readouterr().err
    assert "apt-get install bubblewrap" in told and "Landlock 3" in told and "--trusted" in told
    assert not (book / "grades.csv").exists() and not (book / "results").exists()


def test_trusted_goes_on_knowingly_and_still_bounds_time(bare, tmp_path):
    with Grader(Settings("trusted", 7, LIMITS)) as grader:
        for name in ("right", "endless loop", "os._exit", "memory bomb"):
            given, _ = grader.grade(made.SLUG, made.CORPUS[name].data())
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


# --- Messages ------------------------------------------------------------------------------------


def reader(data):
    def read(n):
        nonlocal data
        if n > len(data):
            raise EOFError
        part, data = data[:n], data[n:]
        return part

    return read


NUMBERS = arrays.arrays(
    st.one_of(
        arrays.integer_dtypes(),
        arrays.unsigned_integer_dtypes(),
        arrays.floating_dtypes(),
        arrays.boolean_dtypes(),
    ).filter(lambda dtype: dtype.itemsize <= 8),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@given(st.dictionaries(st.text(max_size=20), NUMBERS, max_size=4))
def test_what_is_sent_arrives(sent):
    header, arrived = messages.receive(reader(messages.encode({"kind": "outputs"}, sent)))
    assert header == {"kind": "outputs"} and arrived.keys() == sent.keys()
    for name, array in sent.items():
        assert arrived[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(arrived[name], array)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


@given(st.binary(max_size=64), JUNK, JUNK)
def test_junk_is_malformed_and_nothing_else(raw, junk, shape):
    texts = [raw, json.dumps(junk).encode()]
    texts += [json.dumps({"kind": "x", "arrays": junk}).encode()]
    texts += [json.dumps({"kind": "x", "arrays": [["a", "<f8", shape]]}).encode()]
    for text in texts:
        data = len(text).to_bytes(4, "little") + text + raw
        for message in (data, raw):
            with contextlib.suppress(messages.Malformed, EOFError):
                messages.receive(reader(message))


@pytest.mark.parametrize(
    "dtype", ["|O", "<U5", "|S5", "<M8[s]", "<f16", "<c16", "|V8", ">f8", "i8,f8"]
)
def test_only_numbers_travel(dtype):
    with pytest.raises(messages.Malformed):
        messages._size([["a", dtype, [1]]])


def test_too_much_is_refused_before_memory_is_taken():
    for described in (
        [["a", "<f8", [1 << 23, 2]]],
        [["a", "<f8", [0, 1 << 60]]],
        [["a", "<f8", [0] + [1 << 26] * 7]],
        [["a", "|b1", [1]]] * 300,
        [["a", "|b1", [1] * 9]],
        [["a", "|b1", [True]]],
        [["a" * 101, "|b1", []]],
    ):
        with pytest.raises(messages.Malformed):
            messages._size(described)


# --- From a notebook to a function ---------------------------------------------------------------


def chosen(name, *cells, homes=()):
    found, _ = sources.statements(cells)
    return [(one.cell, one.node.lineno) for one in sources.needed(name, found, homes)]


def test_only_what_a_name_needs_is_run():
    cells = (
        "import numpy as np\nimport os\nx = train()",
        "def helper(a):\n    x = 3\n    return a + CONSTANT + x",
        "CONSTANT = 2\nprint(f(1))\nwhile True: pass",
        "def f(a):\n    return np.sum(helper(a))",
        "f(input())\nnp.testing.assert_equal(f(1), 3)\nCONSTANT += 1\nhelper.x = 5",
    )
    assert chosen("f", *cells) == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 3), (4, 4)]


@pytest.mark.parametrize(
    ("text", "defined"),
    [
        ("a = 'é'; b = 'ü'; c = [a,\n b]; d = 1;", ["a", "b", "c", "d"]),
        ("a = 1\r\nb = 2\rc = 'é' ; d = 3", ["a", "b", "c", "d"]),
        ("\fa = 1; b = '\u2028\f\x85'\n\fc = 2", ["a", "b", "c"]),
        ("@a\n@b\ndef c(): d = 1; e = 2\nf = 3", ["c", "f"]),
    ],
)
def test_each_statement_of_a_line_is_told_from_the_others(text, defined):
    found, broken = sources.statements([text])
    assert not broken and [one.defines for one in found] == [{name} for name in defined]


def test_what_a_loop_fills_and_what_the_future_brings_is_run():
    cells = (
        "from __future__ import annotations\ntable, other = [], []",
        "for k in range(3):\n    table.append(k)\nfor j in range(3): other.append(j)",
        "def f(x: Unknown):\n    return table",
    )
    assert chosen("f", *cells) == [(0, 1), (0, 2), (1, 1), (2, 1)]


def test_what_a_call_or_a_decorator_fills_is_run():
    cells = (
        "table, axes = [], {}",
        "def test(g):\n    table.append(g)\n    return g\ndef fill(n): axes[n] = 0",
        "@test\ndef one(): pass\ndef two(): pass\ntest(two)\nfill(6)\nprint(two())",
        "def f(): return [g() for g in table], axes",
    )
    wanted = [(0, 1), (1, 1), (1, 4), (2, 2), (2, 3), (2, 4), (2, 5), (3, 1)]
    assert chosen("f", *cells) == wanted


def test_a_trial_within_a_function_is_not_run():
    cells = (
        "import numpy as np",
        "def trial():\n    np.testing.assert_equal(f(1), 1)\ntrial()",
        "def f(a): return np.sum(a)",
    )
    assert chosen("f", *cells) == [(0, 1), (2, 1)]


def test_a_helper_in_the_cell_of_a_name_is_its_own():
    cells = ("def h(x): return x\ndef f(x): return h(x)", "def h(x, y): return y", "scale = 2")
    assert chosen("f", *cells, homes=[0]) == [(0, 1), (0, 2)]


def test_a_cell_seen_before_has_the_number_of_its_place():
    helper, cell = "x = 1", "def f(): return x"
    sources.statements([helper, cell])
    assert chosen("f", "x = 2", cell, helper, "x = 3", homes=[1]) == [(0, 1), (1, 1)]


def test_the_cell_of_a_name_counts_and_else_the_last():
    cells = ("def f(): return 1", "def f(): return 2", "f = None")
    assert chosen("f", *cells, homes=[1]) == [(1, 1)]
    assert chosen("f", *cells) == [(0, 1), (1, 1), (2, 1)]


def test_only_what_ipython_alone_understands_is_taken_out():
    text = "s = '''\n%not a magic\n!nor this\n'''\n"
    found, broken = sources.statements([text, "%matplotlib inline\nx = !ls\ny = 1\nnp.sum?"])
    assert not broken and [sorted(one.defines) for one in found] == [["s"], [], ["x"], ["y"], []]
    assert found[0].node.value.value == "\n%not a magic\n!nor this\n"
