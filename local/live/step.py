"""Chapter 7: loss and gradient on the way along one step of training, without and with."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import live, plots

NETS = {"without": "without normalization", "with": "with"}


class Step(live.Figure):
    """Walks along the gradient, at several moments of two trainings.

    stops: how far, in steps of the training, ascending and above 0.  every: training steps from
    one look to the next.  losses: (2, looks, 1 + stops, seeds), without and with normalization, at
    the start and at every stop, on one batch.  cosines: (2, looks, stops, seeds), of the gradient
    at each stop with that of the start.  look, stop: what is shown, counted from 0; stop 0 is the
    start.
    """

    module = "step.js"
    number = "7a"
    title = "loss and gradient along the step, with and without normalization"
    alt = (
        "Above, how the loss changes on the way from 0 to 4 steps along the gradient, late in the "
        "training, five seeds. Both losses fall at first. Without normalization the loss climbs "
        "again beyond one step and ends above its start; with normalization it stays below. Below, "
        "two dials with the gradient after one step: without it points about sideways, "
        "and the seeds differ; with it still forward."
    )
    controls = 2
    height = t.Int(392).tag(sync=True)
    stops = t.List().tag(sync=True)
    every = t.Int().tag(sync=True)
    seeds = t.Int().tag(sync=True)
    losses = t.Bytes().tag(sync=True)
    cosines = t.Bytes().tag(sync=True)
    looks = t.Int().tag(sync=True)
    look = t.Int().tag(sync=True)
    stop = t.Int().tag(sync=True)

    def __init__(self, stops, every, losses, cosines, **kwargs):
        losses, cosines = np.asarray(losses), np.asarray(cosines)
        looks, seeds = losses.shape[1], losses.shape[-1]
        data = {"losses": live.packed(losses, "float32")}
        data |= {"cosines": live.packed(cosines, "float32"), "looks": looks, "seeds": seeds}
        data |= {"stops": [0.0, *stops], "every": every, "look": looks * 4 // 5}
        one, last = list(stops).index(1) + 1, len(stops)
        limits = {"look": [0, looks - 1, 1], "stop": [0, last, 1]}
        data |= {"stop": one, "limits": limits, "guide": guide(data["look"], one, last)}
        super().__init__(**{**data, **kwargs})

    def still(self):
        shape = 2, self.looks, -1, self.seeds
        losses = np.frombuffer(self.losses, "<f4").reshape(shape)[:, self.look]
        cosines = np.frombuffer(self.cosines, "<f4").reshape(shape)[:, self.look]
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.2, 5.4), height_ratios=[3, 2])
        at = np.arange(len(self.stops))
        for k, (net, name) in enumerate(NETS.items()):
            color = plots.COLORS[net]
            change = losses[k] - losses[k][:1]
            above.plot(at, change, color=color, alpha=0.4, linewidth=1)
            above.plot(at, np.median(change, axis=1), color=color, linewidth=3, label=name)
            of_seeds = cosines[k][self.stop - 1]
            middle = np.median(of_seeds)
            for cosine, width in (*((c, 1) for c in of_seeds), (middle, 3)):
                tip = 2.6 * k + cosine, np.sqrt(max(0, 1 - cosine**2))
                arrow = {"arrowstyle": "->", "color": color, "lw": width, "shrinkB": 0}
                below.annotate("", tip, (2.6 * k, 0), arrowprops=arrow)
            angles = np.linspace(0, np.pi, 60)
            below.plot(2.6 * k + np.cos(angles), np.sin(angles), color=plots.GREY, linewidth=1)
            text = f"cosine {middle:.2f}".replace("-", "−")
            below.text(2.6 * k, -0.25, text, color=color, ha="center")
        above.axhline(0, color=plots.GREY, linewidth=1)
        above.set_xticks(at, [f"{stop:g}" for stop in self.stops])
        above.set(ylim=(-0.5, 1.5), xlabel="how far along the gradient (steps)")
        above.set(title="Change of the loss, late in the training")
        above.legend(loc="upper left")
        below.set(title="The gradient after one step (at the start: right)", aspect="equal")
        below.axis("off")
        return figure


def guide(late, one, last):
    """The order of a walk: its start, a whole step, the last stop, and that early in training."""
    return [
        live.press(
            "The start",
            "Nobody has walked yet: the loss has not changed, and both needles show the gradient "
            "of the start.",
            **{"look": late, "stop": 0},
        ),
        live.press(
            "A whole step",
            "As far as the training itself goes. Which loss has fallen, and which gradient has "
            "turned more?",
            **{"look": late, "stop": one},
        ),
        live.press(
            "Walk on",
            "Much further than the training goes. Which net has crossed the valley and climbs the "
            "other side? Read both needles.",
            **{"look": late, "stop": last},
        ),
        live.press(
            "Early on",
            "The same walk from the first step of the training: how much of this is there already?",
            **{"look": 0, "stop": last},
        ),
    ]
