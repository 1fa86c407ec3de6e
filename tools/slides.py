"""Make slides of the one-hour lesson from its built page: python -m tools.slides.

What stands on a slide is what the page marks: headings, formulas, code, figures with their
captions, guesses, what was learnt, and checks. The prose between them becomes the speaker's notes,
so the lesson is written once. A new slide begins at a heading, at each of the callouts, and at each
cell that shows something; answers appear with the next key. Everything comes from the book's own
site: reveal.js (package.json), the page's styles, its formulas and its live figures.

The slides are _build/html/slides.html. In a browser, S opens the notes, ? names the keys, and
slides.html?print-pdf prints one slide a page.
"""

import shutil
import sys

from lxml import html
from lxml.builder import E

from tools import faults
from tools.files import ROOT, SITE, write

LESSON = SITE / "00-one-hour.html"
SLIDES = SITE / "slides.html"
REVEAL = ROOT / "node_modules" / "reveal.js"
STYLE = ROOT / "tools" / "slides.css"
ASSETS = {
    "reveal.css": REVEAL / "dist" / "reveal.css",
    "reveal.js": REVEAL / "dist" / "reveal.js",
    "notes.js": REVEAL / "plugin" / "notes" / "notes.js",
    "slides.css": STYLE,
}
LEFT_OUT = {"exercises"}
"""Sections of the page that are for reading at home."""

START = """
Reveal.initialize({hash: true, width: 1280, height: 720, margin: 0.06, center: false,
                   pdfSeparateFragments: false, plugins: [RevealNotes]});
"""


def slides(article):
    """The slides of a page's `article`, each an element `section` that holds its notes as well."""
    (chapter,) = article.xpath("./section")
    made = [slide(next(parts(chapter)))]  # the title; what follows it is the set-up
    for section in chapter.xpath("./section"):
        if section.get("id") not in LEFT_OUT:
            heading = section.xpath("string(h2/text())")
            first, *others = [slide(part) for part in parts(section)]
            for other in others:
                other.insert(0, E.p(heading, {"class": "where"}))
            made += [first, *others]
    return made


def parts(section):
    """The children of a section of the page, cut into what stands on one slide."""
    part = []
    for child in section:
        if child.tag == "section" or not isinstance(child.tag, str):
            continue
        classes = child.get("class", "").split()
        breaks = "callout" in classes or (classes[:1] == ["cell"] and begins(child))
        if breaks and any(not spoken(element) for element in part):
            yield part
            part = []
        part.append(child)
    yield part


def spoken(element):
    """Whether an element is said and not shown: prose, and a heading is no slide by itself."""
    return element.tag == "h2" or (element.tag == "p" and element.get("class") != "caption")


def begins(cell):
    """Whether a cell of the page shows anything, and is not the output of the code before it."""
    folded = cell.xpath("./details")
    code = cell.xpath("./div[contains(@class, 'cell_input')]")
    return bool(code or (folded and cell.xpath("./div")))


def slide(part):
    """The slide of one part: what stands on the wall, and the rest as notes."""
    made, notes = E.section(), E.aside({"class": "notes"})
    only_prose = all(map(spoken, part))
    for element in part:
        if element.tag == "p" and spoken(element) and not only_prose:
            notes.append(element)
            continue
        result = ".//*[@data-live] or .//p[@class='claim']"
        code = f"./div[contains(@class, 'cell_input') and ../div[{result}]]"
        for aside in element.xpath(f"./details | {code}"):
            element.remove(aside)  # folded code; what makes a live figure, or a claim
        for link in element.xpath(".//a[@class='headerlink'] | .//button"):
            link.drop_tree()
        if not (len(element) or element.text_content().strip()):
            continue
        if element.tag == "details":
            element.set("class", "answer fragment")
            element.set("open", "")
        made.append(element)
    if len(notes):
        made.append(notes)
    return made


def page(source):
    """The text of slides.html from that of the lesson's page."""
    tree = html.document_fromstring(source)
    (article,) = tree.xpath("//article")
    for folded in article.xpath(".//guess-answer | .//answers-switch"):
        folded.drop_tag()  # in class, the next slide is the answer
    head = tree.find("head")
    kept = head.xpath("meta[@charset or @name='viewport'] | link[@rel='icon']")
    style = head.xpath("link[@rel='stylesheet']")
    assets = [E.link(rel="stylesheet", href=f"_static/slides/{name}") for name in ASSETS
              if name.endswith(".css")]  # fmt: skip
    title = E.title(f"Slides: {article.xpath('string(.//h1/text())')}")
    scripts = [E.script(src=f"_static/slides/{name}") for name in ASSETS if name.endswith(".js")]
    deck = E.div({"class": "reveal"}, E.div({"class": "slides"}, *slides(article)))
    whole = E.html(
        E.head(*kept, title, *style, *assets),
        E.body(deck, *scripts, E.script(START)),
        lang="en",
    )
    whole.set("data-theme", "light")  # a projector's wall is white
    return html.tostring(whole, encoding="unicode", doctype="<!DOCTYPE html>")


def main():
    if not LESSON.exists():
        sys.exit(
            f"There is no {LESSON.relative_to(ROOT)} to make slides of: run `make book` first."
        )
    folder = SITE / "_static" / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in ASSETS.items():
        shutil.copyfile(path, folder / name)
    write(SLIDES, page(LESSON.read_text("utf-8")))
    print(f"The slides: {SLIDES} (S: notes, ?: keys, ?print-pdf at the address: paper)")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
