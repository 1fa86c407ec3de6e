"""Chapter 8: a block of images, and over which of its numbers each relative averages."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import live, plots


class Block(live.Figure):
    """z: a small batch of images, (N, H, W, C); rounded to one decimal, as it is shown.

    kind: "batch", "layer", "instance", "group" (of neighbouring channels, `groups` of them) or
    "rms".  pixels: "many", or "one" for the dense table of everybody's first pixel.
    chosen: the place of the chosen number in z.ravel().  numbers: "before" or "after".
    """

    module = "block.js"
    number = "8a"
    title = "who shares a mean and a variance, in a block of images"
    alt = (
        "A block of three examples (rows) by four channels (columns), each a picture of two by two "
        "pixels. One pixel of the last channel is chosen, and batch normalization lights up all "
        "twelve values of that channel: it averages down the column, over every example and "
        "every pixel. No pixel has a mean of its own, and no other channel takes part."
    )
    controls = 5
    height = t.Int(330).tag(sync=True)
    z = t.List().tag(sync=True)
    shape = t.List().tag(sync=True)
    groups = t.Int(2).tag(sync=True)
    kind = t.Enum(["batch", "layer", "instance", "group", "rms"], "batch").tag(sync=True)
    pixels = t.Enum(["many", "one"], "many").tag(sync=True)
    chosen = t.Int().tag(sync=True)
    numbers = t.Enum(["before", "after"], "before").tag(sync=True)

    def __init__(self, z, **kwargs):
        z = np.asarray(z, float).round(1)
        last = z.shape[-1] - 1  # the last channel of the first pixel of the first example
        data = {"z": z.ravel().tolist(), "shape": list(z.shape), "chosen": last}
        limits = {"groups": [1, z.shape[-1], 1], "chosen": [0, z.size - 1, 1], "z": [-5, 5]}
        for name in "kind", "pixels", "numbers":
            limits[name] = self.traits()[name].values
        data |= {"limits": limits, "guide": guide(z.shape[-1] // 2)}
        super().__init__(**{**data, **kwargs})

    def still(self):
        N, H, W, C = self.shape
        figure, ax = plt.subplots(figsize=(5.2, 4.7))
        for (n, h, w, c), value in np.ndenumerate(np.reshape(self.z, self.shape)):
            corner, lit = (c + 0.46 * w, n + 0.46 * h), c == C - 1
            look = {"facecolor": plots.COLORS["with"], "alpha": 0.34} if lit else {"fill": False}
            ax.add_patch(plt.Rectangle(corner, 0.44, 0.44, edgecolor=plots.GREY, **look))
            text = f"{value:.1f}".replace("-", "−")
            ax.text(corner[0] + 0.22, corner[1] + 0.24, text, ha="center", va="center")
        ax.add_patch(plt.Rectangle((C - 1, 0), 0.44, 0.44, fill=False, ec=plots.INK, lw=3))
        ax.set(xlim=(-0.05, C), ylim=(N, -0.05))
        ax.set_xticks(np.arange(C) + 0.45, [f"channel {c + 1}" for c in range(C)])
        ax.set_yticks(np.arange(N) + 0.45, [f"example {n + 1}" for n in range(N)])
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        ax.spines[:].set_visible(False)
        ax.set_title(f"Batch: {N * H * W} values share one mean and variance")
        return figure


def guide(pairs):
    """Who shares with whom; `pairs` is the number of groups of two channels."""
    before = {"pixels": "many", "numbers": "before", "groups": pairs}
    after = {"pixels": "one", "numbers": "after", "groups": pairs}
    return [
        live.press(
            "Batch",
            "A channel lights up: every example and every pixel of it. No pixel has statistics of "
            "its own.",
            **{"kind": "batch", **before},
        ),
        live.press(
            "Layer",
            "A row lights up: all channels and pixels of one example. Other examples have no part "
            "in it.",
            **{"kind": "layer", **before},
        ),
        live.press(
            "Pairs",
            "One number a channel, groups of two: all that such a group can say is which of its "
            "two numbers is larger.",
            **{"kind": "group", **after},
        ),
        live.press(
            "Alone",
            "Instance normalization of one number: each value is its own mean, and the answer is 0 "
            "to everything.",
            **{"kind": "instance", **after},
        ),
    ]
