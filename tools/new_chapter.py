"""Begin a chapter: python -m tools.new_chapter NAME (as in small-batches).

The new notebook is made from tools/chapter.md. It keeps every rule of tools/lint_notebooks.py, is
executed, and becomes the last chapter of the book. Its sentences are there to be replaced.
"""

import json
import re
import sys

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import faults, notebooks
from tools.files import ROOT, write

TEMPLATE = ROOT / "tools" / "chapter.md"
FENCE = re.compile(r"^```python ?(?P<metadata>.*)\n(?P<source>[^`]*)^```\n", re.MULTILINE)
CHAPTER = re.compile(r"(?m)^( *- file: )content/\d\d-[\w-]+\n(?: +title: .*\n)?")


def cells(text):
    """The cells of a chapter in Markdown. Fenced Python is a code cell, its metadata is JSON."""
    end = 0
    for fence in FENCE.finditer(text):
        if prose := text[end : fence.start()].strip():
            yield new_markdown_cell(prose)
        metadata = json.loads(fence["metadata"] or "{}")
        yield new_code_cell(fence["source"].strip(), metadata=metadata)
        end = fence.end()
    yield new_markdown_cell(text[end:].strip())


def notebook(title, number):
    """The chapter `number` with that title, not executed yet."""
    text = TEMPLATE.read_text("utf-8").replace("TITLE", title).replace("NUMBER", str(number))
    made = new_notebook(cells=list(cells(text)))
    description = f"{title}: a question, an experiment that decides it, and what was learnt."
    made.metadata.myst = {"html_meta": {"description": description}}
    return made


def with_chapter(toc, stem):
    """The text of _toc.yml with the chapter `stem` after the last one."""
    *_, last = CHAPTER.finditer(toc)
    return f"{toc[: last.end()]}{last[1]}content/{stem}\n{toc[last.end() :]}"


def main(name):
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        sys.exit(f"A chapter's NAME is lower-case words with hyphens, small-batches; got {name!r}.")
    chapters = sorted((ROOT / "content").glob("[0-9][0-9]-*.ipynb"))
    if taken := [path.name for path in chapters if path.stem[3:] == name]:
        sys.exit(f"There is a chapter of this name: {taken[0]}.")
    number = 1 + max(int(path.stem[:2]) for path in chapters)
    path = ROOT / "content" / f"{number:02d}-{name}.ipynb"
    draft = path.with_suffix(".draft")
    notebooks.write(notebook(name.replace("-", " ").capitalize(), number), draft)
    try:
        notebooks.refresh(draft)
        draft.rename(path)  # before the table of contents, which may name only files that exist
        toc = ROOT / "_toc.yml"
        write(toc, with_chapter(toc.read_text("utf-8"), path.stem))
    except BaseException:
        for unfinished in draft, path:
            unfinished.unlink(missing_ok=True)
        raise
    print(f"{path.relative_to(ROOT)} stands in _toc.yml; give it a line in content/index.md, too.")


if __name__ == "__main__":
    with faults.in_one_line():
        main(*sys.argv[1:])
