"""The first page: two nets learn two spirals, without and with batch normalization.

The nets train in net.js. Here are the same equations in NumPy, on those of local/equations.py:
they draw the still, and the tests compare net.js with them.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import equations, live, plots

WIDTHS = (2, 12, 12, 12, 12, 1)
NAMES = {"without": "without", "with": "with normalization"}
STEPS = 500
"""After so many, a training ends."""


class Train(live.Figure):
    """rate: of gradient descent.  size: of the first weights, in those of He et al. (2015).

    batch: examples in a batch.  seed: of the first weights and the batches.
    """

    module = "train.js"
    number = "0a"
    title = "two nets learn two spirals, without and with batch normalization"
    alt = (
        "Two maps of the same two spirals of points, after 500 steps at a learning rate of 2. "
        "Left, without batch normalization, the map has one colour throughout: that net is "
        "broken. Right, with it, the colour winds along one spiral and leaves the other free."
    )
    controls = 4
    height = t.Int(288).tag(sync=True)
    lead = t.Unicode("Your own setting. Both nets begin again whenever you change it.").tag(
        sync=True
    )
    guide = t.List(
        [
            live.press(
                "Too fast",
                "At this rate the net without breaks: one colour, one answer for all points. The "
                "net on the right has the layer; all else is the same.",
                **{"rate": 2.0, "size": 1.0, "batch": 32},
            ),
            live.press(
                "Small steps",
                "At a small rate both learn the spirals. Here the layer is no better: it makes "
                "room for other rates, not miracles.",
                **{"rate": 0.1, "size": 1.0, "batch": 32},
            ),
            live.press(
                "Bad start",
                "The first weights are ten times too small: without the layer, hardly anything "
                "comes through. With it, this size does no harm.",
                **{"rate": 0.3, "size": 0.1, "batch": 32},
            ),
            live.press(
                "Batch of two",
                "Now the net with the layer is in trouble: mean and variance of two examples say "
                "little about all of them.",
                **{"rate": 0.1, "size": 1.0, "batch": 2},
            ),
        ]
    ).tag(sync=True)
    limits = t.Dict(
        {"rate": [0.01, 10], "size": [0.1, 10], "batch": [2, 64, 1], "seed": [1, 999, 1]}
    ).tag(sync=True)
    rate = t.Float(2.0).tag(sync=True)
    size = t.Float(1.0).tag(sync=True)
    batch = t.Int(32).tag(sync=True)
    seed = t.Int(1).tag(sync=True)
    steps = t.Int(STEPS).tag(sync=True)

    def still(self):
        x, sign = spirals()
        side = np.linspace(-1.3, 1.3, 60)
        places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        figure, axes = plt.subplots(1, 2, figsize=(5.2, 3.0), sharey=True)
        for ax, (name, title) in zip(axes, NAMES.items(), strict=True):
            net = train(x, sign, rate=self.rate, steps=STEPS, normalized=name == "with")
            probability = 1 / (1 + np.exp(-answer(net, places, x)))
            color = plots.COLORS[name]
            table = probability.reshape(60, 60)
            ax.contourf(side, side, table, [0.5, 1.01], colors=[color], alpha=0.5)
            for value, face in (1, plots.INK), (-1, "none"):
                ax.plot(*x[sign == value].T, ".", color=plots.INK, markersize=4, mfc=face)
            ax.set(title=title, xticks=[], yticks=[], aspect="equal")
            ax.title.set_color(color)
        return figure


def spirals(points=200, seed=7):
    """Two spirals: x (points, 2), and to which of them each belongs, +1 or -1."""
    rng = np.random.default_rng(seed)
    sign = np.where(np.arange(points) % 2, 1, -1)
    far = 0.15 + 0.85 * np.sqrt(rng.random(points))
    turn = 6.5 * far + np.where(sign > 0, np.pi, 0)
    x = far * np.stack([np.cos(turn), np.sin(turn)]) + 0.03 * rng.normal(size=(2, points))
    return x.T, sign


def make(normalized, seed=0):
    """A fresh net, a layer a dict: w (k, m), b (m,) and, where it is normalized, gamma (m,)."""
    rng = np.random.default_rng(seed)
    net = []
    for k, m in pairwise(WIDTHS):
        last = m == WIDTHS[-1]
        more = {"gamma": np.ones(m)} if normalized and not last else {}
        net.append({"w": rng.normal(0, np.sqrt(2 / k), (k, m)), "b": np.zeros(m), **more})
    return net


def forward(net, x):
    """The output z (n,), and for each layer what its backward pass needs. `b` is also beta."""
    passes = []
    for layer in net:
        a, z, cache = x, x @ layer["w"], None
        if "gamma" in layer:
            y, cache = equations.batch_norm_forward(z, layer["gamma"], layer["b"])
        else:
            y = z + layer["b"]
        passes.append((a, y, cache))
        x = y if layer is net[-1] else np.maximum(y, 0)
    return y[:, 0], passes


def gradients(net, x, sign):
    """The mean of log(1 + exp(-sign z)), in nats, and its gradient for every layer's arrays."""
    z, passes = forward(net, x)
    loss = np.logaddexp(0, -sign * z).mean()
    dy = (-sign * np.exp(-np.logaddexp(0, sign * z)) / len(x))[:, None]
    found = []
    for layer, (a, y, cache) in zip(net[::-1], passes[::-1], strict=True):
        if layer is not net[-1]:
            dy = dy * (y > 0)
        more = {"b": dy.sum(axis=0)}
        if cache:
            dy, more["gamma"], more["b"] = equations.batch_norm_backward(dy, cache)
        found.append({"w": a.T @ dy, **more})
        dy = dy @ layer["w"].T
    return loss, found[::-1]


def train(x, sign, rate, steps, normalized, batch=32, seed=0):
    """A net after `steps` of gradient descent on random batches."""
    net, rng = make(normalized, seed), np.random.default_rng(seed)
    for _ in range(steps):
        rows = rng.integers(len(x), size=batch)
        _, found = gradients(net, x[rows], sign[rows])
        for layer, gradient in zip(net, found, strict=True):
            for name, values in gradient.items():
                layer[name] -= rate * values
    return net


def answer(net, places, x):
    """The output at `places`, normalized by the statistics of the points x."""
    for layer in net:
        x, places = x @ layer["w"], places @ layer["w"]
        if "gamma" in layer:
            mean, variance = equations.moments(x, 0)
            x, places = (
                layer["gamma"] * equations.standardize(v, mean, variance, 1e-3)[0]
                for v in (x, places)
            )
        x, places = x + layer["b"], places + layer["b"]
        if layer is not net[-1]:
            x, places = np.maximum(x, 0), np.maximum(places, 0)
    return places[:, 0]
