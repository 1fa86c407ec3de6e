"""A page that has folded answers lets its reader choose whether paper shows them: see paper.js."""

from lxml.builder import E

CHOICE = "Print the answers and solutions, too"


def add(tree):
    """Put the choice at the end of a page with folded answers."""
    if tree.xpath("//article//details[@class='answer']"):
        tree.set("data-print", "questions")
        (article,) = tree.xpath("//article")
        box = E.input({"type": "checkbox", "autocomplete": "off"})
        label = E.label(box, CHOICE, {"class": "print-choice pst-js-only d-print-none"})
        article.append(label)
