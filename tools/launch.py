"""Write the notebooks that Colab opens into _build/launch: python -m tools.launch.

They are the book's own, executed and with their figures, changed only where a notebook that stands
alone needs it: the setup cell is stamped with the repository's address and commit, links to other
pages lead to the site or to Colab, and citations become plain text. Assignments lose their
solutions, which the book's pages keep folded.
"""

import posixpath
import re
import shutil
import sys

from nbgrader.preprocessors import ClearOutput, ClearSolutions, LockCells
from pybtex.database import parse_file

from tools import repository
from tools.cache import executed
from tools.notebooks import ROOT, SETUP, WIDGET, put_setup, write
from tools.repository import BRANCH

FOLDER = ROOT / "_build" / "launch"
UNSTAMPED = 'REPOSITORY, COMMIT = "", ""'
STUB = '# your code here\nraise NotImplementedError("not filled in yet")'
"""What stands in an assignment where the solution was."""
COLAB = "https://colab.research.google.com/github"


def stamped(source, home):
    """The setup cell's `source`, knowing the repository `home` and its commit."""
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
        inside = "; ".join(cited[key.strip()] for key in found["keys"].split(","))
        if found["kind"] == "t":
            return inside
        return f"({inside})"

    def link(found):
        page, anchor = posixpath.normpath(f"{folder}/{found['page']}"), found["anchor"] or ""
        if found["kind"] == "ipynb":
            return f"]({COLAB}/{home.owner}/{home.name}/blob/{BRANCH}/{page}.ipynb{anchor})"
        return f"]({home.site}{page.removeprefix('content/')}.html{anchor})"

    text = re.sub(r"\{cite:(?P<kind>[pt])\}`(?P<keys>[^`]+)`", cite, text)
    return re.sub(r"\]\((?P<page>[\w./-]+)\.(?P<kind>ipynb|md)(?P<anchor>#[\w-]+)?\)", link, text)


def stand_alone(notebook, home, cited, folder):
    """Change `notebook`, whose place is `folder`, where it could not be used without the book."""
    put_setup(notebook, stamped(SETUP, home))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = standing_alone(cell.source, home, cited, folder)


def without_kernel(notebook):
    """Leave of a live figure its page, which needs no kernel: that of the widget has ended."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)


def student_copy(notebook):
    """Cut an assignment's solutions out, and all they put out; a chapter stays as it is."""
    written = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    if written:
        for cut in (ClearSolutions(code_stub={"python": STUB}), LockCells(), ClearOutput()):
            cut.preprocess(notebook, {})
    for cell in written:
        cell.metadata.pop("tags", None)  # they fold the solution
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
    notebooks, cited = executed(), citations()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for path, notebook in notebooks.items():
        place = path.relative_to(ROOT)
        without_kernel(notebook)
        student_copy(notebook)
        stand_alone(notebook, home, cited, place.parent.as_posix())
        (FOLDER / place).parent.mkdir(parents=True, exist_ok=True)
        write(notebook, FOLDER / place)
    print(f"{len(notebooks)} notebooks for {home.url} are in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
