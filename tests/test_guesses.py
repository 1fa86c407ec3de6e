"""What answers a guess is folded until it is asked for, and whatever leads there opens it."""

import os
import subprocess
import sys

import pytest
from lxml import html

from _ext.course_page import guesses
from tests import small_course
from tests.browsing import served, violations, visit
from tools.files import ROOT

PAGE = "01-guessing.html"
INTRO = "import sys; sys.path.insert(0, '..')\nimport matplotlib.pyplot as plt"
CLAIM = """from local.claims import above, claim
claim("sum-is-large", "The sum is large.", [3, 4, 5], above(1), (0, 1, 2), unit="units")"""
CELLS = [
    "# Guessing\n\nThis chapter asks. [Onward](plain.md)",
    ("code", INTRO),
    "## How much is one and one?\n\nCount.\n\n> **Guess.** Is it 1, 2 or 3?",
    ("code", "total = 1 + 1"),
    ("code", "print('the sum is', total)"),
    "A consequence, in prose.\n\nHow much is it tenfold?\n\n> **Guess.** Twelve or twenty?",
    ("code", "for number in (1, 2):\n    print('tenfold', 10 * number)"),
    ("code", CLAIM),
    "> **Learnt.** Counting is safe.\n\n> **Check.** And if nothing is there?\n\n"
    "<details><summary>Answer</summary>\n\nThen nothing is to be counted.\n\n</details>",
    "## What has no guess?\n\nThis section has none."
    " A <a href='#claim-sum-is-large'>claim</a> of above.",
    "## Is the drawing straight?\n\n> **Guess.** Straight or bent?\n\nIt is straight.",
    ("code", "plt.plot([1, 2])\nplt.title('t')\nplt.xlabel('x')\nplt.show()"),
    "*Figure 1.1 Look at the line.*\n\n$$" + "a + " * 60 + "b$$",
]
FIRST, SECOND, THIRD = (
    "answer-how-much-is-one-and-one",
    "answer-how-much-is-one-and-one-2",
    "answer-is-the-drawing-straight",
)
CODE, PROSE, LATER = "total = 1 + 1", "A consequence, in prose.", "Counting is safe."


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of a small course: a chapter that asks three times, and a page that does not."""
    course = tmp_path_factory.mktemp("course")
    small_course.copy(course, *small_course.PAGES, "_config.yml")
    (course / "node_modules").symlink_to(ROOT / "node_modules")
    chapters = "chapters:\n  - file: content/01-guessing\n  - file: content/plain\n"
    (course / "_toc.yml").write_text(f"format: jb-book\nroot: content/index\n{chapters}")
    small_course.write_module(course, "data", small_course.DATA)
    small_course.write_cells(course, "01-guessing", CELLS)
    link = "[The claim](01-guessing.ipynb)"
    (course / "content" / "index.md").write_text(f"# Index\n\n{link}\n")
    (course / "content" / "plain.md").write_text("# Plain\n\nNothing is asked here.\n")
    (course / "content" / "references.bib").touch()
    done = subprocess.run(
        [sys.executable, "-m", "tools.book"], cwd=course, env=os.environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return course / "_build" / "html"


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address + PAGE


def button(page, answer):
    return page.locator(f"button[aria-controls='{answer}']")


def opened(page):
    """The answers that the page shows, and whether their buttons say the same."""
    shown = [a.get_attribute("id") for a in page.locator("guess-answer:not([hidden])").all()]
    pressed = page.locator(".answer-button[aria-expanded=true]").all()
    assert [b.get_attribute("aria-controls") for b in pressed] == shown
    return shown


def visible(page, text):
    return page.get_by_text(text).first.is_visible()


FRAMES = """window.frames_ = new Set();
(function look() {
    const answers = [...document.querySelectorAll("guess-answer")];
    for (const { id, hidden } of answers) frames_.add(`${id} ${hidden ? "folded" : "open"}`);
    requestAnimationFrame(look);
})()"""
"""Keeps what any frame since the start of the page could have painted."""


def painted(page):
    """How the answers stood in the frames of the page, loaded anew."""
    page.add_init_script(FRAMES)
    page.reload()
    page.wait_for_timeout(500)
    return sorted(page.evaluate("[...frames_]"))


@pytest.mark.parametrize("width", [390, 1280])
def test_a_chapter_opens_with_its_answers_folded_in_every_frame(width, address, chromium):
    with visit(chromium, address, width) as page:
        assert opened(page) == []
        assert visible(page, "Is it 1, 2 or 3?") and visible(page, CODE)
        assert visible(page, "This section has none.")
        for answer in ("the sum is 2", PROSE, "Twelve or twenty?", LATER, "It is straight."):
            assert not visible(page, answer)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert painted(page) == [f"{answer} folded" for answer in (FIRST, SECOND, THIRD)]
        assert page.complaints == []


def test_one_press_shows_a_section_up_to_its_next_guess(address, chromium):
    with visit(chromium, address) as page:
        button(page, FIRST).click()
        assert opened(page) == [FIRST]
        assert visible(page, "the sum is 2") and visible(page, PROSE)
        assert visible(page, "Twelve or twenty?") and not visible(page, LATER)
        button(page, SECOND).click()
        assert opened(page) == [FIRST, SECOND] and visible(page, LATER)
        button(page, FIRST).click()
        assert opened(page) == [SECOND] and not visible(page, LATER)


def test_one_press_shows_the_chapter_and_one_folds_it(address, chromium):
    with visit(chromium, address) as page:
        switch = page.get_by_role("checkbox", name="Show all of them")
        switch.check()
        assert opened(page) == [FIRST, SECOND, THIRD] and visible(page, LATER)
        button(page, THIRD).click()
        assert not switch.is_checked()
        button(page, THIRD).click()
        assert switch.is_checked()
        switch.uncheck()
        assert opened(page) == []


def test_what_was_asked_for_is_remembered_on_this_page_only(address, chromium):
    with visit(chromium, address) as page:
        button(page, FIRST).click()
        page.reload()
        assert opened(page) == [FIRST]
        page.get_by_role("checkbox", name="Show all of them").check()
        assert painted(page) == [f"{answer} open" for answer in (FIRST, SECOND, THIRD)]
        assert opened(page) == [FIRST, SECOND, THIRD]
        assert page.get_by_role("checkbox", name="Show all of them").is_checked()
        page.get_by_role("checkbox", name="Show all of them").uncheck()
        page.reload()
        assert opened(page) == []
        asked = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('answers'))")
        assert asked == [f"answers /repo/{PAGE}"]
        assert all(url.startswith(("http://127.0.0.1", "data:")) for url in page.fetched)


def in_view(page, selector):
    box = page.locator(selector).bounding_box()
    return box is not None and 0 <= box["y"] < 800


OLD = "delete HTMLElement.prototype.onbeforematch"
"""A browser that does not know `hidden=until-found`."""


@pytest.mark.parametrize("browser", ["new", "old"])
@pytest.mark.parametrize("way", ["from outside", "from the page"])
def test_a_link_to_a_claim_opens_the_answers_around_it(way, browser, address, chromium):
    with visit(chromium, address) as page:
        if browser == "old":
            page.add_init_script(OLD)
        page.goto("about:blank")
        if way == "from outside":
            page.goto(f"{address}#claim-sum-is-large")
        else:
            page.goto(address)
            assert not visible(page, PROSE)
            page.get_by_role("link", name="claim", exact=True).click()
        page.locator("#claim-sum-is-large").wait_for()
        assert opened(page) == [FIRST, SECOND]
        page.wait_for_function("scrollY > 0 || document.body.scrollHeight <= innerHeight")
        assert in_view(page, "#claim-sum-is-large")


def test_a_link_to_a_heading_leaves_its_answer_folded(address, chromium):
    with visit(chromium, f"{address}#is-the-drawing-straight") as page:
        assert opened(page) == []
        assert in_view(page, "#is-the-drawing-straight")


def test_what_the_search_found_is_open(address, chromium):
    with visit(chromium, address.replace(PAGE, "search.html?q=consequence")) as page:
        page.locator(f"#search-results a[href*='{PAGE}']").first.click()
        page.locator("guess-answer mark").first.wait_for()
        assert opened(page) == [FIRST]


def test_the_browser_finds_words_in_a_folded_answer(address, chromium):
    """Chromium fires `beforematch` where its own search, or a link to a text, has a hit."""
    with visit(chromium, f"{address}#:~:text=Counting%20is%20safe") as page:
        page.get_by_text(LATER).wait_for()
        assert opened(page) == [FIRST, SECOND]


def test_paper_has_all_of_it_and_no_buttons(address, chromium):
    with visit(chromium, address) as page:
        page.emulate_media(media="print")
        for text in (PROSE, LATER, "It is straight."):
            assert visible(page, text)
        assert not button(page, FIRST).is_visible()
        assert not page.get_by_role("checkbox", name="Show all of them").is_visible()


def test_without_scripts_all_of_it_is_there_and_no_buttons(address, chromium):
    with visit(chromium, address, script=False) as page:
        for text in (PROSE, LATER, "It is straight."):
            assert visible(page, text)
        assert page.locator(".answer-button").count() == 0
        assert not visible(page, "guesses are folded")


def test_keys_open_an_answer_and_its_name_says_of_what(address, chromium):
    with visit(chromium, address) as page:
        name = "Answer to the guess of “How much is one and one?”"
        first = page.get_by_role("button", name=name, expanded=False, exact=True)
        first.focus()
        page.keyboard.press("Enter")
        assert opened(page) == [FIRST]
        assert page.evaluate("document.activeElement.getAttribute('aria-controls')") == FIRST
        page.keyboard.press("Tab")  # to the first button inside
        inside = page.evaluate("document.activeElement.closest('guess-answer')?.id")
        assert inside == FIRST
        page.get_by_role("button", name=name, expanded=True, exact=True).focus()
        page.keyboard.press("Space")
        assert opened(page) == []


def test_a_finger_opens_an_answer(address, chromium):
    with visit(chromium, address, 390) as page:
        for control in (button(page, FIRST), page.locator("answers-switch label")):
            assert control.bounding_box()["height"] >= 44
        button(page, FIRST).tap()
        assert opened(page) == [FIRST]


def test_a_wide_formula_scrolls_once_it_is_shown(address, chromium):
    with visit(chromium, address, 390) as page:
        page.add_init_script(OLD)
        page.reload()
        button(page, THIRD).tap()
        box = page.locator("div.math")
        assert box.get_attribute("tabindex") == "0"
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("width, theme", [(390, "light"), (1280, "dark")])
def test_a_page_is_accessible_folded_and_unfolded(width, theme, folded, address, chromium):
    with visit(chromium, address, width, theme) as page:
        assert violations(page, whole=True, folded=folded) == []


def test_a_page_without_a_guess_has_nothing_of_it(site):
    text = (site / "plain.html").read_text()
    assert "guess-answer" not in text and "answers-switch" not in text


def test_code_says_what_is_folded_in_it(address, chromium):
    with visit(chromium, address) as page:
        page.get_by_role("checkbox", name="Show all of them").check()
        summaries = page.locator("div.cell summary:visible")
        assert [line.strip() for line in summaries.all_inner_texts()] == [
            "Show the set-up: imports",
            "Show the code of the claim: sum is large",
            "Show the code of figure 1.1",
        ]
        assert page.locator("p.claim").is_visible()
        assert not visible(page, "from local.claims")
        summaries.nth(1).click()
        assert visible(page, "from local.claims")
        assert summaries.nth(1).inner_text().strip() == "Hide the code of the claim: sum is large"


SECTION = """<html><head></head><body><section id="top"><h1>Top</h1><section id="one">
<h2>One<a class="headerlink">#</a></h2><blockquote class="callout guess">g</blockquote>{}
<section id="two"><h3>Two</h3><p>two</p></section></section></section></body></html>"""
INPUT = '<div class="cell_input">code</div>'
LIVE = '<div class="cell_output"><div data-live="a.js">live</div></div>'
TASK = '<div class="cell x"><details><summary><p>Show a solution</p></summary>s</details></div>'
CHECK = (
    '<div class="cell x"><div class="cell_input"><pre>checks.check_a(a)</pre></div>'
    '<div class="cell_output">6 of 6 passed</div></div>'
)


@pytest.mark.parametrize(
    ("below", "answer"),
    [
        ("<p>prose</p>", "prose"),
        (f"<div class='cell x'>{INPUT}</div><p>prose</p>", "prose"),
        (f"<div class='cell x'>{INPUT}<div class='cell_output'>out</div></div><p>p</p>", "outp"),
        (f"<div class='cell x'>{INPUT}{LIVE}</div><p class='caption'>try</p>", "try"),
        (f"{TASK}{CHECK}<p>prose</p>", "prose"),
        ("<div class='cell x'><details>code</details></div>", "code"),
    ],
    ids=["prose", "code", "output", "live", "task", "folded code"],
)
def test_an_answer_begins_where_something_is_given_away_and_ends_at_a_heading(below, answer):
    tree = html.document_fromstring(SECTION.format(below))
    guesses.fold(tree)
    (element,) = tree.xpath("//guess-answer")
    assert element.text_content().strip() == answer
    assert element.get("id") == "answer-one" and element.get("data-section") == "One"


@pytest.mark.parametrize("below", ["", f"<div class='cell x'>{INPUT}</div>"])
def test_a_guess_that_nothing_answers_gets_no_button(below):
    tree = html.document_fromstring(SECTION.format(below))
    guesses.fold(tree)
    assert tree.xpath("//guess-answer | //answers-switch | //script") == []
