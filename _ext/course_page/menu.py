"""The menu names the subjects of each page, and the page's contents are ready for our scripts."""

from lxml.builder import E

ENTRY = "//nav[contains(@class, 'bd-docs-nav')]//a[contains(@class, 'internal')]"


def prepare(tree):
    """Set an entry's subjects apart: what stands behind the first colon of its title.

    The title is the page's own, or the one that `_toc.yml` gives it for the menu.
    """
    for entry in tree.xpath(ENTRY):
        name, _, subjects = (entry.text or "").partition(": ")
        if subjects:
            entry.text = f"{name} "
            entry.append(E.small(subjects))
    for contents in tree.xpath("//nav[@id='pst-page-toc-nav']"):
        # By this name the theme's script finds the contents, whose marks are ours: see contents.js.
        contents.set("id", "contents")
