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
    title = "a batch to drag, normalized by column or by row"
    alt = (
        "Three columns of four numbered points each. Above, the batch as it came, every column on "
        "its own ruler with a blue line at its mean and a band of one deviation. Below, the "
        "output: the columns keep their patterns, and all three stand around zero, equally wide."
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
        super().__init__(x=x.tolist(), **{**parameters, **kwargs})

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
