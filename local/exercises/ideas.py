"""What is often believed of the layer and is not so, with a hint for each wrong idea in code.

One table of the fifteen misconceptions, read by the checks, by the wrong layers of `broken.py`, by
the book's page of misconceptions and by the tests.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Misconception:
    """A sentence that is often said, and is not so, in Markdown.

    number: 1 to 15.  page: the section of the book that answers it.  hints: for each layer of
    `broken.py` that is wrong in this way, where to look, never the solution; empty where no code
    can show the belief, since whoever holds it writes the same code.
    """

    number: int
    sentence: str
    page: str
    hints: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Idea:
    """What explains a wrong answer.

    misconception: its number, or None for a plain slip.  local: it is about one output, so that
    others may fail for other reasons.
    """

    hint: str
    misconception: int | None = None
    local: bool = False

    @property
    def words(self):
        """The hint, and the misconception that it belongs to."""
        if self.misconception is None:
            return self.hint
        sentence = MISCONCEPTIONS[self.misconception].sentence.replace("`", "")
        return f'{self.hint} (misconception {self.misconception}: "{sentence}")'


_TABLE = (
    Misconception(
        1,
        "the mean runs over the neurons of a layer",
        "02-normalizing-a-batch#batch-or-layer-normalization-columns-or-rows",
        {
            "NeuronsNotBatch": "your mean runs over the features of an example (the last axis; "
            "wanted: the others). That is layer normalization. With whom is a number compared?"
        },
    ),
    Misconception(
        2,
        "batch normalization makes activations Gaussian",
        "02-normalizing-a-batch#is-the-output-gaussian",
    ),
    Misconception(
        3,
        "it removes covariate shift, and that is why it works",
        "07-why-it-works#does-it-work-by-reducing-internal-covariate-shift",
    ),
    Misconception(
        4,
        "the bias before it matters",
        "02-normalizing-a-batch#invariance-which-changes-of-the-input-leave-the-output-alone",
        {
            "NotCentred": "your output follows a bias before the layer, which should make no "
            "difference: what does (2.3) do before it divides?"
        },
    ),
    Misconception(
        5,
        "gamma and beta undo it, so it does nothing",
        "02-normalizing-a-batch#what-are-gamma-and-beta-for",
        {
            "ParametersIgnored": "your output is the normalized value itself. If gamma and beta "
            "did no more than undo the normalization, would (2.4) let every feature learn its own?"
        },
    ),
    Misconception(
        6,
        "at test time the batch's own statistics are used",
        "05-training-and-inference#inference-for-a-single-picture-whose-mean-and-variance",
        {
            "NeverUpdated": "the moving averages are still what they were. Who tells inference "
            "about the batches?",
            "BatchStatisticsInInference": "in inference your output depends on the other examples: "
            "it uses the statistics of the batch at hand. Which ones were collected for this?",
            "UpdatesInInference": "a forward pass in inference has moved the averages: should it?",
        },
    ),
    Misconception(
        7,
        "momentum means the same in PyTorch",
        "05-training-and-inference#momentum-in-keras-and-in-pytorch",
        {
            "ReversedMomentum": "your momentum weighs the new value. That is PyTorch's meaning of "
            "the word; in Keras, and in (5.1), momentum is the weight of ... which one?",
            "UnbiasedMovingVariance": "your moving variance collects N / (N - 1) times the "
            "variance of the batch, as in PyTorch. Which one is in (5.2)?",
        },
    ),
    Misconception(
        8,
        "a batch of one is fine in training",
        "02-normalizing-a-batch#what-comes-out-of-a-batch-of-one",
        {
            "BatchOfOneUntouched": "a batch of one value a feature is handed on as it came. What "
            "do (2.1) to (2.4) say when the mean is the value itself?"
        },
    ),
    Misconception(
        9,
        "`trainable = False` only freezes gamma and beta",
        "09-deployment#fine-tuning-with-frozen-batch-normalization",
        {
            "BatchGradientInInference": "after a pass in inference mean and variance do not depend "
            "on x: what is left of (3.10)?"
        },
    ),
    Misconception(
        10,
        "the gradient treats mean and variance as constants",
        "03-backward-pass#what-if-mean-and-variance-were-constants",
        {
            "DetachedStatistics": "your gradient holds mean and variance constant, yet both move "
            "when x does. Which two paths from x to y are missing?",
            "DetachedMean": "your gradient holds the mean constant. To add a number to a whole "
            "column changes nothing in the output: what follows for the sum of the column's "
            "gradients?",
            "DetachedVariance": "your gradient holds the variance constant. To make a whole column "
            "wider changes nothing in the output: what follows for its gradients?",
        },
    ),
    Misconception(
        11,
        "epsilon is only for safety and never matters",
        "02-normalizing-a-batch#does-epsilon-ever-matter",
        {
            "EpsilonOutsideRoot": "for a feature that hardly varies your output is off: to what "
            "does (2.3) add epsilon, the variance or the deviation?",
            "EpsilonForgotten": "for a feature that hardly varies your output is off: it does "
            "matter that epsilon stands in (2.3)",
        },
    ),
    Misconception(
        12,
        "scaling the weights before it changes the output",
        "02-normalizing-a-batch#invariance-which-changes-of-the-input-leave-the-output-alone",
        {
            "VarianceNotDeviation": "twice the input gives half the output: you divide by the "
            "variance. Which number has the unit of x?"
        },
    ),
    Misconception(
        13,
        "an L2 penalty on those weights shrinks the function",
        "07-why-it-works#what-does-weight-decay-an-l2-penalty-do",
    ),
    Misconception(
        14,
        "in a convolution each pixel has its own statistics",
        "02-normalizing-a-batch#images-one-mean-and-one-variance-for-each-channel",
        {
            "PixelStatistics": "every pixel has statistics of its own. A channel is one feature, "
            "wherever in the image it was found: what else belongs to the batch?"
        },
    ),
    Misconception(
        15,
        "it always helps accuracy",
        "06-what-it-buys#is-the-best-accuracy-higher-with-batch-normalization",
    ),
)

MISCONCEPTIONS = {misconception.number: misconception for misconception in _TABLE}

SLIPS = {
    "SampleVariance": "your variance is N / (N - 1) times the wanted one. (2.2) describes the "
    "batch at hand; it does not estimate that of a population",
    "OnePassVariance": "far from zero your variance has lost its digits: a difference of two large "
    "squares. Could you centre first?",
    "HalfPrecision": "sums in float16 lose digits and overflow: in which type do you add up?",
    "Swapped": "gamma and beta have changed places: which of the two multiplies?",
    "GammaForgotten": "gamma is missing on the way from dy to dx: what comes first, going back?",
    "ParametersAveraged": "your gradient of gamma or beta is a mean over the batch. One beta "
    "serves N rows: do N gradients add up, or average?",
}
"""Hints for the layers of `broken.py` that are wrong without a misconception behind them."""

IDEAS = {
    name: Idea(hint, misconception.number)
    for misconception in _TABLE
    for name, hint in misconception.hints.items()
} | {name: Idea(hint) for name, hint in SLIPS.items()}
"""The idea that each layer of `broken.py` shows, by the name of its class."""
