"""The notebooks' conventions get their marks, and what the theme left nameless a name."""

import re

CAPTION = re.compile(r"(Figure \d+\.\d+|Try it)\.?\s*")

CALLOUTS = {"Guess", "Learnt", "Check"}


def add(site):
    for tree in site.trees.values():
        mark_callouts(tree)
        mark_captions(tree)
        mark_answers(tree)
        mend_head(tree)
        mend_names(tree)


def mark_callouts(tree):
    """A quotation that starts with a bold Guess, Learnt or Check is one."""
    for quotation in tree.iter("blockquote"):
        first = quotation.find(".//p/strong")
        word = first.text_content().strip(" .:") if first is not None else ""
        if word in CALLOUTS:
            quotation.set("class", f"callout {word.lower()}")


def mark_captions(tree):
    """A paragraph in italics that starts so is the caption of what it follows."""
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
    """Folded answers, apart from the folded cells that the theme makes."""
    for details in tree.xpath("//details[not(@class)]"):
        details.set("class", "answer")


def mend_head(tree):
    """One viewport, and colours that are there without a script too."""
    tree.set("data-theme", "light")
    for double in tree.xpath("//meta[@name='viewport'][position() > 1]"):
        double.getparent().remove(double)


def mend_names(tree):
    for icon in tree.xpath("//*[contains(@class, 'fa-')]"):
        icon.set("aria-hidden", "true")
    for summary in tree.xpath("//summary[@aria-label]"):
        del summary.attrib["aria-label"]  # it contradicts the text that everybody else reads
    for entry in tree.xpath("//*[@role='doc-biblioentry']"):
        entry.set("role", "listitem")
    # The theme's tooltips need a script of 80 KB; the browser's own do without.
    for button in tree.xpath("//*[@data-bs-toggle]"):
        for name in [n for n in button.attrib if n.startswith("data-bs-")]:
            del button.attrib[name]
