"""What runs inside the sandbox: messages, and the way from a notebook to a function."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grading.sandbox.inside import messages, sources
from tests.grading_batches import only_linux

pytestmark = only_linux

# --- Messages ------------------------------------------------------------------------------------


def reader(data):
    def read(n):
        nonlocal data
        if n > len(data):
            raise EOFError
        part, data = data[:n], data[n:]
        return part

    return read


def announcing(described):
    """What reads a message with this description of its arrays, and nothing after it."""
    text = json.dumps({"kind": "outputs", "arrays": described}).encode()
    return reader(len(text).to_bytes(4, "little") + text)


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
def test_junk_is_a_message_error_and_nothing_else(raw, junk, shape):
    texts = [raw, json.dumps(junk).encode()]
    texts += [json.dumps({"kind": "x", "arrays": junk}).encode()]
    texts += [json.dumps({"kind": "x", "arrays": [["a", "<f8", shape]]}).encode()]
    for text in texts:
        data = len(text).to_bytes(4, "little") + text + raw
        for message in (data, raw):
            with contextlib.suppress(messages.MessageError, EOFError):
                messages.receive(reader(message))


@pytest.mark.parametrize(
    "dtype", ["|O", "<U5", "|S5", "<M8[s]", "<f16", "<c16", "|V8", ">f8", "i8,f8"]
)
def test_only_numbers_travel(dtype):
    with pytest.raises(messages.MessageError):
        messages.receive(announcing([["a", dtype, [1]]]))


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
        with pytest.raises(messages.MessageError):
            messages.receive(announcing(described))


# --- From a notebook to a function ---------------------------------------------------------------


def chosen(name, *cells, defining=()):
    found, _ = sources.statements(cells)
    return [(one.cell, one.node.lineno) for one in sources.needed(name, found, defining)]


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
    assert chosen("f", *cells, defining=[0]) == [(0, 1), (0, 2)]


def test_a_cell_seen_before_has_the_number_of_its_place():
    helper, cell = "x = 1", "def f(): return x"
    sources.statements([helper, cell])
    assert chosen("f", "x = 2", cell, helper, "x = 3", defining=[1]) == [(0, 1), (1, 1)]


def test_the_cell_of_a_name_counts_and_else_the_last():
    cells = ("def f(): return 1", "def f(): return 2", "f = None")
    assert chosen("f", *cells, defining=[1]) == [(1, 1)]
    assert chosen("f", *cells) == [(0, 1), (1, 1), (2, 1)]


def test_only_what_ipython_alone_understands_is_taken_out():
    text = "s = '''\n%not a magic\n!nor this\n'''\n"
    found, broken = sources.statements([text, "%matplotlib inline\nx = !ls\ny = 1\nnp.sum?"])
    assert not broken and [sorted(one.defines) for one in found] == [["s"], [], ["x"], ["y"], []]
    assert found[0].node.value.value == "\n%not a magic\n!nor this\n"
