"""The questions with choices: each is whole, and leads to a section that exists."""

import re

import nbformat
import pytest

from local.exercises import quiz
from local.exercises.ideas import MISCONCEPTIONS
from tools.files import ROOT

WHOLE = """
[key]
stem = "Is it?"
[[key.choices]]
text = "Yes"
tempting = "It looks so."
refuted = "But it is not."
[[key.choices]]
text = "No"
right = "It is not."
"""


def test_each_of_the_fifteen_has_its_question_in_order():
    assert list(quiz.MISCONCEPTION_ITEMS) == [f"misconception-{n}" for n in MISCONCEPTIONS]
    assert [each.number for each in quiz.MISCONCEPTION_OF.values()] == [*range(1, 16)]
    assert quiz.MISCONCEPTION_OF.keys() == quiz.MISCONCEPTION_ITEMS.keys()


def test_no_key_stands_in_both_tables():
    assert len(quiz.ITEMS) == len(quiz.MISCONCEPTION_ITEMS) + len(quiz.CHECK_ITEMS)


@pytest.mark.parametrize("item", quiz.ITEMS.values(), ids=quiz.ITEMS)
def test_an_item_can_be_answered(item):
    assert 3 <= len(item.choices) <= 4
    assert sum(choice.right for choice in item.choices) == 1
    assert len({choice.text for choice in item.choices}) == len(item.choices)
    assert len({choice.feedback for choice in item.choices}) == len(item.choices)
    for text in (item.stem, *(choice.feedback for choice in item.choices)):
        assert len(text) > 40
        assert text.count("`") % 2 == text.count('"') % 2 == 0
        assert not set("'\"") & set("".join(text.split("`")[1::2]))  # they are curled on a page
        assert text.strip() == text and text[-1] in '.?"'


@pytest.mark.parametrize("items", [quiz.MISCONCEPTION_ITEMS, quiz.CHECK_ITEMS])
def test_the_right_answer_is_known_neither_by_its_place_nor_by_its_length(items):
    right = [[choice.right for choice in item.choices].index(True) for item in items.values()]
    longest = [max(item.choices, key=lambda choice: len(choice.text)) for item in items.values()]
    for place in range(3):
        assert 0.1 < right.count(place) / len(items) < 0.6
    assert sum(choice.right for choice in longest) < 0.5 * len(items)


def test_every_check_is_asked_in_one_chapter():
    sources = [
        cell.source
        for path in (ROOT / "content").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    asked = [key for source in sources for key in re.findall(r'^Question\("(.+)"\)$', source, re.M)]
    assert sorted(asked) == sorted(quiz.CHECK_ITEMS)


def test_feedback_is_what_tempts_and_what_refutes():
    wrong, right = quiz.read(WHOLE)["key"].choices
    assert (wrong.feedback, wrong.right) == ("It looks so. But it is not.", False)
    assert (right.feedback, right.right) == ("It is not.", True)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('right = "It is not."', 'tempting = "a"\nrefuted = "b"', r"key: .* just one with `right`"),
        ('tempting = "It looks so."\nrefuted = "But it is not."', 'right = "b"', "'Yes', 'No'"),
        ('refuted = "But it is not."', "", r"key: a choice needs .* got \['tempting', 'text'\]"),
        ('text = "No"', 'text = "No"\nhint = "a"', r"got \['hint', 'right', 'text'\]"),
    ],
)
def test_an_item_that_is_not_whole_is_refused(old, new, message):
    assert old in WHOLE
    with pytest.raises(ValueError, match=message):
        quiz.read(WHOLE.replace(old, new))
