"""Pages where a browser does more than show them: on paper, translated, in forced colours."""

import pytest

from tests.browsing import book, contrast, visit

CHAPTER = "02-normalizing-a-batch.html"
SHOWN = """selector => [...document.querySelectorAll(selector)]
    .map(e => e.checkVisibility() && e.getClientRects().length > 0)"""


@pytest.fixture(scope="module")
def folder():
    return book()


def shown(page, selector):
    """Which of the elements that fit `selector` can be seen."""
    found = page.evaluate(SHOWN, selector)
    assert found
    return set(found)


CODE = "details.hide .highlight"
ANSWERS, NAMES = "details.answer > p", "details.answer > summary"


@pytest.mark.parametrize("script", [True, False])
def test_paper_opens_folded_code_and_leaves_no_bare_name_of_an_answer(script, address, chromium):
    with visit(chromium, address + CHAPTER, script=script) as page:
        assert shown(page, CODE) == {False} == shown(page, ANSWERS)
        page.emulate_media(media="print")
        assert shown(page, CODE) == {True}
        assert shown(page, ANSWERS) == {False} == shown(page, NAMES)
        assert shown(page, "details.hide > summary") == {False}
        page.emulate_media(media="screen")
        assert shown(page, CODE) == {False}


def test_one_switch_prints_the_answers_on_this_page_and_the_next(address, chromium):
    with visit(chromium, address + CHAPTER) as page:
        switch = page.get_by_label("Print the answers and solutions, too")
        assert not switch.is_checked()
        switch.check()
        page.goto(address + "05-training-and-inference.html")
        assert switch.is_checked()
        page.emulate_media(media="print")
        assert shown(page, ANSWERS) == {True} == shown(page, NAMES)
        assert shown(page, ".print-choice") == {False}
        page.emulate_media(media="screen")
        assert shown(page, ANSWERS) == {False}
        switch.uncheck()
        page.emulate_media(media="print")
        assert shown(page, ANSWERS) == {False}


def test_browsers_without_content_of_folds_open_them_to_print(address, chromium):
    """`beforeprint` opens what is printed, and `afterprint` closes it again."""
    with visit(chromium, address + CHAPTER, theme="dark") as page:
        page.locator("details.hide").first.locator("summary").click()
        state = "[...document.querySelectorAll('details')].map(fold => fold.open)"
        before = page.evaluate(state)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert page.locator("details.hide:not([open])").count() == 0
        assert page.locator("details.answer[open]").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(state) == before and sum(before) == 1
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_translation_leaves_formulas_and_code_alone(address, chromium):
    with visit(chromium, address + CHAPTER) as page:
        translated = "all => all.filter(e => e.translate).map(e => e.outerHTML)"
        for what in ("pre", "code", ".katex"):
            found = page.locator(f"article {what}")
            assert found.count() > 5 and found.evaluate_all(translated) == []
        assert page.locator("article p").first.evaluate("e => e.translate")


TEXTS = """() => [...document.querySelectorAll("svg text, summary, .caption, .live-words, button")]
    .filter(e => e.checkVisibility())
    .map(e => {
        const words = getComputedStyle(e)[e.matches("text") ? "fill" : "color"];
        let ground = e;  // the nearest that has a colour of its own
        const clear = "rgba(0, 0, 0, 0)";
        while (getComputedStyle(ground).backgroundColor === clear) ground = ground.parentElement;
        return [words, getComputedStyle(ground).backgroundColor, e.textContent];
    })"""
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(params=["light", "dark"])
def forced(request, address, chromium):
    """A page in forced colours, those of the system, with the other theme chosen on the site."""
    with visit(chromium, address + "index.html", theme=request.param) as page:
        other = "dark" if request.param == "light" else "light"
        page.evaluate(f"localStorage.setItem('mode', '{other}')")
        page.emulate_media(forced_colors="active", color_scheme=request.param)
        yield page


@pytest.mark.parametrize("name", ["index.html", CHAPTER, "06-what-it-buys.html"])
def test_in_forced_colours_text_has_contrast_whatever_theme_was_chosen(name, address, forced):
    forced.goto(address + name)
    forced.wait_for_timeout(500)
    texts = forced.evaluate(TEXTS)
    assert len(texts) > 10
    assert [text for colour, ground, text in texts if contrast(colour, ground) < 4.5] == []


DIFFERENT = """() => {
    const dots = [...document.querySelectorAll(".train-full")].map(d => getComputedStyle(d).fill);
    const maps = [...document.querySelectorAll(".train-map")].map(m => getComputedStyle(m).color);
    return [dots[0], ...maps];
}"""


def test_in_forced_colours_the_dots_differ_from_the_map_and_the_maps_from_each_other(forced):
    forced.reload()
    forced.locator(".train-full").first.wait_for()
    dot, *maps = forced.evaluate(DIFFERENT)
    assert len({dot, *maps}) == 3
    assert contrast(dot, forced.evaluate(GROUND)) > 7


def test_paper_has_the_answers_of_questions_only_if_they_are_wanted(address, chromium):
    with visit(chromium, address + CHAPTER) as page:
        page.emulate_media(media="print")
        answers = page.locator(".question-answers").first
        assert answers.bounding_box() is None
        page.evaluate("document.documentElement.dataset.print = 'answers'")
        assert answers.bounding_box()["height"] > 50
