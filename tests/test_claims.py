"""A claim holds or stops the notebook; its record reaches the page of all claims."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from local import claims
from local.claims import (
    MEAN,
    MEDIAN,
    Claim,
    ClaimError,
    Paper,
    Prediction,
    above,
    below,
    between,
    claim,
    near,
    number,
)
from tools import ledger, notebooks
from tools.files import ROOT

TEXT = "Larger rates are stable."
PAPER = Paper("bjorck2018understanding", "The plain net diverges.", reproduced=False)


@pytest.fixture(autouse=True)
def new_notebook_begins(monkeypatch):
    monkeypatch.setattr(claims, "claimed", {})


def make(**changes):
    """A claim that holds, unless `changes` say otherwise."""
    usual = {"key": "larger-rates", "text": TEXT, "measured": [30, 20, 40.0], "predicted": above(3)}
    return claim(**{**usual, "seeds": (0, 1, 2), **changes})


def entry(**changes):
    usual = {"value": 30.0, "low": 20.0, "high": 40.0, "unit": "times", "data": "mini CIFAR"}
    usual |= {"predicted": str(above(3)), "holds": True}
    return Claim(**{"key": "larger-rates", "text": TEXT, "seeds": (0, 1, 2), **usual, **changes})


def test_a_claim_that_holds_is_one_line(capsys):
    make(unit="times", data="mini CIFAR", paper=PAPER)
    assert capsys.readouterr().out == (
        "Holds: Larger rates are stable. Measured: 30 (20 to 40) times; seeds 0, 1, 2; mini CIFAR. "
        "Predicted: above 3 for every seed. "
        "Bjorck et al. 2018: The plain net diverges. Did not reproduce here.\n"
    )


def test_what_a_paper_found_in_another_setting_is_neither_confirmed_nor_contradicted(capsys):
    make(paper=Paper("ioffe2015batch", "It helps.", differs="Our nets are small."))
    said = capsys.readouterr().out
    assert "Ioffe & Szegedy 2015: It helps. Not tested in that setting: our nets are small." in said


def test_a_claim_that_does_not_hold_says_what_was_measured():
    with pytest.raises(ClaimError, match=r"'larger-rates' does not hold here: Larger .* 30 \(20"):
        make(predicted=above(30))
    make()  # what did not hold has not taken the key


def test_one_number_may_stand_for_all_seeds(capsys):
    make(measured=0.125, seeds=[7], predicted=below(1))
    assert "Measured: 0.125; seed 7." in capsys.readouterr().out
    make(measured=np.float32(2), seeds=range(10), predicted=near(2, 0.5))
    assert "Measured: 2; 10 seeds." in capsys.readouterr().out


def test_a_cell_may_run_again_but_a_key_is_used_once():
    make()
    make(measured=[4, 5, 6])
    with pytest.raises(ValueError, match="'larger-rates' already stands for 'Larger rates are"):
        make(text="Another thing.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "Larger Rates"}, "key must have the form of 'larger-rates'; received 'Larger R"),
        ({"key": "rates"}, "key must have the form of"),
        ({"text": "no full stop"}, "text must be a sentence.*received 'no full stop'"),
        ({"text": "A $z$."}, "without \\$"),
        ({"seeds": ()}, r"seeds must be one or more integers >= 0; received \(\)"),
        ({"seeds": (0, 1, -2)}, r"received \(0, 1, -2\)"),
        ({"unit": "$s$"}, "unit must have the form of 'percent'"),
        ({"data": None}, "data must have the form of 'mini CIFAR'; received None"),
        ({"measured": [1, 2]}, r"each of the 3 seeds; received the shape \(2,\)"),
        ({"measured": [1, 2, np.inf]}, "measured must be finite"),
        ({"measured": np.nan}, "measured must be finite; received nan"),
    ],
)
def test_bad_input_is_named(changes, said):
    with pytest.raises(ValueError, match=said):
        make(**changes)


def test_a_papers_bare_key_is_no_paper():
    with pytest.raises(TypeError, match="paper must be a Paper, received 'ioffe2015batch'"):
        make(paper="ioffe2015batch")


def test_a_prediction_is_an_interval_that_can_fail_on_both_sides():
    values = np.array([-0.03, 0.0, 0.01])
    assert between(-0.05, 0.05).holds(values)
    assert not between(-0.02, 0.02).holds(values)
    assert not between(-0.02, 0.02).holds(-values)
    assert between(-0.02, 0.02, of=MEAN).holds(values)
    assert between(-0.001, 0.001, of=MEDIAN).holds(values)
    assert not above(0.0).holds(0.0)
    assert not below(1.0).holds([0.5, np.nan])
    assert near(1.21, 0.06).holds([1.16, 1.26])
    assert str(between(-0.02, 0.02, of=MEAN)) == "between -0.02 and 0.02 for the mean"
    assert str(below(0.5)) == "below 0.5 for every seed"


@pytest.mark.parametrize(
    ("ends", "said"),
    [((1, 0), "interval"), ((-np.inf, np.inf), "interval"), ((0, 1, "most"), "every seed")],
)
def test_what_is_no_prediction_is_refused(ends, said):
    with pytest.raises(ValueError, match=said):
        Prediction(*ends)


def test_a_bool_is_no_prediction():
    with pytest.raises(TypeError, match=r"predicted must be an interval, received True.*above"):
        make(predicted=True)
    with pytest.raises(TypeError, match="reproduced must be True or False, received 'no'"):
        Paper("ioffe2015batch", "It helps.", reproduced="no")


def test_a_paper_has_a_key_and_a_sentence():
    with pytest.raises(ValueError, match="such as 'ioffe2015batch'; received 'Ioffe 2015'"):
        Paper("Ioffe 2015", "It helps.")
    with pytest.raises(ValueError, match="what the paper says must be a sentence"):
        Paper("ioffe2015batch", "")


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_three_digits(value):
    assert float(number(value)) == pytest.approx(value, rel=5.1e-3, abs=1e-300)
    assert len(number(value)) <= 10


def executed(*sources, title="Rates"):
    """A notebook of that title and those cells, after a run and as it is committed."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    cells = [new_code_cell(source) for source in (start, *sources)]
    notebook = new_notebook(cells=[new_markdown_cell(f"# {title}\n\nText."), *cells])
    notebooks.execute(notebook, ROOT)
    notebooks.normalize(notebook)
    return notebook


