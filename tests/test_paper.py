"""Off the screen: pages on paper, in a translation, in forced colours, and the book as a PDF."""

import re

import pytest
from lxml import html

from tests.browsing import contrast, served, visit
from tools import pdf
from tools.files import SITE

CHAPTER, ASSIGNMENT = "02-normalizing-a-batch.html", "assignments/layer.html"
SHOWN = """selector => [...document.querySelectorAll(selector)]
    .map(e => e.checkVisibility() && e.getClientRects().length > 0)"""


@pytest.fixture(scope="module")
def address():
    if not (SITE / "index.html").exists():
        pytest.fail("There is no book to look at: run `make book` first.")
    with served(SITE) as address:
        yield address


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
    .map(e => [getComputedStyle(e)[e.matches("text") ? "fill" : "color"], e.textContent])"""
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
    ground, texts = forced.evaluate(GROUND), forced.evaluate(TEXTS)
    assert len(texts) > 10
    assert [text for colour, text in texts if contrast(colour, ground) < 4.5] == []


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


# --- The book as a PDF ---


@pytest.fixture(scope="module")
def some():
    """A few pages of the book, by their names, as trees."""
    names = ["index.html", CHAPTER, ASSIGNMENT]
    return {name: html.parse(SITE / name).getroot() for name in names}


@pytest.fixture(scope="module")
def book(some):
    """The few pages as one document, and what Chromium prints of it."""
    source, target = SITE / "part-to-print.html", SITE / "part.pdf"
    try:
        source.write_text(pdf.document(some), "utf-8")
        pdf.print_book(source, target)
        yield html.parse(source).getroot(), target
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def test_the_menu_gives_the_pages_their_order():
    names = pdf.names(html.parse(SITE / "index.html").getroot())
    assert names[:3] == ["index.html", "00-one-hour.html", "01-covariate-shift.html"]
    assert {ASSIGNMENT, "glossary.html", "references.html"} <= set(names)
    assert len(names) == len(set(names))


def test_every_link_inside_the_document_leads_somewhere(book):
    tree, _ = book
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    inside = {link[1:] for link in tree.xpath("//a/@href") if link.startswith("#")}
    assert len(inside) > 20 and inside <= set(ids)
    assert f"page-{CHAPTER}" in inside
    for picture in tree.xpath("//img/@src | //image/@href"):
        assert picture.startswith("data:") or (SITE / picture).is_file()
    assert tree.xpath("//script") == []


def test_the_pdf_has_an_outline_tags_alternative_texts_and_numbers(book):
    tree, path = book
    printed = path.read_bytes()
    assert pdf.pages_of(path) > 20
    for needed in (b"/Outlines", b"/StructTreeRoot", b"/Lang (en)"):
        assert needed in printed
    assert b"/Title (Exercises)" in printed and b"/Title (The map)" in printed
    assert b"one batch at a time" in printed and b"batch,one" not in printed
    figures = tree.xpath("//*[@class='drawing']//svg[@aria-label]")
    assert len(re.findall(rb"/Alt [(<]", printed)) >= len(figures) > 5


def test_the_index_leads_to_the_pdf_once(book, some):
    _, path = book
    index = html.parse(SITE / "index.html").getroot()
    for _ in range(2):
        index = html.document_fromstring(pdf.link(index, path))
    (link,) = index.xpath(f"//a[@href='{path.name}']")
    assert link.text == "The whole book as one PDF"
    assert f"({pdf.pages_of(path)} pages" in link.getparent().text_content()


def test_without_a_book_or_a_browser_one_line_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf.browser, "find", lambda: None)
    with pytest.raises(SystemExit, match="needs a browser"):
        pdf.print_book(SITE / "index.html", tmp_path / "book.pdf")
    monkeypatch.setattr(pdf, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="run `make book` first"):
        pdf.main()
    assert [*tmp_path.iterdir()] == []
