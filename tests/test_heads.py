"""A chapter begins with its question: what it prepares before is folded, and told what it is."""

import pytest
from lxml import html

from _ext.course_page import cells
from tests.browsing import book, visit
from tools.files import SITE

CELL = """<div class="cell docutils container"><div class="cell_input docutils container">
<pre>{code}</pre></div>{output}</div>"""
SETUP = '<div class="cell tag_setup tag_remove-input docutils container"></div>'
PICTURE = CELL.format(code="draw(x)", output="<img>") + '<p class="caption"><em>{}</em></p>'
FIGURE = PICTURE.format("<strong>Figure 1.1</strong> Look.")
IMPORTS, DATA = CELL.format(code="import a", output=""), CELL.format(code="x = 1", output="")
NUMBER = '<span class="section-number">1. </span>'


def folded(*parts, number=NUMBER):
    """The parts of a chapter after the build has folded its head."""
    first = "<section><h2>One</h2><p>What is asked?</p></section>"
    source = f"<article><section><h1>{number}Title</h1>{''.join(parts)}{first}</section></article>"
    tree = html.document_fromstring(source)
    cells.fold(tree)
    return tree.xpath("//article/section/*")[1:]


def tags(parts):
    return [part.tag for part in parts]


def test_one_fold_holds_all_that_a_chapter_prepares():
    intro, hidden, fold, section = folded("<p>Intro</p>", SETUP, IMPORTS, "<p>The data.</p>", DATA)
    assert tags([intro, hidden, section]) == ["p", "div", "section"]
    (details,) = fold
    assert "Show the set-up: imports, data, code" in details[0].text_content()
    assert tags(details) == ["summary", "div", "p", "div"]
    assert fold.xpath(".//details//details") == []


def test_the_fold_ends_at_the_first_figure_and_at_a_callout():
    for shown in FIGURE, '<blockquote class="callout guess"><p>1 or 2?</p></blockquote>':
        fold, *rest = folded(IMPORTS, DATA, shown, "<p>Then.</p>")
        assert len(fold.xpath("./details/div")) == 2
        assert fold.xpath(".//img | .//blockquote") == [] and len(rest) >= 3


def test_a_single_cell_is_folded_by_itself_under_its_own_name():
    cell, _ = folded(IMPORTS)
    assert "Show the set-up: imports" in cell.xpath("string(details/summary)")


def test_pages_that_are_no_chapters_fold_imports_only():
    one, two, _ = folded(IMPORTS, DATA, number="")
    assert one.xpath("details") and not two.xpath("details")


@pytest.fixture(scope="module")
def folder():
    return book()


FIRST_SCREEN = (
    "00-one-hour",
    "02-normalizing-a-batch",
    "03-backward-pass",
    "04-layer-from-scratch",
)
"""Those that neither have a long introduction nor show a figure in it."""

HEAD = """() => {
    const page = document.querySelector("article > section");
    const open = [...page.querySelectorAll(":scope > .cell pre")].filter(e => e.checkVisibility());
    const top = page.querySelector("section > h2").getBoundingClientRect().top + scrollY;
    return [open.map(e => e.textContent), top];
}"""


@pytest.mark.parametrize("width, first_screen", [(390, 900), (1280, 700)])
def test_the_first_section_stands_on_the_first_screen(width, first_screen, address, chromium):
    for name in (
        "00-one-hour",
        "02-normalizing-a-batch",
        "03-backward-pass",
        "04-layer-from-scratch",
    ):
        with visit(chromium, f"{address}{name}.html", width) as page:
            code, top = page.evaluate(HEAD)
            assert code == [] and top < first_screen, name


def test_no_code_stands_open_before_the_first_section_of_a_chapter(address, chromium):
    for path in sorted(SITE.glob("0*.html")):
        with visit(chromium, address + path.name) as page:
            assert page.evaluate(HEAD)[0] == [], path.name


def test_a_finger_finds_the_button_that_copies_code(address, chromium):
    with visit(chromium, address + "02-normalizing-a-batch.html", 390) as page:
        button = page.locator(".copybtn:visible").first
        button.scroll_into_view_if_needed()
        assert button.evaluate("e => getComputedStyle(e).opacity") == "1"
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    with visit(chromium, address + "02-normalizing-a-batch.html", 1280) as page:
        button = page.locator(".copybtn").first
        assert button.evaluate("e => getComputedStyle(e).opacity") == "0"
