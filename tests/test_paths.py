"""Core or deeper: each section says it, the minutes are computed, a switch keeps to the core."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.browsing import served, violations, visit
from tools import paths
from tools.files import ROOT, SITE

PROSE = "word " * 250
NOTEBOOK = new_notebook(
    cells=[
        new_markdown_cell("# Title\n\nFew words."),
        new_code_cell("1"),
        new_markdown_cell(f"## 1 · First?\n\n{PROSE}\n\n### Part\n\nMore.\n\n## Second\n\nShort."),
        new_code_cell("2"),
        new_code_cell("3"),
    ]
)
CHAPTER = "06-what-it-buys"


def test_a_section_is_all_that_stands_below_its_heading():
    first, one, two = paths.sections(NOTEBOOK, ["first"])
    assert (first.title, first.cells, first.core) == ("", 1, True)
    assert (one.anchor, one.core, one.words, one.cells) == ("first", True, 253, 0)
    assert (two.anchor, two.core, two.words, two.cells) == ("second", False, 1, 2)
    assert one.label == "● Core · 2 minutes"
    assert two.label == "○ Deeper · 1 minute"


def test_a_section_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"names \['third'\].*'first', 'second'"):
        paths.sections(NOTEBOOK, ["third"])


def test_a_notebook_that_stands_alone_is_labelled_too():
    copy = nbformat.from_dict(NOTEBOOK)
    paths.label(copy, paths.sections(copy, ["first"]))
    assert "## 1 · First?\n\n*● Core · 2 minutes*\n\nword" in copy.cells[2].source
    assert "## Second\n\n*○ Deeper · 1 minute*\n\nShort." in copy.cells[2].source


def test_the_core_path_takes_about_three_hours():
    assert 150 <= paths.minutes()["core"] <= 200


@pytest.mark.parametrize("chapter", paths.chapters())
def test_a_chapter_takes_about_as_long_as_it_says(chapter):
    source = nbformat.read(ROOT / "content" / f"{chapter}.ipynb", as_version=4).cells[0].source
    said = int(re.search(r"(\d+) minutes", source)[1])
    computed = sum(section.minutes for section in paths.chapters()[chapter])
    assert computed == pytest.approx(said, abs=3)  # it is written to the next five


@pytest.fixture(scope="module")
def address():
    with served(SITE) as address:
        yield f"{address}{CHAPTER}.html"


def core_and_deeper():
    by_path = {True: [], False: []}
    for section in paths.chapters()[CHAPTER][1:]:
        by_path[section.core].append(section.anchor)
    return by_path[True], by_path[False]


REACHED = """() => [...document.querySelectorAll("section.opened pre")].every(code =>
    !code.checkVisibility() || code.scrollWidth <= code.clientWidth || code.tabIndex === 0)"""
MORE = """section => [...section.children].some(part =>
    !part.matches("h2, .path, span") && part.getClientRects().length)"""


def shown(page, anchor):
    """Whether a section shows more than its heading and its label."""
    return page.locator(f"[id='{anchor}']").evaluate(MORE)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_switch_keeps_to_the_core_and_is_remembered(width, address, chromium):
    core, deeper = core_and_deeper()
    with visit(chromium, address, width) as page:
        assert all(shown(page, anchor) for anchor in core + deeper)
        page.get_by_role("button", name="Core sections only").click()
        page.reload()
        switch = page.get_by_role("button", name="Core sections only")
        assert switch.get_attribute("aria-pressed") == "true"
        assert all(shown(page, anchor) for anchor in core)
        assert not any(shown(page, anchor) for anchor in deeper)
        show = page.locator(f"[id='{deeper[0]}']").get_by_role("button", name="Show this section")
        show.press("Enter")
        assert shown(page, deeper[0])
        hide = page.locator(f"[id='{deeper[0]}']").get_by_role("button", name="Hide this section")
        assert hide.get_attribute("aria-expanded") == "true"
        page.wait_for_function(REACHED)  # what scrolls can be reached with the keyboard
        assert violations(page) == []
        switch.click()
        assert all(shown(page, anchor) for anchor in core + deeper)
        assert page.complaints == []


def test_a_link_into_a_deeper_section_opens_it(address, chromium):
    _, deeper = core_and_deeper()
    with visit(chromium, address) as page:
        page.get_by_role("button", name="Core sections only").click()
        page.goto(f"{address}#{deeper[1]}")
        assert shown(page, deeper[1])
        assert not shown(page, deeper[0])


def test_paper_and_readers_without_scripts_see_everything(address, chromium):
    core, deeper = core_and_deeper()
    with visit(chromium, address) as page:
        page.get_by_role("button", name="Core sections only").click()
        page.emulate_media(media="print")
        assert all(shown(page, anchor) for anchor in core + deeper)
    with visit(chromium, address, script=False) as page:
        assert all(shown(page, anchor) for anchor in core + deeper)
        assert page.get_by_text("● Core ·").count() == len(core)
        assert not page.get_by_role("button", name="Core sections only").is_visible()
