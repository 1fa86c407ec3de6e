"""What is scaffolding is folded, under a title that says what it is; an experiment stays open."""

import ast
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import launch, notebooks, scaffolding

CLAIM = 'claim("more-room", "There is.", room, above(1), SEEDS)'
DRAWN = "fig, ax = plt.subplots()\nax.plot(x)\nax.set_title('t')\nplt.show()"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("assert x > 0", "The check of x"),
        ("assert 0 < np.abs(x - y).max() < max(z), 'small'", "The check of x and y"),
        ("np.testing.assert_allclose(x, y, atol=1e-3)", "The check of x and y"),
        ("for net in nets:\n    assert same(net)", "The check of net"),
        ("gap = a - b\nassert gap.min() > 0", "The check of gap"),
        ("assert all(score > 0.5 for score in scores)", "The check of scores"),
        ("assert works()", "The check"),
        (CLAIM, "The code of the claim: more room"),
        (f"room = a / b\nprint(room)\nassert a > 0\n{CLAIM}", "The code of the claim: more room"),
        (
            f"{CLAIM}\n{CLAIM.replace('more-room', 'no-cost')}",
            "The code of the claims: more room, no cost",
        ),
        (DRAWN, "The code of the figure"),
        ("def line(ax, x):\n    ax.plot(x)\n\ndef key(fig): pass", "The code of line and key"),
        ("def line(ax, x):\n    ax.plot(x)\n\ndef mean(x): pass", None),
        ("class Net:\n    pass", None),
        ("x = f(2)\nz = g(x)\nassert z > x", None),  # it computes more than it asserts
        ("assert x > 0\nprint(x)", None),
        (f"def room_of(net):\n    return 1\n\n{CLAIM}", None),  # an experiment of its own
        ("show_mosaic(x)\nplt.show()", None),
        ("model.fit(x)", None),
        ("", None),
    ],
)
def test_the_code_decides_what_is_folded(source, title):
    assert scaffolding.title(source) == title


def test_a_figure_is_called_as_its_caption_calls_it():
    assert scaffolding.title(DRAWN, "Figure 2.1") == "The code of figure 2.1"
    assert scaffolding.title("draw(x)", "Figure 2.1", tagged=True) == "The code of figure 2.1"


def test_what_an_author_folds_is_called_by_what_it_defines():
    assert scaffolding.title("def draw(x):\n    pass", tagged=True) == "The code of draw"
    assert scaffolding.title("draw(x)", tagged=True) == "The code of the figure"
    assert scaffolding.title("# Write the logs\nf(x)", tagged=True) == "The code: write the logs"


IMPORTS = "import keras\nimport numpy as np\n\nplots.use_style()\nN = 3"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (IMPORTS, "The set-up: imports"),
        ("from local import pytorch\nprint('PyTorch')", "The set-up: imports"),
        ("from local.live.batch import Batch\n\nBatch(x)", None),
        ("import numpy as np\nx = np.ones(2)\nx", None),
        ("x, y = load()", None),
        ("", None),
    ],
)
def test_before_the_first_section_imports_are_set_up(source, title):
    assert scaffolding.title(source, head=True) == title


def test_imports_in_a_section_stay_open():
    heading = new_markdown_cell("Text.\n\n## One")
    cells = [new_code_cell(IMPORTS), heading, new_code_cell("import a")]
    assert folded(new_notebook(cells=cells)) == {IMPORTS: "The set-up: imports"}


def folded(notebook):
    return {cell.source: title for cell, title in scaffolding.titles(notebook)}


def test_the_setup_is_folded_and_cells_of_nbgrader_are_not():
    graded = new_code_cell("assert x > 0", metadata={"nbgrader": {"grade": True}})
    setup = new_code_cell(notebooks.SETUP, metadata={"tags": notebooks.SETUP_TAGS})
    drawn, caption = new_code_cell(DRAWN), new_markdown_cell("*Figure 3.2. Look.* It moves.")
    notebook = new_notebook(cells=[setup, graded, drawn, caption, new_code_cell("1 + 1")])
    assert folded(notebook) == {
        notebooks.SETUP: "Set-up: run this first",
        DRAWN: "The code of figure 3.2",
    }


@pytest.mark.parametrize("path", notebooks.paths(), ids=lambda path: path.stem)
def test_in_colab_the_forms_of_a_notebook_are_closed_and_run_as_before(path):
    before = nbformat.read(path, as_version=4)
    after = deepcopy(before)
    launch.fold(after)
    nbformat.validate(after)
    titles = folded(before)
    assert "Set-up: run this first" in titles.values()
    for old, new in zip(before.cells, after.cells, strict=True):
        if old.source not in titles:
            assert new == old
        else:
            first, _, rest = new.source.partition("\n")
            assert first == f"#@title {titles[old.source]}" and rest == old.source
            assert ast.dump(ast.parse(new.source)) == ast.dump(ast.parse(old.source))
            assert new.metadata == {**old.metadata, "cellView": "form"}
        if old.cell_type == "code" and "nbgrader" not in old.metadata:
            assert (old.source in titles) >= ("hide-input" in old.metadata.get("tags", ()))


def test_no_cell_that_only_asserts_stands_open():
    for path in notebooks.paths():
        notebook = nbformat.read(path, as_version=4)
        titles = folded(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
                body = ast.parse(cell.source).body
                asserts = bool(body) and all(isinstance(s, ast.Assert) for s in body)
                assert cell.source in titles or not asserts
