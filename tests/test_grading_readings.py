"""The rule of two readings: what passes its check in the notebook is not marked lower unseen."""

import dataclasses
import json

import pytest

from grading import batch, marks
from grading.records.gradebook import Gradebook
from grading.sandbox import modes
from tests import honest, submissions
from tests.grading_batches import only_linux, settings

pytestmark = only_linux
LIMITS = modes.Limits(seconds=8, idle=4)


@pytest.fixture(scope="module", params=[m for m in modes.MODES[:2] if modes.missing(m) is None])
def book(request, tmp_path_factory):
    """The gradebook after one batch of all kinds."""
    folder = tmp_path_factory.mktemp("handed-in")
    book = Gradebook(tmp_path_factory.mktemp("gradebook"))
    honest.write(folder)
    chosen = dataclasses.replace(settings(), mode=request.param, limits=LIMITS)
    batch.Batch(folder, book, chosen).run(cores=2)
    return book


@pytest.mark.parametrize("name", honest.KINDS)
def test_an_honest_notebook_gets_what_its_check_says_or_a_person(book, name):
    entry, slug, _ = honest.KINDS[name]
    (mark,) = (m for m in book.load(name, slug).marks if m["question"] == entry.target)
    if entry.other == submissions.REVIEW:
        assert (mark["state"], mark["points"]) == (marks.REVIEW, None), mark
    else:
        assert (mark["state"], mark["points"]) == (marks.GRADED, mark["out_of"]), mark


def test_what_stops_on_hidden_cases_alone_has_a_look(tmp_path):
    """Its check passes, so a person sees it."""
    own = honest.with_first("assert dy.shape[0] in (8, 3)")
    entry, slug, _ = honest.kind(own)
    (tmp_path / "in" / "ada" / slug).mkdir(parents=True)
    place = tmp_path / "in" / "ada" / slug / f"{slug}.ipynb"
    place.write_text(json.dumps(entry.notebook), encoding="utf-8")
    book = Gradebook(tmp_path / "book")
    chosen = dataclasses.replace(settings(), limits=LIMITS)
    batch.Batch(tmp_path / "in", book, chosen).run(cores=1)
    (mark,) = (m for m in book.load("ada", slug).marks if m["question"] == entry.target)
    assert mark["state"] == marks.GRADED and 0 < mark["points"] < mark["out_of"]
    assert "its check passes for more" in mark["look"]
