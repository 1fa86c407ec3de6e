"""Every claim is asked in every world, once; the file is small, and the page shows it."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from lxml import html

from local.worlds import WORLDS
from tests import small_course
from tools import ledger, soak, verdicts

CLAIMS = """
import os
from local import worlds
from local.claims import above, claim
SEEDS = worlds.seeds(3)
claim("seeds-are-seeds", "Seeds are not negative.", SEEDS, above(-1), SEEDS)
claim("seeds-are-small", "Seeds are small.", [-seed for seed in SEEDS], above(-5), SEEDS)
if worlds.name() == "raw inputs":
    raise RuntimeError("stopped")
assert worlds.name() != "mini CIFAR"  # which says nothing by itself
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    names = "ensembles/cluster", "ensembles/__init__", "__init__"
    local = [*small_course.CLAIMS, *(f"local/{name}.py" for name in names)]
    small_course.copy(folder, *small_course.TOOLS, *local, "content/references.bib")
    small_course.write_module(folder, "data", small_course.DATA)
    small_course.write_notebook(folder, "01-a", "import sys\nsys.path.insert(0, '..')" + CLAIMS)
    small_course.write_notebook(folder, "02-b", "1 + 1")
    return folder


def run(course):
    done = subprocess.run(
        [sys.executable, "-m", "tools.multiverse"], cwd=course, capture_output=True, text=True,
        check=False, env={**os.environ, "MINI_CIFAR": "textures"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((course / "content" / "multiverse.json").read_text("utf-8"))


def test_every_world_is_asked_once_and_what_fails_is_said(course):
    said, found = run(course)
    assert list(found) == ["seeds-are-seeds", "seeds-are-small"]
    small = found["seeds-are-small"]
    assert list(small["worlds"]) == list(WORLDS)
    fails = [world for world, measured in small["worlds"].items() if not measured[3]]
    assert fails == ["other seeds"]
    assert small["predicted"] == "above -5 for every seed"
    assert "other seeds: seeds-are-small does not hold" in said
    assert "raw inputs: content/01-a.ipynb: RuntimeError: stopped, at `raise RuntimeError" in said
    assert 'mini CIFAR: content/01-a.ipynb: AssertionError, at `assert worlds.name() != "' in said
    assert "2 claims in 8 worlds: content/multiverse.json" in said
    before = (course / "_build" / "multiverse.json").read_text()
    assert run(course)[1] == found  # nothing is executed again
    assert (course / "_build" / "multiverse.json").read_text() == before


def test_a_changed_notebook_is_asked_again(course):
    progress = course / "_build" / "multiverse.json"
    first = json.loads(progress.read_text())
    text = (course / "content" / "01-a.ipynb").read_text()
    (course / "content" / "01-a.ipynb").write_text(text.replace("are small", "are not large"))
    _, found = run(course)
    assert found["seeds-are-small"]["text"] == "Seeds are not large."
    assert len(json.loads(progress.read_text())) == len(first)


VERDICT = {
    "text": "It is so.",
    "predicted": "above 0 for every seed",
    "worlds": {"as written": [1.0, 0.5, 2.0, True], "other <seeds>": [-1.0, -1.0, -1.0, False]},
}


def test_the_strip_says_in_words_what_it_shows():
    worlds = VERDICT["worlds"] | {"raw inputs": None}
    strip = html.fromstring(verdicts.strip("a-b", VERDICT | {"worlds": worlds}))
    assert strip.get("id") == "worlds-a-b"
    assert strip.findtext("summary/span") == "●○–"
    assert strip.find("summary/span").get("aria-hidden") == "true"
    assert strip.find("summary").text_content().endswith("Holds in 1 of 3 worlds")
    assert [row.text_content() for row in strip.iter("li")] == [
        "as written: 1 (0.5 to 2), holds",
        "other <seeds>: -1, does not hold",
        "raw inputs: not measured",
    ]


def test_the_file_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "multiverse.json"
    assert verdicts.read(path) == {}
    path.write_text(verdicts.as_text({"a-b": VERDICT}), "utf-8")
    assert verdicts.read(path) == {"a-b": VERDICT}
    assert path.read_text().count("\n") == 5


def test_the_committed_verdicts_know_every_claim_of_the_book_and_no_other():
    claimed = {
        claim.key: (claim.text, claim.predicted)
        for path in soak.claiming()
        for claim in ledger.claims_of(nbformat.read(path, as_version=4))
    }
    committed = verdicts.read()
    known = {key: (verdict["text"], verdict["predicted"]) for key, verdict in committed.items()}
    assert known == claimed, "Claims have changed; ask them in every world again: make multiverse"
    assert all(list(verdict["worlds"]) == list(WORLDS) for verdict in committed.values())
