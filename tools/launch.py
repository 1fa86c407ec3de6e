"""Write the notebooks that Colab opens into _build/launch: python -m tools.launch.

They are the book's notebooks, executed and with their figures, changed only where a notebook that
stands alone needs it: the setup cell is stamped with the repository's address and commit, links to
other pages lead to the site or to Colab, citations become plain text, and headings say which path
they are on. Code that the pages fold is a closed form; the solutions of assignments, which they
fold, too, are removed.
"""

import posixpath
import re
import shutil
import sys

from nbgrader.preprocessors import ClearOutput, ClearSolutions, LockCells
from pybtex.database import parse_file

from tools import faults, paths, repository, scaffolding
from tools.cache import executed
from tools.files import ROOT
from tools.notebooks import SETUP, WIDGET, put_setup, write
from tools.repository import BRANCH

FOLDER = ROOT / "_build" / "launch"
UNSTAMPED = 'REPOSITORY, COMMIT = "", ""'
STUB = '# your code here\nraise NotImplementedError("not filled in yet")'
"""What an assignment has in the place of a solution."""
COLAB = "https://colab.research.google.com/github"


def stamped(source, home):
    """The setup cell's `source` with the address and the commit of the repository `home`."""
    return source.replace(UNSTAMPED, f'REPOSITORY = "{home.url}"\nCOMMIT = "{home.commit}"')


def citations(bibliography=ROOT / "content" / "references.bib"):
    """Key -> "Author and Author 2015" for every entry of the bibliography."""
    texts = {}
    for key, entry in parse_file(str(bibliography)).entries.items():
        names = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
        people = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        texts[key] = f"{people} {entry.fields['year']}"
    return texts


def standing_alone(text, home, cited, folder="content"):
    """Markdown `text` of a page in `folder`, with links and citations that work outside the book.

    Raises KeyError for a citation that is not in the bibliography.
    """

    def cite(found):
        works = "; ".join(cited[key.strip()] for key in found["keys"].split(","))
        return works if found["kind"] == "t" else f"({works})"

    def link(found):
        page, anchor = posixpath.normpath(f"{folder}/{found['page']}"), found["anchor"] or ""
        if found["kind"] == "ipynb":
            return f"]({COLAB}/{home.owner}/{home.name}/blob/{BRANCH}/{page}.ipynb{anchor})"
        return f"]({home.site}{page.removeprefix('content/')}.html{anchor})"

    text = re.sub(r"\{cite:(?P<kind>[pt])\}`(?P<keys>[^`]+)`", cite, text)
    return re.sub(r"\]\((?P<page>[\w./-]+)\.(?P<kind>ipynb|md)(?P<anchor>#[\w-]+)?\)", link, text)


def stand_alone(notebook, home, cited, folder):
    """Change `notebook`, which is in `folder`, where it could not be used without the book."""
    put_setup(notebook, stamped(SETUP, home))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = standing_alone(cell.source, home, cited, folder)


def fold(notebook):
    """Close the code of scaffolding as Colab does it: in a form, of which the title is shown."""
    for cell, title in scaffolding.titles(notebook):
        cell.metadata["cellView"] = "form"
        cell.source = f"#@title {title}\n{cell.source}"


def without_kernel(notebook):
    """Remove the widgets of live figures, which need a kernel; their pages, which do not, stay."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)


def student_copy(notebook):
    """Remove an assignment's solutions and its outputs; a chapter stays as it is."""
    solutions = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution")]
    if solutions:
        for cut in (ClearSolutions(code_stub={"python": STUB}), LockCells(), ClearOutput()):
            cut.preprocess(notebook, {})
    for cell in solutions:
        cell.metadata.pop("tags", None)  # which fold the solution on the book's pages
        cell.metadata.pop("mystnb", None)


def main():
    home = repository.find(ROOT)
    if home is None:
        sys.exit(
            "No address to stamp: give this clone an `origin` on GitHub, or let COURSE_REMOTE name "
            "a repository there, and run this again."
        )
    if not repository.committed(ROOT):
        sys.exit(repository.UNCOMMITTED)
    notebooks, cited, chapters = executed(), citations(), paths.chapters()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for path, notebook in notebooks.items():
        place = path.relative_to(ROOT)
        without_kernel(notebook)
        student_copy(notebook)
        stand_alone(notebook, home, cited, place.parent.as_posix())
        paths.label(notebook, chapters.get(path.stem, ()))
        fold(notebook)
        (FOLDER / place).parent.mkdir(parents=True, exist_ok=True)
        write(notebook, FOLDER / place)
    print(f"{len(notebooks)} notebooks for {home.url} are in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
