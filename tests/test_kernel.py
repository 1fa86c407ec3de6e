"""What runs a cell on a page, asked here with the environment's own Python and matplotlib.

As on a page, there is neither IPython nor a widget.
"""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tools.files import ROOT

RUN = """
import json, sys
sys.path[:0] = [{home!r}, {root!r}]
sys.modules |= dict.fromkeys(["IPython", "anywidget", "ipywidgets", "keras", "matplotlib_inline"])
import kernel
said, out = [], sys.stdout
kernel.begin(lambda message: said[-1].append(json.loads(message)))
for source in json.loads(sys.stdin.read()):
    said.append([])
    said[-1].append(kernel.run(source, "In words."))
print(json.dumps(said), file=out)
"""


def run(*cells):
    """What each cell has said, a list of messages, and whether it reached its end."""
    home = str(ROOT / "_ext" / "course_page" / "python")
    program = RUN.format(home=home, root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(cells), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [(said[:-1], said[-1]) for said in json.loads(done.stdout)]


def one(cell):
    (found,) = run(cell)
    return found


def printed(messages, name="stdout"):
    return "".join(m["text"] for m in messages if m["kind"] == "stream" and m["name"] == name)


def test_what_is_printed_comes_in_order_with_what_is_displayed():
    messages, ok = one("print('a')\ndisplay(1)\nprint('b')\n2")
    assert ok
    parts = [message.get("text") or message["data"]["text/plain"] for message in messages]
    assert parts == ["a\n", "1", "b\n", "2"]


@pytest.mark.parametrize("cell", ["1;", "x = 1", "None", "", "# a remark"])
def test_a_last_line_without_a_value_shows_nothing(cell):
    assert one(cell) == ([], True)


def test_names_stay_from_cell_to_cell_and_belong_to_main():
    cells = run("def f():\n    return 3", "f() + 1", "_ + 1", "f.__module__")
    values = [messages[-1]["data"]["text/plain"] for messages, _ in cells[1:]]
    assert values == ["4", "5", "'__main__'"]


def test_an_error_says_where_in_the_words_of_ipython():
    _, (messages, ok) = run("def f(x):\n    return 1 / x", "y = 0\nf(y)")
    assert not ok
    lines = messages[-1]["text"].splitlines()
    assert set(lines[0]) == {"-"} and lines[1].startswith("ZeroDivisionError  ")
    assert lines[1].endswith("Traceback (most recent call last)")
    assert lines[2:5] == ["Cell In[2], line 2", "      1 y = 0", "----> 2 f(y)"]
    assert "Cell In[1], line 2, in f(x)" in lines
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_mistake_in_the_syntax_shows_its_line_alone():
    messages, ok = one("for")
    assert not ok and messages[-1]["text"].splitlines()[0].strip() == "Cell In[1], line 1"
    assert messages[-1]["text"].splitlines()[-1].startswith("SyntaxError: ")


@pytest.mark.parametrize(
    "cell, last",
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f():\n    f()\nf()", "RecursionError"),
        ("input('?')", "RuntimeError: A page cannot wait"),
        ("bytes(10**14)", "MemoryError"),
    ],
)
def test_whatever_ends_a_cell_does_not_end_the_kernel(cell, last):
    (messages, ok), (after, still) = run(cell, "1")
    assert not ok and messages[-1]["text"].splitlines()[-1].startswith(last)
    assert still and after[-1]["data"]["text/plain"] == "1"
    assert len(messages[-1]["text"].splitlines()) < 120


def test_a_cause_is_told_before_what_it_caused():
    messages, _ = one(
        "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError from error"
    )
    text = messages[-1]["text"]
    assert text.index("KeyError") < text.index("direct cause") < text.rindex("ValueError")


def test_a_loop_that_prints_without_end_is_cut():
    messages, ok = one("for k in range(100_000):\n    print('many words', k)")
    assert ok and len(printed(messages)) < 201_000
    assert printed(messages).endswith("from here on is not shown.\n")


def test_errors_go_to_a_stream_of_their_own():
    messages, _ = one("import warnings\nwarnings.warn('mind this')")
    assert "mind this" in printed(messages, "stderr") and printed(messages) == ""


FIGURE = """
import matplotlib.pyplot as plt
from local import plots
plots.use_style()
fig, ax = plt.subplots()
ax.plot([1, 2], color=plots.COLORS["with"])
ax.set_title("A title", color=plots.COLORS["with"])
"""


def test_a_figure_is_shown_in_the_ink_of_the_page_and_closed():
    (messages, ok), (again, _) = run(FIGURE, FIGURE + "plt.show()\nplt.get_fignums()")
    assert ok
    svg = messages[-1]["data"]["image/svg+xml"]
    assert "currentColor" in svg and "#1f2328" not in svg and "font-family" not in svg
    assert "#ffffff" not in svg  # the page's ground, light or dark
    assert "var(--label-with)" in svg and "A title" in svg and 'aria-label="In words."' in svg
    assert again[-1]["data"]["text/plain"] == "[]"
    other = again[0]["data"]["image/svg+xml"]
    ids = [{e.get("id") for e in ElementTree.fromstring(s).iter()} - {None} for s in (svg, other)]
    assert not ids[0] & ids[1]


PANELS = """
fig, axes = plt.subplots(2, 1)
for ax in axes:
    ax.semilogy([1, 100], "o-")
"""


def test_panels_are_drawings_of_one_figure_each_with_ids_of_its_own():
    _, (messages, ok) = run(FIGURE, PANELS)
    assert ok
    shown = messages[-1]["data"]["image/svg+xml"]
    figure = ElementTree.fromstring(shown)
    assert figure.get("class") == "panels" and len(figure) == 2
    assert shown.count('aria-label="In words."') == shown.count('aria-hidden="true"') == 1
    ids = [[e.get("id") for e in panel.iter() if e.get("id")] for panel in figure]
    assert not set(ids[0]) & set(ids[1]) and "#ffffff" not in shown


def test_values_show_themselves_as_richly_as_a_page_can():
    cells = run(
        "import sympy\nsympy.sqrt(sympy.Symbol('x'))",
        "from IPython.display import HTML, Math, display\ndisplay(HTML('<b>a</b>'), Math('x^2'))",
        "dict(zip('abcdefghij', ['a long word'] * 10))",
    )
    assert cells[0][0][-1]["data"]["text/latex"] == r"$\displaystyle \sqrt{x}$"
    first, second = (message["data"] for message in cells[1][0])
    assert first["text/html"] == "<b>a</b>" and second["text/latex"] == "x^2"
    assert cells[2][0][-1]["data"]["text/plain"].count("\n") == 9


def test_a_live_figure_needs_no_widgets():
    messages, ok = one("from local.live.outlier import Outlier\nOutlier()")
    assert ok, messages
    assert messages[-1]["data"]["text/plain"].startswith("Live figure: ")
    assert "data-live" in messages[-1]["data"]["text/html"]
