"""The book as one PDF: whole, in order, linked, and with all that a reader who cannot see needs."""

import re

import pytest
from lxml import html

from tools import pdf
from tools.files import SITE

CHAPTER, ASSIGNMENT = "02-normalizing-a-batch.html", "assignments/layer.html"


@pytest.fixture(scope="module")
def some():
    """A few pages of the book, by their names, as trees."""
    if not (SITE / "index.html").exists():
        pytest.fail("There is no book to print: run `make book` first.")
    names = ["index.html", CHAPTER, ASSIGNMENT]
    return {name: html.parse(SITE / name).getroot() for name in names}


@pytest.fixture(scope="module")
def book(some, tmp_path_factory):
    """The few pages as one document, and what Chromium prints of it."""
    text, target = pdf.document(some), tmp_path_factory.mktemp("printed") / "part.pdf"
    pdf.print_book(text, target)
    return html.document_fromstring(text), target


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
    assert len(inside) > 10 and inside <= set(ids)
    assert f"page-{CHAPTER}" in inside
    for picture in tree.xpath("//img/@src | //image/@href"):
        assert picture.startswith("data:") or (SITE / picture).is_file()
    assert tree.xpath("//script") == []


@pytest.mark.parametrize("site", ["", "https://example.org/book/"])
def test_what_is_no_page_of_the_book_is_on_its_site_or_no_link(site, monkeypatch):
    monkeypatch.setattr(pdf.repository, "site", lambda: site)
    known = {"index.html", ASSIGNMENT, "glossary.html"}
    led = {
        "slides.html": site and f"{site}slides.html",
        "#the-map": "#index--the-map",
        "glossary.html#term-batch": "#glossary--term-batch",
        "https://doi.org/1": "https://doi.org/1",
    }
    assert {address: pdf.led("index.html", address, known) for address in led} == led
    assert pdf.led(ASSIGNMENT, "../glossary.html", known) == "#page-glossary.html"
    assert pdf.led(ASSIGNMENT, "#x", known) == "#assignments-layer--x"


def test_the_pdf_has_an_outline_tags_alternative_texts_and_numbers(book):
    tree, path = book
    printed = path.read_bytes()
    assert pdf.pages_of(path) > 20
    assert b"file:" not in printed
    for needed in (b"/Outlines", b"/StructTreeRoot", b"/Lang (en)"):
        assert needed in printed
    assert b"/Title (Exercises)" in printed and b"/Title (The map)" in printed
    assert b"one batch at a time" in printed and b"batch,one" not in printed
    figures = tree.xpath("//*[contains(@class, 'drawing')]//svg[@aria-label]")
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
        pdf.print_book("<p>A book</p>", tmp_path / "book.pdf")
    monkeypatch.setattr(pdf, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="run `make book` first"):
        pdf.main()
    assert [*tmp_path.iterdir()] == []
