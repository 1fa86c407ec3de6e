"""Print the built book into one PDF: python -m tools.pdf.

Its pages, in the order of the menu, become one document, which Chromium prints: with an outline,
the numbers of the pages, links inside the book, alternative texts, and live figures as the stills
that stand where no script runs. Answers and solutions are open in it. It stands beside the pages
as _build/html/batch-normalization.pdf, and the index leads to it.
"""

import posixpath
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from lxml import html
from lxml.builder import E
from playwright.sync_api import sync_playwright

from local import plots
from tools import browser, faults, repository
from tools.files import ROOT, SITE, replacing, write

PDF = SITE / "batch-normalization.pdf"

FOLDERS = ("_static", "_images")
"""What the pages load."""

STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm; }
html { font-size: 13px; }
body { background: none; }
h1, h2, h3, h4 { white-space: break-spaces; } /* or the outline has no space where a line ends */
.bd-article { max-width: none; padding: 0; }
.bd-article > section { break-before: page; }
.bd-article > section:first-child { break-before: auto; }
"""
FOOTER = f"""<p style="width: 100%; font: 9px sans-serif; text-align: center;
 color: {plots.THEMES["light"]["muted"]}"><span class="pageNumber"></span></p>"""

PATIENCE = 600_000
"""Milliseconds for Chromium: it lays out hundreds of pages at once."""

NAMING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
"""Attributes that name other parts of the page."""

LEFT_OUT = ".//script | .//answers-switch | .//button | .//*[contains(@class, 'print-choice')]"


def names(index):
    """The pages of the book in the order of its menu. index: the tree of the index."""
    links = index.xpath("//nav[contains(@class, 'bd-docs-nav')]//a/@href")
    return ["index.html", *(link for link in links if link.endswith(".html"))]


def anchor(name, part=""):
    """What a part of a page is called in the one document: names are unique on a page only."""
    return f"{name.removesuffix('.html').replace('/', '-')}--{part}" if part else f"page-{name}"


def chapter(name, tree, known):
    """The article of a page as a part of the one document. known: the names of all pages in it."""
    (article,) = tree.xpath("//article")
    for part in article.xpath(LEFT_OUT):
        part.drop_tree()
    for number in article.xpath(".//h1/span[@class='section-number']"):
        number.drop_tag()  # which the outline would have twice
    for part in article.xpath(".//*[@id][not(ancestor-or-self::svg)]"):
        part.set("id", anchor(name, part.get("id")))
    for attribute in NAMING:
        for part in article.xpath(f".//*[@{attribute}][not(ancestor-or-self::svg)]"):
            part.set(attribute, " ".join(anchor(name, id) for id in part.get(attribute).split()))
    for link in article.xpath(".//a[@href]"):
        link.set("href", led(name, link.get("href"), known))
        if not link.get("href"):
            del link.attrib["href"]
    for part in article.xpath(".//*[@src]"):
        part.set("src", from_top(name, part.get("src")))
    for part in article.xpath(".//*[@loading]"):
        del part.attrib["loading"]  # all of it is printed, also what is far below
    for part in article.xpath(".//svg//image[@href]"):
        part.set("href", from_top(name, part.get("href")))
    sections = article.xpath("./section")
    sections[0].insert(0, E.span(id=anchor(name)))
    return sections


def from_top(name, address):
    """An address on the page `name`, as a page at the top of the site gives it."""
    return address.removeprefix("../" * name.count("/"))


def led(name, address, known):
    """Where a link of the page `name` leads in the one document; empty if it leads nowhere.

    What is no page of the book, such as slides, is on the book's site, if that is known.
    """
    url = urlsplit(address)
    if url.scheme:
        return address
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), url.path))
    path = path if url.path else name
    if path in known:
        target = url.fragment.partition("?")[0]  # a live figure without its state
        return f"#{anchor(path, target)}"
    return repository.site() and repository.site() + path


def document(pages):
    """The text of the one document. pages: the trees of the pages by their names, in order."""
    index = next(iter(pages.values()))
    (style,) = index.xpath("//link[@rel='stylesheet']/@href")
    title = index.xpath("string(//a[contains(@class, 'navbar-brand')])").strip()
    article = E.article({"class": "bd-article"})
    for name, tree in pages.items():
        article.extend(chapter(name, tree, pages.keys()))
    sheets = E.link(rel="stylesheet", href=style), E.style(STYLE)
    head = E.head(E.meta(charset="utf-8"), E.title(title), *sheets)
    whole = E.html(head, E.body(E.main(article, {"class": "bd-article-container"})), lang="en")
    whole.attrib.update({"data-theme": "light", "data-print": "answers"})
    return html.tostring(whole, encoding="unicode", doctype="<!DOCTYPE html>")


def print_book(text, target):
    """Print the one document, of that `text`, into the file `target`: whole or not at all."""
    path = browser.find()
    if path is None:
        sys.exit("A PDF needs a browser: run `.venv/bin/python -m tools.browser`, which finds one.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        source = Path(folder, "book.html")
        source.write_text(text, "utf-8")
        for name in FOLDERS:
            source.with_name(name).symlink_to(SITE / name)
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = chromium.new_page(java_script_enabled=False)
        page.goto(source.as_uri(), timeout=PATIENCE)
        page.set_default_timeout(PATIENCE)
        with replacing(target) as temporary:
            page.pdf(
                path=temporary, prefer_css_page_size=True, print_background=True, tagged=True,
                outline=True, display_header_footer=True, header_template="<p></p>",
                footer_template=FOOTER,
            )  # fmt: skip
        chromium.close()


def pages_of(pdf):
    """How many pages a PDF of Chromium's has."""
    return len(re.findall(rb"/Type */Page\b(?!s)", pdf.read_bytes()))


def link(index, pdf):
    """The text of the index with a line that leads to the PDF, in the place of an older one."""
    for old in index.xpath("//p[@class='book-pdf']"):
        old.drop_tree()
    size = f" ({pages_of(pdf)} pages, {pdf.stat().st_size / 1e6:.0f} MB)"
    line = E.p(E.a("The whole book as one PDF", href=pdf.name), size, {"class": "book-pdf"})
    (place,) = index.xpath("//section[@id='the-map']/h2") or index.xpath("//h1")
    place.addnext(line)
    return html.tostring(index, encoding="unicode", doctype="<!DOCTYPE html>")


def main():
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")

    def tree(name):
        return html.document_fromstring((SITE / name).read_text("utf-8"))

    index = tree("index.html")
    print_book(document({name: tree(name) for name in names(index)}), PDF)
    write(SITE / "index.html", link(index, PDF))
    print(f"The book as a PDF: {PDF.relative_to(ROOT)}")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
