"""Sections that were renamed keep their old addresses, so that no link from elsewhere breaks."""

from pathlib import Path

import yaml
from lxml.builder import E
from sphinx.errors import ExtensionError

MOVED = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
"""For each page, the old name of a section and the name that it has now."""


def add(site):
    """Put the old names at the beginning of the sections of every page of `site`.

    Raises ExtensionError where a section that should be found has another name by now.
    """
    for page, names in MOVED.items():
        if (tree := site.trees.get(f"{page}.html")) is None:  # a fork may leave chapters out
            continue
        for old, new in names.items():
            section = tree.find(f".//section[@id='{new}']")
            if section is None:
                raise ExtensionError(
                    f"{page} has no section {new!r}, to which {old!r} leads: name the section that "
                    "takes its place in _ext/course_page/moved.yml."
                )
            section.insert(0, E.span(id=old))
