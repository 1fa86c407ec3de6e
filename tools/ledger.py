"""Write the ledger, every claim of the executed notebooks, for content/claims.md to include.

Usage: python -m tools.ledger, after tools.execute. The file in _build is written only where it
changes: then, and only then, Sphinx reads the page of claims again.
"""

import re
import sys

from local.claims import MIME, Claim
from tools import faults, verdicts
from tools.cache import executed
from tools.files import ROOT, write

LEDGER = ROOT / "_build" / "ledger.md"
EMPTY = "No chapter has put a claim into the ledger yet.\n"


class LedgerError(ValueError):
    """The claims of the book do not fit together."""


def claims_of(notebook):
    """The claims in the outputs of an executed notebook, in their order."""
    outputs = (out for cell in notebook.cells for out in cell.get("outputs", ()))
    records = (out["data"][MIME] for out in outputs if MIME in out.get("data", {}))
    return [Claim.from_record(record) for record in records]


def page(chapters, worlds):
    """The ledger in Markdown. chapters: {name of the notebook's file, without suffix: notebook}.

    worlds: the verdicts of other worlds (`tools.verdicts`). Raises LedgerError where two claims of
    the book have the same key.
    """
    places, parts = {}, []
    for name, notebook in chapters.items():
        claims = claims_of(notebook)
        for claim in claims:
            if claim.key in places:
                raise LedgerError(
                    f"key {claim.key!r} stands for a claim in {places[claim.key]} and for one in "
                    f"{name}: choose another for one of them."
                )
            places[claim.key] = name
        if claims:
            parts += [heading(name, notebook), *(entry(claim, name, worlds) for claim in claims)]
    return "\n\n".join(parts) + "\n" if parts else EMPTY


def heading(name, notebook):
    """The chapter's number and title, from its file's name and its first line; 0 is the lesson."""
    title = re.search(r"(?m)^# (.+)", notebook.cells[0].source)[1]
    number = int(name.split("-")[0])
    return f"## Chapter {number}: {title}" if number else f"## {title}"


def entry(claim, name, worlds):
    """A claim, linked to its place in the chapter, then what was measured and what a paper says.

    worlds: the verdicts of other worlds, by the claim's key. It is a definition list, which is
    easier to read on a phone than a table.
    """
    lines = [
        f'<a href="{name}.html#{claim.anchor}">{escaped(claim.text)}</a>',
        f": {escaped(claim.measured)} Predicted: {escaped(claim.predicted)}.",
    ]
    if claim.key in worlds:
        lines.append(f": {verdicts.strip(claim.key, worlds[claim.key])}")
    if claim.paper:
        says = f"{{cite:t}}`{claim.paper.key}`: {escaped(claim.paper.says)}"
        lines.append(f": {says} **{claim.paper.verdict}**")
    return "\n".join(lines)


def escaped(text):
    """Plain text as Markdown that shows it."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def main():
    try:
        text = page({p.stem: notebook for p, notebook in executed().items()}, verdicts.read())
    except LedgerError as error:
        sys.exit(f"The book stops here: {error}")
    if not LEDGER.exists() or LEDGER.read_text("utf-8") != text:
        write(LEDGER, text)


if __name__ == "__main__":
    with faults.in_one_line():
        main()
