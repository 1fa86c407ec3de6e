"""The page of fifteen misconceptions: all are there, and each place and test that it names."""

import ast
import re
from functools import cache

import jinja2
import nbformat
import pytest
from docutils.nodes import make_id

from local.exercises import quiz
from local.exercises.broken import BROKEN
from local.exercises.ideas import MISCONCEPTIONS
from local.exercises.questions import QUESTIONS
from tools import assignments, ledger
from tools.files import ROOT

CONTENT = ROOT / "content"
PAGE = jinja2.Template((CONTENT / "misconceptions.md").read_text("utf-8")).render(
    assignments.substitutions()
)
ENTRIES = re.split(r"(?m)^## ", PAGE)[1:]
EVERY_ENTRY = pytest.mark.parametrize(
    "entry", ENTRIES, ids=lambda entry: make_id(entry.split("\n")[0])
)
LINK = re.compile(r'<a href="(.+?)\.html#(.+?)">(.+?)</a>(?: \(chapter (\d+)\))?')
TEST = re.compile(r"\*([\w ]+)\* \(`(tests/\w+\.py)`\)")


@cache
def read(page):
    return nbformat.read(CONTENT / f"{page}.ipynb", as_version=4)


@cache
def sections(page):
    """By the id that the book gives to a heading: the heading, and what stands below it."""
    asks = re.compile(r"(?m)^Question\(")
    shown = (
        cell.source
        for cell in read(page).cells
        if cell.cell_type == "markdown" or asks.search(cell.source)
    )
    _, *parts = re.split(r"(?m)^#+ (.+)$", "\n".join(shown))
    return {make_id(parts[i]): (parts[i], parts[i + 1]) for i in range(0, len(parts), 2)}


def number(words):
    return int(words.split(maxsplit=1)[0].rstrip(":"))


def test_every_misconception_stands_there_once_and_in_order():
    headings = [entry.split("\n")[0].casefold() for entry in ENTRIES]
    rows = [f'{number} · "{row.sentence}"'.casefold() for number, row in MISCONCEPTIONS.items()]
    assert headings == rows


@EVERY_ENTRY
def test_an_entry_asks_before_it_answers(entry):
    _, question, *_ = entry.split("\n\n")
    key = f"misconception-{number(entry)}"
    assert question == f"```{{live}} question.Question {key}\n```"
    assert key in quiz.MISCONCEPTION_ITEMS


@EVERY_ENTRY
def test_the_section_that_answers_it_is_among_its_links(entry):
    page, _, anchor = MISCONCEPTIONS[number(entry)].page.partition("#")
    assert anchor in sections(page)
    assert (page, anchor) in [link[:2] for link in LINK.findall(entry)]


@EVERY_ENTRY
def test_every_link_leads_to_what_it_promises(entry):
    kinds = set()
    for page, anchor, text, chapter in LINK.findall(entry):
        if anchor.startswith("claim-"):
            assert anchor in {claim.anchor for claim in ledger.claims_of(read(page))}
            assert text == f"`{anchor.removeprefix('claim-')}`"
            continue
        heading, below = sections(page)[anchor]
        if task := re.fullmatch(r"task (\d) of assignment (\d)", text):
            assert page == f"assignments/{[*QUESTIONS][int(task[2]) - 1]}"
            assert heading.startswith(f"{task[1]} · ")
        elif text.startswith("figure "):
            assert re.search(rf"\*F{re.escape(text[1:])}\b", below)
            kinds.add("figure")
        else:
            assert heading.endswith(text) and page.startswith(f"{chapter:>02}-")
            assert re.search(r"(?m)^> \*\*Check\.\*\*|^Question\(", below)
            kinds.add("question")
    assert kinds == {"figure", "question"}
    assert entry.count("<a ") == len(LINK.findall(entry))


@EVERY_ENTRY
def test_what_holds_an_entry_is_there(entry):
    _, held = entry.split("**Held by**")
    tests, caught = TEST.findall(held), re.findall(r"`([A-Z]\w+)`", held)
    assert tests or "#claim-" in held
    assert len(tests) == held.count("tests/")
    for words, file in tests:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        names = {f"{kind}_{words.replace(' ', '_')}" for kind in ("check", "test")}
        assert names & {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {BROKEN[name].idea.misconception for name in caught} <= {number(entry)}
