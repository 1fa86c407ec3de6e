"""Questions with choices: what people really answer, why that is tempting, and what refutes it.

The texts stand in two files beside this one, `misconceptions.toml` for the fifteen misconceptions
of `ideas.py` and `checks.toml` for the chapters. An item of them is

    [hundred-steps]                            # its key
    stem = "Training stops after 100 steps. ..."

    [[hundred-steps.choices]]                  # two at least, of which one is right
    text = "9, since it is an average of nines"
    tempting = "Every batch has brought ..."   # why a careful reader may choose it
    refuted = "But the average started ..."    # what shows that it is not so

    [[hundred-steps.choices]]
    text = "About 6"
    right = "0.99^100 = 0.37 of it is ..."     # why it is right

Text between `backticks` is code; mathematics is written in Unicode, for it is also read as plain
text. `local/live/question.py` asks an item, on a page and in a notebook.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from local.exercises.ideas import MISCONCEPTIONS

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Choice:
    """One of the answers to choose from, with what is said to whoever chooses it."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Item:
    """A question: its stem, and two or more choices, of which one is right."""

    key: str
    stem: str
    choices: tuple


def read(text):
    """The items in the text of a TOML file, by their keys. ValueError for one that is not whole."""
    return {key: _item(key, **item) for key, item in tomllib.loads(text).items()}


def _item(key, stem, choices):
    item = Item(key, stem, tuple(_choice(key, choice) for choice in choices))
    right = [choice.text for choice in item.choices if choice.right]
    if len(right) != 1 or len(item.choices) < 2:
        raise ValueError(
            f"{key}: an item needs two choices or more, and just one with `right`; "
            f"of its {len(item.choices)} these have it: {right}"
        )
    return item


def _choice(key, choice):
    match choice:
        case {"text": text, "right": why, **others} if not others:
            return Choice(text, why, right=True)
        case {"text": text, "tempting": tempting, "refuted": refuted, **others} if not others:
            return Choice(text, f"{tempting} {refuted}", right=False)
    raise ValueError(
        f"{key}: a choice needs `text` and either `right`, or `tempting` and `refuted`, and "
        f"nothing else; got {sorted(choice)}"
    )


MISCONCEPTION_ITEMS = read((HERE / "misconceptions.toml").read_text("utf-8"))
CHECK_ITEMS = read((HERE / "checks.toml").read_text("utf-8"))

ITEMS = MISCONCEPTION_ITEMS | CHECK_ITEMS
"""Every item by its key."""

MISCONCEPTION_OF = {f"misconception-{number}": each for number, each in MISCONCEPTIONS.items()}
"""The misconception that an item of `misconceptions.toml` asks about, by the item's key."""
