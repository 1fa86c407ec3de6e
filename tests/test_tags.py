"""Tags without a partner are named, in notebooks and on pages; whatever only looks like one is not.

The folds of a chapter are such tags: one that is not closed hides the exercises below it.
"""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_notebook

from tools import lint_notebooks
from tools.tags import problems

FOLD = "<details><summary>Answer</summary>\n\nIt is *one*.\n\n</details>"


@pytest.mark.parametrize(
    "text",
    [
        FOLD,
        f"{FOLD}\n\nText.\n\n{FOLD}",
        f"<details>\n<summary>Outer</summary>\n\n{FOLD}\n\n</details>",
        "1. A list\n\n   <details><summary>Answer</summary>\n\n   one\n\n   </details>",
        "a <span id='b'></span> line<br>and <img src='c.png'> another",
        "`<details>` in line, and $a<b>c$, and\n\n```html\n<details>\n```\n\n    <summary>\n",
        "| a | b |\n|---|---|\n| <b>1</b> | 2 |",
        "<!-- a comment about <details> -->",
        "a < b and c > d",
    ],
)
def test_tags_in_pairs_are_left_alone(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (FOLD.removesuffix("</details>"), "<details> is never closed"),
        (FOLD.replace("</summary>", ""), "<summary> is not closed before </details>"),
        (FOLD.replace("<details>", ""), "</details> closes nothing that was opened before it"),
        ("one <b>two", "<b> is never closed"),
        ("<details/>\n\ntext", "<details> is never closed"),
        (f"{FOLD}\n\n{FOLD.removesuffix('</details>')}", "<details> is never closed"),
    ],
)
def test_a_tag_without_a_partner_is_named(text, sentence):
    assert problems(text) == [sentence]


@given(st.lists(st.sampled_from(["details", "div", "span"]), min_size=1, max_size=6), st.data())
def test_a_nest_without_any_one_of_its_tags_is_found(names, data):
    opened = [f"<{name}>\n\n" for name in names]
    closed = [f"</{name}>\n\n" for name in reversed(names)]
    nest = [*opened, "text\n\n", *closed]
    assert problems("".join(nest)) == []
    lost = data.draw(st.integers(0, len(nest) - 1).filter(lambda n: n != len(names)))
    assert problems("".join(nest[:lost] + nest[lost + 1 :]))


def lint(*paths):
    """What `make lint` says of the files at `paths`."""
    with pytest.raises(SystemExit) as ended:
        lint_notebooks.main([str(path) for path in paths])
    return ended.value.code


def test_lint_names_the_cell_and_the_page(tmp_path):
    broken = FOLD.removesuffix("</details>")
    cells = [new_markdown_cell(text) for text in ("# Title", broken, FOLD)]
    notebook, page = tmp_path / "one.ipynb", tmp_path / "page.md"
    nbformat.write(new_notebook(cells=cells), notebook)
    page.write_text(broken)
    said = lint(notebook, page).splitlines()
    tags = [line for line in said if "never closed" in line]
    assert len(tags) == 2
    assert "one.ipynb: markdown cell 2 (<details><summary>Answer</summary>)" in tags[0]
    assert "page.md: <details> is never closed" in tags[1]
    assert "markdown cell 3" not in "\n".join(said)


def test_lint_reads_every_page_of_the_book(tmp_path, monkeypatch):
    (tmp_path / "content" / "folder").mkdir(parents=True)
    (tmp_path / "content" / "folder" / "page.md").write_text("<details>")
    monkeypatch.setattr(lint_notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(lint_notebooks, "paths", list)
    assert "page.md: <details> is never closed" in lint()
    (tmp_path / "content" / "folder" / "page.md").write_text(FOLD)
    assert lint() is None
