"""Code that is scaffolding is folded, and every fold says what is in it."""

from lxml.builder import E

from tools import scaffolding

CELL = "//div[starts-with(@class, 'cell ')]"
INPUT = "div[starts-with(@class, 'cell_input')] | details/div[starts-with(@class, 'cell_input')]"
FOLD = "admonition hide above-input"
"""The class of Jupyter Book's own folds, for which the theme has rules."""

UNNAMED = "Show code cell source"
"""What Jupyter Book's own folds are called; an author may have given another name."""


def fold(tree):
    """Fold the code cells of a page that are scaffolding, and name those that are folded."""
    for cell in tree.xpath(CELL):
        for code in cell.xpath(INPUT):  # none where it was removed
            fold_code(code, figure(cell))


def fold_code(code, figure):
    """Fold the `code` of a cell if it is scaffolding, and name the fold unless its author has."""
    details = code.getparent()
    tagged = details.tag == "details"
    title = scaffolding.title(code.text_content(), figure, tagged)
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
