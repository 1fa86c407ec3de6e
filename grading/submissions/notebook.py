"""The cells of a submitted notebook: reading them, and finding the one that answers a question."""

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from grading.submissions.handed import UnreadableError

LARGEST_CODE = 1 << 20
"""Characters of code in a notebook, at the most."""

STAMP = re.compile(r'^REPOSITORY(?:, COMMIT = "", ""| = "[^"\n]*"\nCOMMIT = "[^"\n]*").*', re.M)
"""Where the set-up cell names its repository. Without this, the cell is the same everywhere."""


@dataclass(frozen=True)
class Cell:
    """A code cell: its source, and the id that the release gave it (None if it has none).

    text: it was turned into a text by mistake.
    """

    source: str
    grade_id: str | None = None
    text: bool = False


def code_cells(data):
    """The Cells of code in the bytes of a notebook. Raises UnreadableError."""
    if not data.strip():
        raise UnreadableError("the file is empty")
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            "the file is not a notebook: it is not JSON, or only a part of it"
        ) from error
    try:
        sheets = notebook.get("worksheets", [notebook])  # format 3 had sheets
        cells = _meant([cell for sheet in sheets for cell in _code(sheet["cells"])])
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError("the file is JSON, but not a notebook: it has no cells") from error
    if sum(len(cell.source) for cell in cells) > LARGEST_CODE:
        raise UnreadableError("the notebook has more than 1 MB of code")
    return cells


def _meant(cells):
    """The cells without those texts whose question a cell of code defines."""
    code = [cell.source for cell in cells if not cell.text]
    return [
        cell
        for cell in cells
        if not (cell.text and any(map(_definition(cell.grade_id).search, code)))
    ]


def _code(raw_cells):
    """A Cell for each cell of code in a notebook's JSON."""
    for raw in raw_cells:
        source = raw.get("source", raw.get("input", ""))
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        metadata = raw.get("metadata")
        metadata = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        metadata = metadata if isinstance(metadata, dict) else {}
        grade_id = metadata.get("grade_id") if metadata.get("solution") else None
        # A solution whose cell was turned into text by mistake is still a solution.
        if isinstance(source, str) and (raw.get("cell_type") == "code" or grade_id):
            source = STAMP.sub("", source.encode("utf-8", "replace").decode())
            text = raw.get("cell_type") != "code"
            yield Cell(source, grade_id if isinstance(grade_id, str) else None, text)


def common_cells(folder, slugs):
    """The sources of the code cells that students do not change, of the assignments in `folder`.

    They are known in advance only to save time, so an assignment whose notebook cannot be read is
    left out.
    """
    cells = []
    for slug in slugs:
        with contextlib.suppress(UnreadableError, OSError):
            cells += code_cells(Path(folder, f"{slug}.ipynb").read_bytes())
    # In a release, nbgrader removes what stands between "### BEGIN ..." and "### END ...".
    return [c.source for c in cells if c.grade_id is None and "### BEGIN " not in c.source]


def _definition(name):
    """The pattern of the beginning of a definition of `name`."""
    name = re.escape(str(name))
    return re.compile(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=", re.M)


def defining_cells(cells, name):
    """The numbers of the cells whose definition of `name` counts, and a remark for a person.

    A cell is found by its id, or else by the name that it defines. The remark says what is unusual,
    or is ""; where no cell is found, it says why a person has to look at the notebook.
    """
    definition = _definition(name)
    with_id = [number for number, cell in enumerate(cells) if cell.grade_id == name]
    naming = [number for number, cell in enumerate(cells) if name in cell.source]
    defining = [number for number in naming if definition.search(cells[number].source)]
    both = [number for number in with_id if number in defining]
    if len(both) == 1:
        several = f"{name} is defined in {len(defining)} cells; the one with its id counts"
        return both, several if len(defining) > 1 else ""
    if both:
        return both, f"{len(both)} cells are the cell of {name}; the last one counts"
    if len(defining) == 1:
        return defining, f"{name} was found by its name: its cell has lost its id"
    if defining:
        return defining, f"{name} is defined in {len(defining)} cells; the last one counts"
    if with_id:
        others = re.findall(r"^(?:def|class)[ \t]+(\w+)", cells[with_id[-1]].source, re.M)
        instead = f", but {', '.join(others[:3])}" if others else ""
        return [], f"the cell of {name} does not define it{instead}"
    return [], f"no cell defines {name}: was it deleted, or is this another notebook?"


def recognized(cells, catalogue):
    """The slug of the assignment whose functions the cells define, or None if that is not clear."""
    defined = {
        slug: sum(bool(defining_cells(cells, question.name)[0]) for question in questions)
        for slug, questions in catalogue.items()
    }
    best = max(defined, key=defined.get)
    clear = defined[best] and list(defined.values()).count(defined[best]) == 1
    return best if clear else None
