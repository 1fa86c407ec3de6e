"""Code that is scaffolding is folded, and every fold says what is in it.

So is what a chapter needs before its first section, which asks its first question.
"""

from itertools import takewhile

from lxml.builder import E

from tools import scaffolding

IS_CELL = "[self::div[starts-with(@class, 'cell ')]]"
CELL = f"//*{IS_CELL}"
SETUP = "cell tag_setup tag_remove-input docutils container"
"""The cell that finds the course, of which the page shows nothing."""

INPUT = "div[starts-with(@class, 'cell_input')] | details/div[starts-with(@class, 'cell_input')]"
HEAD = "//article/section[h1/span[@class='section-number']]/*"
"""XPath: the parts of a chapter."""

BELOW = "ancestor::section[2] | ancestor::details"
"""XPath: what a cell is in that stands neither before the first section nor open; a page is a
section, too."""

FOLD = "admonition hide above-input"
"""The class of Jupyter Book's own folds, for which the theme has rules."""

UNNAMED = "Show code cell source"
"""What Jupyter Book's own folds are called; an author may have given another name."""


def fold(tree):
    """Fold the code cells of a page that are scaffolding, and name those that are folded."""
    fold_head(tree)
    for cell in tree.xpath(CELL):
        for code in cell.xpath(INPUT):  # none where it was removed
            fold_code(code, figure(cell), head=not cell.xpath(BELOW))


def fold_head(tree):
    """Fold what a chapter prepares before its first section, where that is more than one cell.

    It goes from the first cell to the chapter's first figure, or callout.
    """
    parts = [part for part in tree.xpath(HEAD) if part.get("class") != SETUP]
    begins = next((n for n, part in enumerate(parts) if part.xpath(f"self::*{IS_CELL}")), None)
    if begins is None:
        return
    prepared = list(takewhile(prepares, parts[begins:]))
    if len(prepared) > 1:
        details = E.details({"class": FOLD}, summary("the set-up: imports, data, code"))
        prepared[0].addprevious(E.div(details, {"class": "cell"}))  # where the theme styles folds
        details.extend(prepared)


def prepares(part):
    """Whether a part of a chapter is text or code, and shows no figure."""
    return part.tag in ("p", "ul", "ol", "div") and not figure(part)


def fold_code(code, figure, head):
    """Fold the `code` of a cell if it is scaffolding, and name the fold unless its author has."""
    details = code.getparent()
    tagged = details.tag == "details"
    title = scaffolding.title(code.text_content(), figure, tagged, head)
    if tagged and UNNAMED in details.text_content():
        details.remove(details.find("summary"))
    elif not tagged and title:
        details = E.details({"class": FOLD})
        code.addprevious(details)
        details.append(code)
    else:
        return
    details.insert(0, summary(f"{title[0].lower()}{title[1:]}"))


def figure(cell):
    """The number that the caption below a cell gives to its figure, as "Figure 2.1", or None."""
    below = cell.getnext()
    if below is None or below.get("class") != "caption":
        return None
    return below.findtext("em/strong")


def summary(title):
    """The line of a fold, as Jupyter Book writes it: one text while it is closed, one for open."""
    return E.summary(
        E.p(f"Show {title}", {"class": "collapsed admonition-title"}),
        E.p(f"Hide {title}", {"class": "expanded admonition-title"}),
    )
