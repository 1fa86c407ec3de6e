"""What the book claims, checked where it is measured, in this world or in another.

    claim("larger-rates", "With batch normalization, larger learning rates are stable.",
          measured=ratios, predicted=above(3), seeds=(0, 1, 2), unit="times", data="mini CIFAR",
          paper=Paper("bjorck2018understanding", "The plain net diverges at rates above 0.001."))

What is predicted is an interval, so that a claim can fail on both sides: `above(3)`, `below(0.05)`,
`between(-0.02, 0.02)`, `near(1.21, 0.06)`; for every seed, or for their mean or median. If a claim
does not hold, the notebook stops there, and so does the build of the book. If it holds, the cell
shows one line, and its output also stores a hidden record for the page of claims. In another world
(`local.worlds`) a claim that does not hold is recorded, and the notebook goes on.
"""

import html
import re
from dataclasses import asdict, dataclass
from numbers import Integral, Real

import numpy as np
from IPython.display import display

from local import worlds
from local.arrays import refuse_masked
from local.papers import citations

MIME = "application/vnd.course.claim+json"
"""The type of output under which an executed notebook stores the record of a claim."""

EVERY_SEED, MEAN, MEDIAN = "every seed", "the mean", "the median"

claimed = {}
"""The text of every claim that this process has made, by its key."""


class ClaimError(AssertionError):
    """A claim of the book does not hold."""


@dataclass(frozen=True)
class Prediction:
    """An interval, ends excluded, and what of the measured values must lie in it.

    low, high: numbers in the claim's unit, -inf and inf where there is no bound on that side.
    of: EVERY_SEED, MEAN or MEDIAN.  Raises ValueError for an empty interval or another word.
    """

    low: float
    high: float
    of: str = EVERY_SEED

    def __post_init__(self):
        if not all(isinstance(end, Real) for end in (self.low, self.high)):
            raise TypeError(f"bounds must be numbers; received {self.low!r} and {self.high!r}.")
        if not self.low < self.high or np.isinf([self.low, self.high]).all():
            raise ValueError(
                f"predicted must be an interval with a bound; received {self.low} to {self.high}."
            )
        if self.of not in (EVERY_SEED, MEAN, MEDIAN):
            raise ValueError(
                f"of must be {EVERY_SEED!r}, {MEAN!r} or {MEDIAN!r}; received {self.of!r}."
            )

    def holds(self, values):
        """Whether the measured values are as predicted."""
        reduce = {EVERY_SEED: np.ravel, MEAN: np.mean, MEDIAN: np.median}[self.of]
        tested = reduce(values)
        return bool(np.all((self.low < tested) & (tested < self.high)))

    def __str__(self):
        if np.isinf(self.high):
            bounds = f"above {number(self.low)}"
        elif np.isinf(self.low):
            bounds = f"below {number(self.high)}"
        else:
            bounds = f"between {number(self.low)} and {number(self.high)}"
        return f"{bounds} for {self.of}"


def above(bound, of=EVERY_SEED):
    """The prediction that the values exceed `bound`."""
    return Prediction(bound, np.inf, of)


def below(bound, of=EVERY_SEED):
    """The prediction that the values stay under `bound`."""
    return Prediction(-np.inf, bound, of)


def between(low, high, of=EVERY_SEED):
    """The prediction that the values lie between two bounds."""
    return Prediction(low, high, of)


def near(value, margin, of=EVERY_SEED):
    """The prediction that the values differ from `value` by less than `margin`."""
    return Prediction(value - margin, value + margin, of)


