"""Chapters 1 and 4: how what is recorded in a net is distributed, step by step of its training."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import live, plots, ridges

ROWS = 72
"""More steps than this cannot be told apart on a slider as wide as a phone."""

POINTS = 80


class Ridges(live.Figure):
    """histories: {"without": History, "before tanh": History}.  names: of what they recorded.

    The key "without" is drawn in the colour of nets without normalization, any other in that of
    nets with it. `row` counts the steps that are shown, `steps`. For the module, `heights` are
    roots of the densities, in 255ths of the highest under the same name, at `POINTS` places from
    the first to the second of the row's `ends`, and `widths` are standard deviations. `gone` has,
    for each panel of the first name, the first row whose peak is less than half as high as that of
    row 0, or None.

    Raises ValueError where the histories did not record at the same steps.
    """

    module = "ridges.js"
    number = "1a"
    title = "the distribution of what a net computes, under a slider over its training"
    alt = (
        "Densities of the recorded values at the first training step, soon after it and at the "
        "end, in a panel each. Without normalization, the first layer's one narrow peak at the "
        "first step has soon become wide, or has moved to the ends."
    )
    controls = 2
    height = t.Int(400).tag(sync=True)
    steps = t.List().tag(sync=True)
    panels = t.List().tag(sync=True)
    heights = t.Bytes().tag(sync=True)
    ends = t.Bytes().tag(sync=True)
    widths = t.Bytes().tag(sync=True)
    gone = t.List().tag(sync=True)
    row = t.Int(0).tag(sync=True)

    def __init__(self, histories, names=("z1", "a1"), **kwargs):
        steps, *others = (history.steps for history in histories.values())
        if any(not np.array_equal(steps, other) for other in others):
            raise ValueError(
                f"{sorted(histories)} must have recorded at the same steps: train them with the "
                "same number of epochs and the same batch size"
            )
        shown = np.linspace(0, len(steps) - 1, min(ROWS, len(steps))).round().astype(int)
        panels, heights, ends, widths = [], [], [], []
        for name in names:
            rows = [history.recorded[name][shown] for history in histories.values()]
            found = [[outline(row) for row in values] for values in rows]
            spans = np.array([[span for span, _ in of_rows] for of_rows in found])
            density = np.array([[values for _, values in of_rows] for of_rows in found])
            for key in histories:
                panels.append(
                    {
                        "title": f"{name} {key}" if others else name,
                        "role": "without" if key == "without" else "with",
                        "range": [float(spans.min()), float(spans.max())],
                    }
                )
            heights += [*np.sqrt(density / density.max())]
            ends += [*spans]
            widths += [values.std(axis=1) for values in rows]
        self._drawn = heights, ends
        gone = [row_of_half(np.square(rows)) for rows in heights[: len(histories)]]
        last = len(shown) - 1
        super().__init__(
            guide=guide(names[0], next(iter(histories)), gone[0], last),
            limits={"row": [0, last, 1]},
            gone=gone,
            steps=steps[shown].tolist(),
            panels=panels,
            heights=live.packed(np.rint(255 * np.array(heights)), "uint8"),
            ends=live.packed(ends, "float32"),
            widths=live.packed(widths, "float32"),
            **kwargs,
        )

    def still(self):
        rows = -(-len(self.panels) // 2)
        figure, axes = plt.subplots(rows, 2, figsize=(5.2, 2.1 * rows), squeeze=False)
        last = len(self.steps) - 1
        times = [0, last // 20, last]
        colors = plt.get_cmap(plots.SEQUENTIAL)([0.0, 0.5, 0.85])
        for ax, panel, heights, ends in zip(axes.flat, self.panels, *self._drawn, strict=False):
            for row, color in zip(times, colors, strict=True):
                x = np.linspace(*ends[row], POINTS)
                ax.plot(x, heights[row], color=color, label=f"step {self.steps[row]}")
            ax.set(title=panel["title"], xlim=panel["range"], yticks=[])
        axes[0, 0].legend(fontsize=10, loc="upper left", handlelength=1)
        return figure


def row_of_half(density):
    """The first row whose peak is less than half as high as that of row 0, or None.

    density: (rows, points).
    """
    lower = density.max(axis=1) < density[0].max() / 2
    return int(lower.argmax()) if lower.any() else None


def guide(name, key, gone, last):
    """The steps that lead through the rows, if the peak of `name` in the history `key` goes."""
    start = live.press(
        "First step", f"{name} is one peak: what the first weights make of the pictures.", row=0
    )
    halved = live.press(
        "The peak goes",
        f"By this step the peak of {name} ({key}) is less than half as high as at first. The mark "
        "keeps the place.",
        row=gone,
    )
    play = live.press(
        "From start to end",
        "Which panel changes late, when the others hardly do? The deviations stand in the words "
        "when it stops.",
        begin={"row": 0},
        row=last,
    )
    return [start, play] if gone is None else [start, halved, play]


def outline(row):
    """The ends of a row's own even grid of `POINTS` places, (2,), and its density there."""
    grid, (density,) = ridges.densities(row[np.newaxis], POINTS)
    ends = grid[[0, -1]]
    return ends, np.interp(np.linspace(*ends, POINTS), grid, density)
