"""What is wider than a phone scrolls in a box of its own, and only such a box can be focused."""

import pytest

from tests.browsing import UNFOLD, book, served, visit
from tools.files import SITE

CHAPTER = "02-normalizing-a-batch.html"
PHONE = 390
LAYOUTS = 30
"""How often a chapter may be laid out until it stands still."""


@pytest.fixture(scope="module")
def address():
    book()
    with served(SITE) as address:
        yield address


def test_a_formula_too_wide_for_a_phone_scrolls_from_its_left_end(address, chromium):
    with visit(chromium, address + "03-backward-pass.html", PHONE) as page:
        page.evaluate(UNFOLD)
        wide, narrow = page.evaluate("""() => {
            const boxes = [...document.querySelectorAll("div.math")];
            const fits = box => box.scrollWidth <= box.clientWidth;
            const left = b => b.querySelector(".katex-html").getBoundingClientRect().left
                - b.getBoundingClientRect().left;
            return [boxes.filter(b => !fits(b)).map(b => [b.tabIndex, b.role, left(b)]),
                    boxes.filter(fits).map(b => b.tabIndex)];
        }""")
    assert wide == [[0, "group", 0]] * len(wide) != []
    assert narrow == [-1] * len(narrow) != []


@pytest.mark.parametrize("name", [CHAPTER, "05-training-and-inference.html"])
def test_what_is_folded_is_not_laid_out(name, address, chromium):
    """Whoever asks a fold for a size lays it out by itself: of 40 folds, 59 layouts were made."""
    with visit(chromium, "about:blank", PHONE) as page:
        measured = page.context.new_cdp_session(page)
        measured.send("Performance.enable")
        page.goto(address + name, wait_until="load")
        page.evaluate("() => new Promise(done => setTimeout(done, 500))")
        metrics = measured.send("Performance.getMetrics")["metrics"]
        (layouts,) = [m["value"] for m in metrics if m["name"] == "LayoutCount"]
        assert page.locator("details:not([open]) pre").count() > 10
        assert 0 < layouts < LAYOUTS


def test_code_that_scrolls_can_be_focused_once_it_is_unfolded(address, chromium):
    with visit(chromium, address + "05-training-and-inference.html", PHONE) as page:
        page.evaluate(UNFOLD)
        wide, narrow = page.evaluate("""() => {
            const boxes = [...document.querySelectorAll("details pre")];
            const of = wide => boxes.filter(b => (b.scrollWidth > b.clientWidth) === wide);
            return [true, false].map(wide => of(wide).map(b => b.tabIndex));
        }""")
        assert wide == [0] * len(wide) != []
        assert narrow == [-1] * len(narrow) != []


def test_a_new_output_that_scrolls_can_be_focused(address, chromium):
    with visit(chromium, address + CHAPTER, PHONE) as page:
        page.evaluate("""() => {
            const output = document.createElement("div");
            output.innerHTML = `<pre id="wide">${"wide ".repeat(99)}</pre><pre id="one">1</pre>`;
            document.querySelector("article .cell").after(output);
        }""")
        page.wait_for_function("document.getElementById('wide').tabIndex === 0", timeout=5000)
        assert page.evaluate("document.getElementById('one').tabIndex") == -1
