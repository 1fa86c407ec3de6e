"""The sections of the chapters: which are core, which go deeper, and the minutes that each takes.

content/core-path.yml names the core path. Minutes are computed from what a section holds, and so
are the sums that the pages show.
"""

import re
from dataclasses import dataclass

import nbformat
import yaml
from docutils.nodes import make_id

from tools.files import ROOT
from tools.notebooks import is_setup

CORE_PATH = ROOT / "content" / "core-path.yml"
WORDS = 130
"""Words a minute: careful reading of prose with formulas, by somebody who learnt English later."""
CELL = 0.5
"""Minutes to read a cell of code and what it printed or drew."""
HEADING = re.compile(r"(?m)^## (?P<title>.+)$")


@dataclass
class Section:
    """A part of a chapter below one heading; the first, without a title, stands before them all."""

    title: str
    core: bool
    words: int = 0
    cells: int = 0

    @property
    def anchor(self):
        """Its name in addresses."""
        return make_id(self.title)

    @property
    def minutes(self):
        """At least 1."""
        return max(1, round(self.words / WORDS + CELL * self.cells))

    @property
    def label(self):
        """The mark, the word and the minutes that stand below its heading."""
        unit = "minute" if self.minutes == 1 else "minutes"
        return f"{'● Core' if self.core else '○ Deeper'} · {self.minutes} {unit}"


def sections(notebook, core):
    """The sections of a chapter. core: the anchors of those that belong to the core path.

    Raises ValueError for an anchor that no section has.
    """
    found = [Section("", core=True)]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1].cells += not is_setup(cell)
            continue
        before, *parts = HEADING.split(cell.source)
        found[-1].words += len(before.split())
        for title, text in zip(parts[::2], parts[1::2], strict=True):
            found.append(Section(title, make_id(title) in core, len(text.split())))
    if unknown := set(core) - {section.anchor for section in found}:
        raise ValueError(
            f"content/core-path.yml names {sorted(unknown)}, received sections "
            f"{[section.anchor for section in found[1:]]}: name one of them."
        )
    return found


def chapters():
    """{name of a chapter's file without suffix: its sections}; empty where there is no core path.

    The lesson of an hour is a path of its own. Raises ValueError as `sections`.
    """
    if not CORE_PATH.exists():
        return {}
    core = yaml.safe_load(CORE_PATH.read_text("utf-8"))
    found = sorted((ROOT / "content").glob("[0-9][0-9]-*.ipynb"))
    return {
        path.stem: sections(nbformat.read(path, as_version=4), core.get(path.stem, ()))
        for path in found
        if not path.stem.startswith("00-")
    }


def minutes():
    """What pages say of the paths: {"core": minutes, "all": minutes}, to the next five."""
    every = [section for each in chapters().values() for section in each]
    core = sum(section.minutes for section in every if section.core)
    return {"core": 5 * round(core / 5), "all": 5 * round(sum(s.minutes for s in every) / 5)}


def label(notebook, parts):
    """Put the label of each of the `parts`, the sections of `notebook`, below its heading."""
    labels = {section.title: f"\n\n*{section.label}*" for section in parts}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(lambda h: h[0] + labels.get(h["title"], ""), cell.source)
