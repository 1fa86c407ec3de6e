"""Chapter 2: a batch whose numbers can be dragged, by column and by row."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import equations, live, plots


class Batch(live.Figure):
    """x: a table of N rows and D columns, lists of numbers. Traits are those of (2.1) to (2.4).

    gamma, beta: one number for each feature.  over: "batch" or "layer".
    chosen: [row, column] of the number that the reader touched last.
    """

    module = "batch.js"
    number = "2a"
    title = "a batch to drag, normalized by column or by row"
    alt = (
        "Three columns of four points each. Above, the batch as it came, every column on "
        "its own ruler with a blue line at its mean and a band of one deviation. Below, the "
        "output: the columns keep their patterns, and all three stand around zero, nearly equally "
        "wide."
    )
    controls = 5
    height = t.Int(420).tag(sync=True)
    x = t.List().tag(sync=True)
    gamma = t.List().tag(sync=True)
    beta = t.List().tag(sync=True)
    epsilon = t.Float(1e-3).tag(sync=True)
    over = t.Enum(["batch", "layer"], "batch").tag(sync=True)
    chosen = t.List([0, 0]).tag(sync=True)

    def __init__(self, x, **kwargs):
        x = np.asarray(x, float)
        features = x.shape[1]
        parameters = {"gamma": [1.0] * features, "beta": [0.0] * features}
        rows, columns = ([0, size - 1, 1] for size in x.shape)
        limits = {"x": [-1e6, 1e6], "gamma": [-2, 2], "beta": [-2, 2], "epsilon": [1e-8, 1e4]}
        limits |= {"over": ["batch", "layer"], "chosen": [rows, columns]}
        data = {**parameters, "limits": limits, "guide": guide(x)}
        super().__init__(x=x.tolist(), **{**data, **kwargs})

    def still(self):
        x = np.array(self.x)
        y, _ = equations.batch_norm_forward(x, self.gamma, self.beta, self.epsilon)
        figure, axes = plt.subplots(2, x.shape[1], figsize=(5.2, 4.2))
        blue, examples = plots.COLORS["with"], np.arange(len(x))
        for j, (above, below) in enumerate(axes.T):
            mean, s = x[:, j].mean(), x[:, j].std()
            above.axhspan(mean - s, mean + s, color=blue, alpha=0.18, lw=0)
            above.axhline(mean, color=blue)
            above.plot(examples, x[:, j], "o", color=plots.INK)
            above.set(title=f"feature {j + 1}", xticks=[])
            below.plot(examples, y[:, j], "o", color=plots.INK)
            below.set(ylim=(-2.5, 2.5), xticks=[])
        axes[0, 0].set_ylabel("the batch x")
        axes[1, 0].set_ylabel("the output y")
        return figure


def guide(x):
    """Steps for a table x (N, D): a number moved, rows, gamma and beta, and a large epsilon."""
    moved, ones, zeros = x.copy(), np.ones(x.shape[1]), np.zeros(x.shape[1])
    moved[0, 0] = x[:, 0].max() + 0.4 * np.ptp(x[:, 0])
    origin = {"x": x, "gamma": ones, "beta": zeros, "epsilon": 1e-3, "over": "batch"}

    def press(text, look, **values):
        values = {**origin, **values}
        lists = {k: v.tolist() for k, v in values.items() if isinstance(v, np.ndarray)}
        return live.press(text, look, **{**values, **lists})

    return [
        press(
            "Move one",
            "Example 1 has moved up in feature 1. That column answers, and all of it: every "
            "example in it moves. No other column does.",
            x=moved,
        ),
        press(
            "By rows",
            "The same number, mean and variance of a row: now example 1 answers, in all its "
            "features, and nobody else.",
            **{"x": moved, "over": "layer"},
        ),
        press(
            "γ and β",
            "Feature 1 with γ = 2 and β = 2: twice as wide, and around 2. The other columns stay.",
            **{"gamma": np.append(2.0, ones[1:]), "beta": np.append(2.0, zeros[1:])},
        ),
        press(
            "A large ε",
            "With ε = 100, a feature whose variance is far below 100 is pressed towards 0; one "
            "that is far above it stays as it was.",
            epsilon=100.0,
        ),
    ]
