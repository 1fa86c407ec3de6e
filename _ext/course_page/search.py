"""What the search page loads: the index of every section of the book, and the script that ranks.

A section is the text between its heading and the next one, without code and figures; what stands in
its subsections belongs to them. Terms of the glossary, claims and references are found like
sections. Both files are scripts, because a page opened from a file may load nothing else.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from lxml import html
from sphinx.search import en

from _ext.course_page import plain
from tools.files import ROOT

HERE = Path(__file__).parent
MINISEARCH = ROOT / "node_modules" / "minisearch"
OUR_SCRIPTS = ["search-rank.js", "search-page.js"]

SYNONYMS = yaml.safe_load((HERE / "synonyms.yml").read_text("utf-8"))
"""{how the book calls it: [how else it is called]}"""

UNSEARCHED = {"search.html", "404.html"}

KINDS = {
    "glossary": "glossary",
    "claims": "claim",
    "references": "reference",
    "misconceptions": "misconception",
    "teaching": "teaching",
    "grading": "teaching",
    "assignments": "assignment",
}
"""What is found on a page, or on the pages of a folder; on all others, sections of the course."""

HEADING = "h1 | h2 | h3 | h4"
LISTS = ".//dl[dt/@id] | .//dl[dt/a[contains(@href, '#claim-')]] | .//*[@role='list']"
"""XPath: the glossary, the ledger of claims and the references, whose entries are found alone."""

NUMBER = re.compile(r"[\d.]+ · ")
DOCUMENTATION = re.compile(r"^ *(/\*\*.*?\*/|//.*?$)\n?", re.DOTALL | re.MULTILINE)


@dataclass
class Section:
    """What the search finds: a section of a page, or an entry of a list."""

    address: str
    title: str
    page: str
    """The title of the page; empty for the page itself."""
    kind: str
    text: str
    terms: str = ""
    """What is set in italics, as terms are where they are defined."""
    code: str = ""
    """The words in the section's code, each once."""


def index(site):
    """The script with the sections of all pages of `site`, and the synonyms."""
    pages = {name: text for name, text in site.texts.items() if name not in UNSEARCHED}
    found = [asdict(section) for name in sorted(pages) for section in sections(name, pages[name])]
    content = json.dumps({"sections": found, "synonyms": SYNONYMS}, ensure_ascii=False)
    return f"const SEARCH_INDEX = {content};\n"


def script():
    """MiniSearch, a stemmer and our own scripts, as one."""
    library = (MINISEARCH / "dist" / "umd" / "index.js").read_text("utf-8")
    licence = (MINISEARCH / "LICENSE.txt").read_text("utf-8")
    own = [(HERE / name).read_text("utf-8") for name in OUR_SCRIPTS]
    library = DOCUMENTATION.sub("", library)  # more than half of the file
    return "\n".join([f"/* MiniSearch.\n{licence}*/", library, en.js_porter_stemmer, *own])


def sections(name, source):
    """The sections of the page `name`, of which `source` is the HTML, in their order."""
    kind = KINDS.get(name.removesuffix(".html").split("/")[0], "section")
    page = ""
    for part in html.document_fromstring(source).xpath(f"//article//section[@id][{HEADING}]"):
        heading = part.xpath(HEADING)[0]
        address = f"{name}#{part.get('id')}" if page else name
        title = title_of(heading)
        lists = part.xpath(LISTS)
        left_out = [heading, *part.findall(".//section"), *lists]
        text = plain.text(part, left_out)
        if text:
            own = [e for e in part.iter("em", "pre") if e.xpath("ancestor::section")[-1] is part]
            level = "part" if kind == "section" and heading.tag in ("h3", "h4") else kind
            yield Section(address, title, page, level, text, terms(own), code(own))
        page = page or title
        for entries in lists:
            if entries.xpath("ancestor::section")[-1] is part:
                yield from entries_of(entries, name, page, kind)


def title_of(heading):
    """A heading without its number; a chapter's title says which chapter it is."""
    number = heading.find("span[@class='section-number']")
    if number is None:
        return NUMBER.sub("", plain.text(heading), count=1)
    return f"Chapter {number.text.strip(' .')}: {plain.text(heading, [number])}"


def entries_of(entries, name, page, kind):
    """The entries of a list: terms and their definitions, claims and their measures, papers."""
    for entry in entries:
        if entry.tag == "dt":
            links = entry.xpath("a[contains(@href, '#claim-')]/@href")
            address = links[0] if links else f"{name}#{entry.get('id')}"
            text = []
            for described in entry.itersiblings():
                if described.tag == "dt":
                    break
                text.append(plain.text(described))
            yield Section(address, plain.text(entry), page, kind, " ".join(text))
        elif entry.get("role") == "listitem":
            paper, _, _ = plain.text(entry.find("p")).partition(" URL: ")
            yield Section(f"{name}#{entry.get('id')}", paper, page, kind, "")


def terms(elements):
    """What is set in italics as a term is: a few words outside captions."""
    other = "ancestor::p[@class='caption'] or ancestor::*[@class='bibtex-citation']"
    italics = [e for e in elements if e.tag == "em" and not e.xpath(other)]
    texts = dict.fromkeys(plain.text(element) for element in italics)
    return " · ".join(text for text in texts if len(text.split()) < 5)


def code(elements):
    """The words in code that was written, not printed, each once."""
    shown = "not(ancestor::*[@hidden])"  # a place to write in is hidden until a page computes
    cell = f"self::pre and ancestor::div[contains(@class, 'cell_input')] and {shown}"
    written = " ".join(e.text_content() for e in elements if e.xpath(cell))
    return " ".join(dict.fromkeys(re.findall(r"[^\W\d_]{3,}", written)))
