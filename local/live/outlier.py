"""Chapter 2: one example leaves the others, and normalization presses those together."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import equations, live, plots


class Outlier(live.Figure):
    """One feature in a batch of `size`: `size - 1` fixed companions and one example to move."""

    module = "outlier.js"
    number = "2b"
    title = "one example moves everybody"
    alt = (
        "Two rulers. On the upper one seven values lie between 2 and 8, and an eighth at 30. Lines "
        "lead down to the normalized values: the eighth comes out at 2.6, at a dashed "
        "line, its limit, and the seven, which were well apart, are pressed together below zero."
    )
    controls = 2
    height = t.Int(272).tag(sync=True)
    lead = t.Unicode("Drag the large circle, or press a step.").tag(sync=True)
    guide = t.List(
        [
            live.press(
                "One of them",
                "An example like the others: it moves them only a little.",
                **{"outlier": 6.0, "size": 8},
            ),
            live.press(
                "Push it to 40",
                "The others are pressed together: the deviation is now mostly its own. It stands "
                "at the dashed line, and no value brings it further.",
                **{"outlier": 40.0, "size": 8},
            ),
            live.press(
                "Among 64",
                "The same value among 64: the line is further out, and each companion takes a part "
                "of its power: it moves the others less.",
                **{"outlier": 40.0, "size": 64},
            ),
        ]
    ).tag(sync=True)
    limits = t.Dict({"outlier": [0, 40], "size": [3, 64, 1]}).tag(sync=True)
    companions = t.List().tag(sync=True)
    size = t.Int(8).tag(sync=True)
    outlier = t.Float(6.0).tag(sync=True)

    def __init__(self, **kwargs):
        companions = np.random.default_rng(1).uniform(2, 8, 63).round(1)
        super().__init__(**{"companions": companions.tolist(), **kwargs})

    def still(self):
        x = np.array([*self.companions[: self.size - 1], 30.0])
        x_hat = equations.normalize(x, 0)
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.2, 2.9))
        for ax, values in (above, x), (below, x_hat):
            ax.plot(values[:-1], 0 * values[:-1], "o", color=plots.COLORS["with"])
            ax.plot(values[-1:], [0], "o", color=plots.INK, markersize=10)
            ax.set(yticks=[], ylim=(-1, 1))
            ax.spines["left"].set_visible(False)
        below.axvline(np.sqrt(self.size - 1), color=plots.GREY, linestyle="--")
        above.set(title="Values of one feature", xlim=(-1, 41))
        below.set(title="The same values normalized over the batch", xlim=(-4, 8))
        return figure
