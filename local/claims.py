"""What the book claims, checked where it is measured.

    claim("larger-rates", "With batch normalization, larger learning rates are stable.",
          measured=ratios, holds=min(ratios) > 3, seeds=(0, 1, 2), unit="times", data="mini CIFAR",
          paper=Paper("bjorck2018understanding", "The plain net diverges at rates above 0.001."))

If the claim does not hold, the notebook stops there, and so does the build of the book. If it
holds, the cell shows one line, and its output also stores a hidden record for the page of claims.
"""

import html
import re
from dataclasses import asdict, dataclass
from numbers import Integral

import numpy as np
from IPython.display import display

MIME = "application/vnd.course.claim+json"
"""The type of output under which an executed notebook stores the record of a claim."""

claimed = {}
"""The text of every claim that this process has made, by its key."""


class ClaimError(AssertionError):
    """A claim of the book does not hold."""


@dataclass(frozen=True)
class Paper:
    """What a paper says on the matter, and whether it was found here too.

    key: of its entry in references.bib.  says: a plain sentence, in our words.  reproduced: bool.
    Raises ValueError for a key or a sentence of another form, TypeError for another `reproduced`.
    """

    key: str
    says: str
    reproduced: bool = True

    def __post_init__(self):
        _check_form("Paper's key", "[a-z]+[0-9]{4}[a-z0-9]+", self.key, "ioffe2015batch")
        _check_sentence("what the paper says", self.says)
        object.__setattr__(self, "reproduced", _boolean("reproduced", self.reproduced))

    @property
    def short(self):
        """The first author and the year, for a page without the bibliography."""
        author, year = re.match("([a-z]+)([0-9]{4})", self.key).groups()
        return f"{author.capitalize()} {year}"

    @property
    def verdict(self):
        return "Reproduced here." if self.reproduced else "Did not reproduce here."


@dataclass(frozen=True)
class Claim:
    """An entry of the ledger: the median, lowest and highest value over the seeds, in `unit`."""

    key: str
    text: str
    value: float
    low: float
    high: float
    unit: str
    seeds: tuple
    data: str
    paper: Paper | None = None

    @classmethod
    def from_record(cls, record):
        """The claim of which `record` is the JSON."""
        paper = record["paper"] and Paper(**record["paper"])
        return cls(**{**record, "seeds": tuple(record["seeds"]), "paper": paper})

    @property
    def anchor(self):
        """The id of the claim's line on the page of its chapter, for links."""
        return f"claim-{self.key}"

    @property
    def measured(self):
        """What was measured, over which seeds and on which data, as a sentence."""
        spread = "" if self.low == self.high else f" ({number(self.low)} to {number(self.high)})"
        unit = f" {self.unit}" if self.unit else ""
        many = len(self.seeds)
        seeds = f"{many} seeds" if many > 5 else f"seeds {', '.join(map(str, self.seeds))}"
        seeds = f"seed {self.seeds[0]}" if many == 1 else seeds
        data = f"; {self.data}" if self.data else ""
        return f"Measured: {number(self.value)}{spread}{unit}; {seeds}{data}."

    def __repr__(self):
        paper = self.paper
        said = f" {paper.short}: {paper.says} {paper.verdict}" if paper else ""
        return f"Holds: {self.text} {self.measured}{said}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        line = html.escape(repr(self)).replace("Holds:", "<strong>Holds:</strong>", 1)
        shown = f'<p class="claim" id="{self.anchor}">{line}</p>'
        return {"text/plain": repr(self), "text/html": shown, MIME: asdict(self)}


def claim(key, text, measured, holds, seeds, paper=None, *, unit="", data=""):
    """Put a claim into the ledger, if it holds, and show it below the cell.

    key       two or more words of lower-case letters and digits, joined by hyphens; used once
    text      what is claimed: one plain sentence, without markup
    measured  one finite number for each seed, or a single one for all of them
    holds     whether the claim holds, decided from what was measured
    seeds     the seeds that were run, one or more integers >= 0
    paper     what a paper says on it, a `Paper`; reproduced=False if this was not found here
    unit      of the numbers, in words;  data: the name of the data set

    Raises ClaimError, with what was measured, if the claim does not hold; ValueError or TypeError
    for an argument that is not as above. A cell may run again: the same text may repeat its key.
    """
    _check_form("key", "[a-z0-9]+(-[a-z0-9]+)+", key, "larger-rates")
    _check_sentence("text", text)
    _check_form("unit", r"[^\n$`]*", unit, "percent")
    _check_form("data", r"[^\n$`]*", data, "mini CIFAR")
    if claimed.get(key, text) != text:
        raise ValueError(
            f"key must be used once; {key!r} already stands for {claimed[key]!r}: choose another."
        )
    if not isinstance(paper, Paper | None):
        raise TypeError(f"paper must be a Paper, received {paper!r}: Paper(key, what it says).")
    seeds = _seeds(seeds)
    values = _values(measured, seeds)
    entry = Claim(
        key,
        text,
        *(float(pick(values)) for pick in (np.median, np.min, np.max)),
        unit,
        seeds,
        data,
        paper,
    )
    if not _boolean("holds", holds):
        raise ClaimError(f"The claim {key!r} does not hold here: {text} {entry.measured}")
    claimed[key] = text
    display(entry)


def number(value):
    """A number with three significant digits: 0.123, 12.3, 12300, 1.23e-06."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.2e}"
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded}"


def _check_form(name, pattern, value, example):
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError(f"{name} must have the form of {example!r}; received {value!r}.")


def _check_sentence(name, text):
    if not isinstance(text, str) or not re.fullmatch(r"[^\n$`]+\.", text):
        raise ValueError(
            f"{name} must be a sentence on one line, with a full stop and without $ or `; "
            f"received {text!r}."
        )


def _boolean(name, value):
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"{name} must be True or False, received {value!r}: reduce arrays by all() or any()."
        )
    return bool(value)


def _seeds(seeds):
    seeds = tuple(seeds)
    if not seeds or not all(isinstance(seed, Integral) and seed >= 0 for seed in seeds):
        raise ValueError(f"seeds must be one or more integers >= 0; received {seeds}.")
    return tuple(map(int, seeds))


def _values(measured, seeds):
    values = np.array(measured, float)
    if values.shape not in [(), (len(seeds),)]:
        raise ValueError(
            f"measured must be one number or one for each of the {len(seeds)} seeds; "
            f"received the shape {values.shape}."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"measured must be finite; received {values}.")
    return values