def test_the_record_survives_in_the_executed_notebook():
    source = (
        "from local.claims import Paper, above, claim\n"
        f"claim('larger-rates', {TEXT!r}, [30, 20, 40], above(3), (0, 1, 2), unit='times',\n"
        "      data='mini CIFAR', paper=Paper('bjorck2018understanding',\n"
        "                                     'The plain net diverges.', False))"
    )
    notebook = executed(source, "1 + 1")
    assert ledger.claims_of(notebook) == [entry(paper=PAPER)]
    (shown,) = notebook.cells[2].outputs
    assert shown.data["text/plain"] == repr(entry(paper=PAPER))
    (line,) = html.fragments_fromstring(shown.data["text/html"])
    assert line.text_content() == repr(entry(paper=PAPER))
    assert line.get("id") == "claim-larger-rates"


def chapter(*entries, title="Rates"):
    """An executed notebook, made by hand."""
    outputs = [
        {"output_type": "display_data", "data": each._repr_mimebundle_(), "metadata": {}}
        for each in entries
    ]
    cell = new_code_cell("...", outputs=outputs)
    return new_notebook(cells=[new_markdown_cell(f"# {title}\n"), cell])


def shown(markdown):
    """The Markdown as a browser gets it, apart from citations."""
    parser = MarkdownIt().use(deflist_plugin).use(dollarmath_plugin)
    return html.fromstring(f"<main>{parser.render(markdown)}</main>")


def test_the_page_has_each_claim_below_its_chapter():
    first = entry(), entry(key="other-thing", text="Another thing.", paper=PAPER)
    second = entry(key="third-thing", text="A third thing.")
    chapters = {
        "00-hour": chapter(entry(key="a-lesson"), title="In one hour"),
        "02-rates": chapter(*first),
        "03-none": chapter(),
        "06-why": chapter(second, title="Why?"),
    }
    tree = shown(ledger.page(chapters, {}))
    assert tree.xpath("h2/text()") == ["In one hour", "Chapter 2: Rates", "Chapter 6: Why?"]
    assert tree.xpath("dl/dt/a/text()") == [TEXT, TEXT, "Another thing.", "A third thing."]
    assert tree.xpath("dl/dt/a/@href") == [
        "00-hour.html#claim-a-lesson",
        "02-rates.html#claim-larger-rates",
        "02-rates.html#claim-other-thing",
        "06-why.html#claim-third-thing",
    ]
    _, measured, plain, paper, _ = (term.text_content().strip() for term in tree.xpath("dl/dd"))
    assert measured == plain == f"{entry().measured} Predicted: above 3 for every seed."
    assert "cite:t" in paper
    assert "bjorck2018understanding" in paper
    assert paper.endswith("The plain net diverges. Did not reproduce here.")


PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1).map(
    lambda text: f"A{text}b.".replace("$", "").replace("`", "").replace("\x7f", "")
)


@settings(deadline=None)
@given(PLAIN, PLAIN)
def test_whatever_is_claimed_is_shown_as_it_is(text, unit):
    tree = shown(ledger.page({"02-rates": chapter(entry(text=text, unit=unit))}, {}))
    assert tree.xpath("string(dl/dt/a)").split() == text.split()
    measured = f"{entry(unit=unit).measured} Predicted: above 3 for every seed."
    assert tree.xpath("string(dl/dd)").split() == measured.split()


def test_a_book_without_claims_says_so():
    assert ledger.page({"02-rates": chapter()}, {}) == ledger.EMPTY


def test_two_chapters_may_not_use_one_key():
    with pytest.raises(ledger.LedgerError, match=r"'larger-rates'.* in 02-a and for one in 03-b"):
        ledger.page({"02-a": chapter(entry()), "03-b": chapter(entry())}, {})
    with pytest.raises(ledger.LedgerError, match="in 02-a and for one in 02-a"):
        ledger.page({"02-a": chapter(entry(), entry())}, {})
