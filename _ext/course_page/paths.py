"""Below each heading of a chapter stands whether it is core or deeper, and how long it takes.

The script core-path.js lets a reader keep to the core sections.
"""

from lxml.builder import E

from tools import paths

SWITCH = "● Core sections only"


def add(site):
    """Label the sections of every chapter of `site`, and their entries in the page's contents."""
    for name, sections in paths.chapters().items():
        if (tree := site.trees.get(f"{name}.html")) is None:  # not in the table of contents
            continue
        switch = {"class": "path-choice pst-js-only", "type": "button", "aria-pressed": "false"}
        tree.find(".//article/section/section").addprevious(E.button(SWITCH, switch))
        for section in sections[1:]:
            part = tree.find(f".//section[@id='{section.anchor}']")
            path = "core" if section.core else "deeper"
            part.set("class", f"{part.get('class', '')} {path}".strip())
            heading = part.find("h2")
            part.insert(part.index(heading) + 1, E.p(section.label, {"class": "path"}))
            for entry in tree.xpath(f"//nav[@class]//a[@href='#{section.anchor}']"):
                entry.text = f"{section.label[0]} {(entry.text or '').strip()}"
