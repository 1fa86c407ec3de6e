"""The notebooks' conventions become classes in the HTML, and the theme's parts get proper names."""

import re

from lxml.builder import E

from tools import verdicts

CAPTION = re.compile(r"(Figure \d+\.\d+|Try it)\.?\s*")

NUMBER = re.compile(r"^\d+ · ")
"""What stands before the words of a heading."""

MATH = "//*[@class='math'] | //*[starts-with(@class, 'math ')]"
"""XPath: the formulas, which become HTML at the end of the build."""

CALLOUTS = {"Guess", "Learnt", "Check"}


def add(site):
    """Annotate every page of `site`."""
    found = verdicts.read()
    for tree in site.trees.values():
        mark_callouts(tree)
        mark_captions(tree)
        mark_answers(tree)
        add_verdicts(tree, found)
        name_sections(tree, site.trees)
        correct_head(tree)
        correct_names(tree)
        keep_untranslated(tree)


def mark_callouts(tree):
    """A quotation that starts with a bold Guess, Learnt or Check is a callout."""
    for quotation in tree.iter("blockquote"):
        first = quotation.find(".//p/strong")
        word = first.text_content().strip(" .:") if first is not None else ""
        if word in CALLOUTS:
            quotation.set("class", f"callout {word.lower()}")


def mark_captions(tree):
    """A paragraph in italics that starts with CAPTION is the caption of what is above it."""
    for paragraph in tree.xpath("//p[count(*) = 1 and em]"):
        found = CAPTION.match(paragraph[0].text or "")
        if found and not (paragraph.text or "").strip():
            emphasis = paragraph[0]
            paragraph.set("class", "caption")
            number = emphasis.makeelement("strong")
            number.text, number.tail = found[1], f" {emphasis.text[found.end() :]}"
            emphasis.text = None
            emphasis.insert(0, number)


def mark_answers(tree):
    """A fold without a class is an answer; the theme's folded cells have one."""
    for details in tree.xpath("//details[not(@class)]"):
        details.set("class", "answer")


def add_verdicts(tree, found):
    """The line of a claim says in how many worlds it holds, with a link to which.

    found: the verdicts, by the claim's key (`tools.verdicts`).
    """
    for line in tree.xpath("//p[@class='claim']"):
        key = line.get("id").removeprefix("claim-")
        if key in found:
            address = f"claims.html#worlds-{key}"
            link = E.a(verdicts.count(found[key]), href=address)
            link.tail = "."
            line[-1].tail += " "
            line.append(link)


def name_sections(tree, trees):
    """A link of the class `section` is called as the section that it leads to, if it is there."""
    headings = "//*[@id=$anchor]/*[self::h1 or self::h2 or self::h3]"
    for link in tree.xpath("//a[@class='section']"):
        page, _, anchor = link.get("href").partition("#")
        found = trees[page].xpath(headings, anchor=anchor) if page in trees else []
        for heading in found[:1]:
            words = "".join(heading.xpath("text() | *[not(@class='headerlink')]//text()"))
            link.text = NUMBER.sub("", words.strip())


def correct_head(tree):
    """Set the colours and the path for readers without scripts, and leave one viewport."""
    tree.set("data-theme", "light")
    tree.set("data-path", "all")
    for double in tree.xpath("//meta[@name='viewport'][position() > 1]"):
        double.getparent().remove(double)


def correct_names(tree):
    """Correct what a screen reader is told about the theme's icons, folds, entries and buttons."""
    for icon in tree.xpath("//*[contains(@class, 'fa-')]"):
        icon.set("aria-hidden", "true")
    for summary in tree.xpath("//summary[@aria-label]"):
        del summary.attrib["aria-label"]  # it differs from the visible text
    for entry in tree.xpath("//*[@role='doc-biblioentry']"):
        entry.set("role", "listitem")
    # The theme's tooltips need a script of 80 KB; the browser's own need none.
    for button in tree.xpath("//*[@data-bs-toggle]"):
        for name in [n for n in button.attrib if n.startswith("data-bs-")]:
            del button.attrib[name]


def keep_untranslated(tree):
    """A browser that translates the page leaves formulas and code as they are."""
    for element in tree.xpath(f"//pre | //code | //kbd | {MATH}"):
        element.set("translate", "no")
