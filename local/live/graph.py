"""Chapter 3: the computation graph, values on the way forward and gradients on the way back."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import equations, live, plots

COLUMNS = {"x": 0, "centered": 1, "squared": 2, "x_hat": 3, "y": 4}
ABOVE = {"mean": 0.5, "variance": 2, "s": 3}
BELOW = {"gamma": 3, "beta": 4}
STRAIGHT = "x centered, centered squared, squared variance, variance s, s x_hat, x_hat y, beta y"
BLUE = plots.COLORS["with"]
ARROWS = f"{STRAIGHT}, x mean, mean centered, gamma y, centered x_hat"


class Graph(live.Figure):
    """One feature of a batch on its way through (2.1) to (2.4), and back through (3.1) to (3.9).

    x, dy: (N,), the feature and the gradient that arrives at its output.  gamma, beta: numbers.
    values, gradients: node -> list of its numbers, N or 1.  terms: "centered" and "x", where two
    arrows leave, -> the two terms that arrive.  at: the step, 0 to 19.  statistics: what mean and
    variance are taken for on the way back, "functions" of the batch or "constants".
    """

    module = "graph.js"
    number = "3a"
    title = "the computation graph of batch normalization, step by step"
    alt = (
        "The graph of one feature with its numbers: x, centered, squared, x_hat and y are columns "
        "with a number for each example; mean, variance, s, gamma and beta are single numbers. "
        "Under every value stands its gradient. Two arrows leave x and two leave centered, so two "
        "terms arrive there: one straight, one over the detour through the statistics."
    )
    controls = 3
    values = t.Dict().tag(sync=True)
    gradients = t.Dict().tag(sync=True)
    terms = t.Dict().tag(sync=True)
    limits = t.Dict({"at": [0, 19, 1], "statistics": ["functions", "constants"]}).tag(sync=True)
    guide = t.List(
        [
            live.press(
                "Forward",
                "Every node has its value. Two arrows leave x, and two leave centered: remember "
                "them for the way back.",
                **{"at": 7, "statistics": "functions"},
            ),
            live.press(
                "At centered",
                "Two arrows left centered on the way forward, so two terms arrive at it. The same "
                "happens at x, and nowhere else.",
                **{"at": 16, "statistics": "functions"},
            ),
            live.press(
                "As constants",
                "Not one value changes, but the detours are cut: the second terms never come, and "
                "the sum of dx is not 0 any more.",
                **{"at": 19, "statistics": "constants"},
            ),
            live.press(
                "Replay",
                "All twenty steps, forward and back. Back or Next stops it; the numbers in "
                "brackets are those of the equations.",
                **{"begin": {"at": 0}, "at": 19, "statistics": "functions"},
            ),
        ]
    ).tag(sync=True)
    at = t.Int(0).tag(sync=True)
    statistics = t.Enum(["functions", "constants"], "functions").tag(sync=True)

    def __init__(self, x, dy, gamma=1.0, beta=0.0, epsilon=1e-3, **kwargs):
        x, dy = np.asarray(x, float)[:, None], np.asarray(dy, float)[:, None]
        y, cache = equations.batch_norm_forward(x, [gamma], [beta], epsilon)
        mean, variance = equations.moments(x, (0,))
        centered = x - mean
        values = {"x": x, "mean": mean, "centered": centered, "squared": centered**2}
        values |= {"variance": variance, "s": cache.s, "x_hat": cache.x_hat}
        values |= {"gamma": gamma, "beta": beta, "y": y}
        staged = equations.batch_norm_backward_staged(dy, cache)
        gradients = {name[1:]: gradient for name, gradient in staged.items()} | {"y": dy}
        terms = {
            "centered": [staged["dx_hat"] / cache.s, 2 * centered * staged["dsquared"]],
            "x": [staged["dcentered"], np.broadcast_to(staged["dmean"] / len(x), x.shape)],
        }
        numbers = {"values": values, "gradients": gradients}
        super().__init__(
            **{name: {k: _listed(v) for k, v in of.items()} for name, of in numbers.items()},
            terms={name: [_listed(term) for term in both] for name, both in terms.items()},
            **{"height": 196 + 34 * len(x), **kwargs},
        )

    def still(self):
        rows = len(self.values["x"])
        low = 104 + 34 * rows
        boxes = {name: (72 * k + 7, 104, rows) for name, k in COLUMNS.items()}
        boxes |= {name: (72 * k + 7, 20, 1) for name, k in ABOVE.items()}
        boxes |= {name: (72 * k + 7, low + 46, 1) for name, k in BELOW.items()}
        figure, ax = plt.subplots(figsize=(5.2, 5.2 * self.height / 360))
        for arrow in ARROWS.split(", "):
            _draw_arrow(ax, *(boxes[name] for name in arrow.split()))
        for name, (left, top, many) in boxes.items():
            box = plt.Rectangle((left, top), 58, 34 * many + 4, fc="none", ec=plots.INK)
            ax.add_patch(box)
            ax.text(left + 29, top - 5, name, ha="center", fontweight="bold")
            pairs = zip(self.values[name], self.gradients[name], strict=True)
            for i, (value, gradient) in enumerate(pairs):
                for number, down, color in (value, 15, plots.INK), (gradient, 30, BLUE):
                    text = f"{number:.2f}".replace("-", "−")
                    ax.text(left + 52, top + 34 * i + down, text, ha="right", color=color)
        ax.text(4, low + 62, "value")
        ax.text(4, low + 80, "gradient", color=BLUE)
        ax.set(xlim=(0, 360), ylim=(self.height, 0))
        ax.axis("off")
        return figure


def _listed(numbers):
    return np.ravel(numbers).tolist()


def _draw_arrow(ax, start, end):
    """From box to box, each (left, top, rows); over a box that lies between, an arc."""
    (x0, top0, rows0), (x1, top1, rows1) = start, end
    bottom0, bottom1 = top0 + 34 * rows0 + 4, top1 + 34 * rows1 + 4
    style, way = {"arrowstyle": "->", "color": plots.GREY, "lw": 1.5, "shrinkA": 1}, {}
    if top0 == top1 and x1 - x0 > 100:
        a, b = (x0 + 29, bottom0), (x1 + 29, bottom1)
        way = {"connectionstyle": "arc3,rad=0.25"}
    elif top0 == top1:
        y = (top0 + bottom0) / 2
        a, b = (x0 + 58, y), (x1, y)
    elif top0 > top1:
        a, b = (x0 + 29, top0 - 18), (x1 + 29, bottom1)
    else:
        a, b = (x0 + 29, bottom0), (x1 + 29, top1 - 18)
    ax.annotate("", b, a, arrowprops={**style, **way})
