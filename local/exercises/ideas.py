"""What is often believed, and the hints for it: where to look, never the solution."""

MISCONCEPTIONS = {
    1: "the mean runs over the neurons of a layer",
    2: "batch normalization makes activations Gaussian",
    3: "it removes covariate shift, and that is why it works",
    4: "the bias before it matters",
    5: "gamma and beta undo it, so it does nothing",
    6: "at test time the batch's own statistics are used",
    7: "momentum means the same in PyTorch",
    8: "a batch of one is fine in training",
    9: "trainable = False only freezes gamma and beta",
    10: "the gradient treats mean and variance as constants",
    11: "epsilon is only for safety and never matters",
    12: "scaling the weights before it changes the output",
    13: "an L2 penalty on those weights shrinks the function",
    14: "in a convolution each pixel has its own statistics",
    15: "it always helps accuracy",
}
"""What is often said, and is not so.

Code shows eleven of them. It cannot show 2, 3, 13 and 15: they are beliefs about what right code
does, and whoever holds them writes the same code.
"""

HINTS = {
    "NeuronsNotBatch": (
        "your mean runs over the features of an example (the last axis; wanted: the others). That "
        "is layer normalization. With whom is a number compared?"
    ),
    "PixelStatistics": (
        "every pixel has statistics of its own. A channel is one feature, wherever in the image "
        "it was found: what else belongs to the batch?"
    ),
    "SampleVariance": (
        "your variance is N / (N - 1) times the wanted one. (2.2) describes the batch at hand; it "
        "does not estimate that of a population"
    ),
    "OnePassVariance": (
        "far from zero your variance has lost its digits: a difference of two large squares. Could "
        "you centre first?"
    ),
    "HalfPrecision": "sums in float16 lose digits and overflow: in which type do you add up?",
    "NotCentred": (
        "your output follows a bias before the layer, which should make no difference: what does "
        "(2.3) do before it divides?"
    ),
    "VarianceNotDeviation": (
        "twice the input gives half the output: you divide by the variance. Which number has the "
        "unit of x?"
    ),
    "EpsilonOutsideRoot": (
        "for a feature that hardly varies your output is off: to what does (2.3) add epsilon, the "
        "variance or the deviation?"
    ),
    "EpsilonForgotten": (
        "for a feature that hardly varies your output is off: it does matter that epsilon stands "
        "in (2.3)"
    ),
    "BatchOfOneUntouched": (
        "a batch of one value a feature is handed on as it came. What do (2.1) to (2.4) say when "
        "the mean is the value itself?"
    ),
    "Swapped": "gamma and beta have changed places: which of the two multiplies?",
    "ParametersIgnored": (
        "your output is the normalized value itself. If gamma and beta did no more than undo the "
        "normalization, would (2.4) let every feature learn its own?"
    ),
    "DetachedStatistics": (
        "your gradient holds mean and variance constant, yet both move when x does. Which two "
        "paths from x to y are missing?"
    ),
    "DetachedMean": (
        "your gradient holds the mean constant. To add a number to a whole column changes nothing "
        "in the output: what follows for the sum of the column's gradients?"
    ),
    "DetachedVariance": (
        "your gradient holds the variance constant. To make a whole column wider changes nothing "
        "in the output: what follows for its gradients?"
    ),
    "GammaForgotten": "gamma is missing on the way from dy to dx: what comes first, going back?",
    "ParametersAveraged": (
        "your gradient of gamma or beta is a mean over the batch. One beta serves N rows: do N "
        "gradients add up, or average?"
    ),
    "ReversedMomentum": (
        "your momentum weighs the new value. That is PyTorch's meaning of the word; in Keras, and "
        "in (5.1), momentum is the weight of ... which one?"
    ),
    "UnbiasedMovingVariance": (
        "your moving variance collects N / (N - 1) times the variance of the batch, as in PyTorch. "
        "Which one is in (5.2)?"
    ),
    "NeverUpdated": (
        "the moving averages are still what they were. Who tells inference about the batches?"
    ),
    "BatchStatisticsInInference": (
        "in inference your output depends on the other examples: it uses the statistics of the "
        "batch at hand. Which ones were collected for this?"
    ),
    "UpdatesInInference": "a forward pass in inference has moved the averages: should it?",
}
"""A hint for each layer of `broken.py` but one, as no question asks for its gradient."""