@dataclass(frozen=True)
class Paper:
    """What a paper says on the matter, and whether it was found here too.

    key: of its entry in references.bib.  says: a plain sentence, in our words.  reproduced: bool.
    differs: where our setting differs in something that may decide the result, a sentence that says
    in what; then the paper's statement is neither confirmed nor contradicted here.
    Raises ValueError for an unknown key or a sentence of another form, TypeError for another
    `reproduced`.
    """

    key: str
    says: str
    reproduced: bool = True
    differs: str = ""

    def __post_init__(self):
        if self.key not in citations():
            raise ValueError(
                "Paper's key must be that of an entry in content/references.bib, such as "
                f"'ioffe2015batch'; received {self.key!r}."
            )
        _check_sentence("what the paper says", self.says)
        if self.differs:
            _check_sentence("in what the settings differ", self.differs)
        object.__setattr__(self, "reproduced", _boolean("reproduced", self.reproduced))

    @property
    def short(self):
        """The authors and the year, for a page without the bibliography."""
        return citations()[self.key]

    @property
    def verdict(self):
        """Reproduced, not reproduced, or not tested in the paper's setting."""
        if self.differs:
            return f"Not tested in that setting: {self.differs[0].lower()}{self.differs[1:]}"
        return "Reproduced here." if self.reproduced else "Did not reproduce here."


@dataclass(frozen=True)
class Claim:
    """An entry of the ledger: the median, lowest and highest value over the seeds, in `unit`.

    The three are None where they are not finite, which happens in other worlds only.
    """

    key: str
    text: str
    value: float | None
    low: float | None
    high: float | None
    predicted: str
    holds: bool
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
        verdict = "Holds" if self.holds else "Does not hold in this world"
        return f"{verdict}: {self.text} {self.measured} Predicted: {self.predicted}.{said}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        verdict, _, rest = repr(self).partition(":")
        line = f"<strong>{verdict}:</strong>{html.escape(rest)}"
        shown = f'<p class="claim" id="{self.anchor}">{line}</p>'
        return {"text/plain": repr(self), "text/html": shown, MIME: asdict(self)}


def claim(key, text, measured, predicted, seeds, paper=None, *, unit="", data=""):
    """Put a claim into the ledger, if it holds, and show it below the cell.

    key        two or more words of lower-case letters and digits, joined by hyphens; used once
    text       what is claimed: one plain sentence, without markup
    measured   one finite number for each seed, or a single one for all of them
    predicted  where they must lie: above(...), below(...), between(...) or near(...)
    seeds      the seeds that were run, one or more integers >= 0
    paper      what a paper says on it, a `Paper`
    unit       of the numbers, in words;  data: the name of the data set

    Raises ClaimError, with what was measured, if the claim does not hold in the world of the book;
    ValueError or TypeError for an argument that is not as above. A cell may run again: the same
    text may repeat its key.
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
    if not isinstance(predicted, Prediction):
        raise TypeError(
            f"predicted must be an interval, received {predicted!r}: above(3), below(0.05), "
            "between(-0.02, 0.02) or near(1.21, 0.06)."
        )
    seeds = _seeds(seeds)
    elsewhere = worlds.current() != worlds.World()
    values = _values(measured, seeds, finite=not elsewhere)
    entry = Claim(
        key,
        text,
        *(_storable(pick(values)) for pick in (np.median, np.min, np.max)),
        str(predicted),
        predicted.holds(values),
        unit,
        seeds,
        data,
        paper,
    )
    if not entry.holds and not elsewhere:
        raise ClaimError(
            f"The claim {key!r} does not hold here: {text} {entry.measured} Predicted: {predicted}."
        )
    claimed[key] = text
    display(entry)


def number(value):
    """A number with three significant digits: 0.123, 12.3, 12300, 1.23e-06. None is no number."""
    if value is None:
        return "not finite"
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
        raise TypeError(f"{name} must be True or False, received {value!r}.")
    return bool(value)


def _seeds(seeds):
    seeds = tuple(seeds)
    if not seeds or not all(isinstance(seed, Integral) and seed >= 0 for seed in seeds):
        raise ValueError(f"seeds must be one or more integers >= 0; received {seeds}.")
    return tuple(map(int, seeds))


def _storable(value):
    """A float, or None where it is not finite, which JSON cannot hold."""
    return float(value) if np.isfinite(value) else None


def _values(measured, seeds, finite):
    refuse_masked("measured", measured)
    values = np.array(measured, float)
    if values.shape not in [(), (len(seeds),)]:
        raise ValueError(
            f"measured must be one number or one for each of the {len(seeds)} seeds; "
            f"received the shape {values.shape}."
        )
    if finite and not np.isfinite(values).all():
        raise ValueError(f"measured must be finite; received {values}.")
    return values
