"""The lesson's slides in a real browser: all of it is there, fits, and fetches nothing."""

import pytest
from lxml import html

from tests.browsing import served, violations, visit
from tools import slides
from tools.files import SITE

WALL = 1280
FITS = """() => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = Reveal.getCurrentSlide();
    return scrollHeight <= clientHeight + 1 && scrollWidth <= clientWidth + 1;
}"""


@pytest.fixture(scope="module")
def address():
    if not slides.SLIDES.exists():
        pytest.fail("There are no slides: run `make slides` first.")
    with served(SITE) as address:
        yield f"{address}{slides.SLIDES.name}"


@pytest.fixture(scope="module")
def deck():
    return html.parse(slides.SLIDES).getroot().xpath("//div[@class='slides']/section")


def test_the_slides_hold_the_lesson_in_its_order(deck):
    lesson = html.parse(slides.LESSON).getroot()
    kept = lesson.xpath("//article//section[not(@id='exercises')]/h2/text()")
    assert [h2.text for slide in deck for h2 in slide.iter("h2")] == kept
    shown = "//article//section[h2 and not(@id='exercises')]//{}"
    answer = "details[contains(@class, 'answer')]"
    for what in ("blockquote", "p[@class='caption']", "div[@class='math']", answer):
        there = [e.text_content() for slide in deck for e in slide.xpath(f"./{what}")]
        assert len(there) == len(lesson.xpath(shown.format(what))), what
    assert len(deck) > 20
    headings = [slide.xpath("string(h2 | p[@class='where'])") for slide in deck[1:]]
    assert all(heading in kept for heading in headings)


def test_the_prose_is_in_the_notes_and_not_on_the_wall(deck):
    shown = [slide for slide in deck if slide.xpath("./p[not(@class)]")]
    assert all({e.tag for e in slide} <= {"p", "h1", "h2"} for slide in shown)  # links, at the end
    assert len(shown) <= 2
    notes = " ".join(n.text_content() for slide in deck for n in slide.xpath("./aside"))
    assert len(notes.split()) > 300


def test_every_slide_fits_on_the_wall(address, deck, chromium):
    with visit(chromium, address, WALL) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        tall = []
        for number in range(len(deck)):
            page.evaluate(f"Reveal.slide({number})")
            page.wait_for_timeout(50)
            if not page.evaluate(FITS):
                tall.append((number, page.evaluate("Reveal.getCurrentSlide().innerText")[:60]))
        assert tall == []
        assert page.complaints == []


def test_keys_turn_the_slides_and_answers_come_last(address, deck, chromium):
    with visit(chromium, address, WALL) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        number = next(n for n, slide in enumerate(deck) if slide.xpath("./details"))
        page.evaluate(f"Reveal.slide({number})")
        answer = page.locator("section.present details.fragment")
        assert "visible" not in answer.get_attribute("class").split()
        page.keyboard.press("ArrowRight")
        assert "visible" in answer.get_attribute("class").split()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.getIndices().h") == number + 1


def test_s_opens_the_speakers_notes(address, chromium):
    with visit(chromium, address, WALL) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        page.evaluate("Reveal.slide(1)")
        with page.expect_popup() as opened:
            page.keyboard.press("s")
        spoken = page.locator("section.present aside").text_content().split()[:5]
        opened.value.get_by_text(" ".join(spoken)).first.wait_for()
        assert page.complaints == []


@pytest.mark.parametrize("where", ["served", "file"])
def test_a_live_figure_answers_on_its_slide(where, address, deck, chromium):
    address = slides.SLIDES.as_uri() if where == "file" else address
    with visit(chromium, address, WALL) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        number = next(n for n, slide in enumerate(deck) if slide.xpath(".//*[@data-live]"))
        page.evaluate(f"Reveal.slide({number})")
        figure = page.locator("section.present [data-awake]")
        words = figure.get_by_role("status")
        before = words.inner_text()
        figure.locator("input[type=range]").first.press("End")
        assert words.inner_text() != before
        assert page.complaints == []


def test_paper_shows_one_slide_a_page(address, deck, chromium):
    with visit(chromium, f"{address}?print-pdf", WALL) as page:
        page.locator(".pdf-page").first.wait_for()
        assert page.locator(".pdf-page").count() == len(deck)


def test_slides_are_accessible(address, chromium):
    with visit(chromium, address, WALL) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        assert violations(page) == []
