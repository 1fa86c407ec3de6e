"""Chapter 9: a batch shared out over replicas, with statistics of their own or common ones."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import equations, live, plots


class Replicas(live.Figure):
    """One feature of 24 examples. Replica r of R has the r-th part of them, or of them shuffled.

    base: what the examples would be without cameras.  offset: from the darkest of R cameras to
    the brightest.  sharing: "camera", one for each replica, or "shuffled", in the given order.
    statistics: "own" or "synchronized", (9.5).
    """

    module = "replicas.js"
    number = "9a"
    title = "one batch on several replicas, synchronized or not"
    alt = (
        "Two replicas, each with the pictures of one camera; the second camera's values lie 3 "
        "higher. Each replica subtracts its own mean, so in the output both shares stand around "
        "zero and the difference between the cameras is gone. Rings show one large batch, which "
        "keeps it: most examples are about one deviation away from their ring."
    )
    controls = 5
    height = t.Int(488).tag(sync=True)
    guide = t.List(
        [
            live.press(
                "Each its own",
                "A camera and statistics for each replica: both shares come out around 0, and dark "
                "and bright cannot be told apart any more.",
                **{"replicas": 2, "sharing": "camera", "statistics": "own"},
            ),
            live.press(
                "Synchronize",
                "Every output lands under its ring, off by 0: with common statistics, (9.5), all "
                "replicas make one large batch.",
                **{"replicas": 2, "sharing": "camera", "statistics": "synchronized"},
            ),
            live.press(
                "Shuffle",
                "Own statistics again, of pictures that are mixed: the outputs come close to their "
                "rings, without a single message.",
                **{"replicas": 2, "sharing": "shuffled", "statistics": "own"},
            ),
            live.press(
                "Four replicas",
                "Still mixed, but six pictures each: that is a small batch, and the outputs are "
                "further off again.",
                **{"replicas": 4, "sharing": "shuffled", "statistics": "own"},
            ),
        ]
    ).tag(sync=True)
    limits = t.Dict(
        {
            "base": [-10, 10],
            "replicas": [2, 4, 1],
            "offset": [0, 5],
            "sharing": ["camera", "shuffled"],
            "statistics": ["own", "synchronized"],
        }
    ).tag(sync=True)
    base = t.List().tag(sync=True)
    order = t.List().tag(sync=True)
    replicas = t.Int(2, min=2, max=4).tag(sync=True)
    offset = t.Float(3.0).tag(sync=True)
    sharing = t.Enum(["camera", "shuffled"], "camera").tag(sync=True)
    statistics = t.Enum(["own", "synchronized"], "own").tag(sync=True)

    def __init__(self, **kwargs):
        rng = np.random.default_rng(0)
        base, order = rng.normal(size=24).round(1), rng.permutation(24)
        super().__init__(**{"base": base.tolist(), "order": order.tolist(), **kwargs})

    def still(self):
        dark, bright = np.split(np.array(self.base), 2)
        shares = np.array([dark - 1.5, bright + 1.5])
        rings = equations.normalize(shares, (0, 1))
        outputs = equations.normalize(shares, 1)
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.2, 6.4))
        blue = plots.COLORS["with"]
        for r, (x, y, ring) in enumerate(zip(shares, outputs, rings, strict=True)):
            above.barh(r, 2 * x.std(), 0.5, x.mean() - x.std(), color=blue, alpha=0.18)
            above.plot([x.mean()] * 2, [r - 0.3, r + 0.3], color=blue)
            above.plot(x, 0 * x + r, "os"[r], color=blue)
            below.plot([ring, y], [0 * y + r - 0.28, 0 * y + r + 0.2], color=blue, linewidth=1)
            below.plot(ring, 0 * y + r - 0.3, "o", color=plots.INK, fillstyle="none")
            below.plot(y, 0 * y + r + 0.2, "os"[r], color=blue)
        for ax in above, below:
            ax.set(yticks=[0, 1], ylim=(1.5, -0.5), yticklabels=["replica 1", "replica 2"])
        above.set(title="The batch x, a camera for each replica", xlim=(-5, 5))
        below.set(title="The output y (rings: one large batch)", xlim=(-4, 4))
        return figure
