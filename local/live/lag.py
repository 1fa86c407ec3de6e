"""Chapter 5: moving averages behind statistics that move, and what inference makes of a unit."""

import matplotlib.pyplot as plt
import numpy as np
import traitlets as t
from scipy.signal import lfilter

from local import live, plots


class Lag(live.Figure):
    """One unit during a training: how late its moving averages are, for any momentum.

    mean, variance: (steps,), of the unit over each step's batch.  true: (steps,), its mean over
    all training examples after the step.  momentum: in [0, 1), as in (5.1).  stop: the step after
    which training ends.  shown: how many of the last steps the picture has.  reach: deviations to
    each side where the unit stands normalized.
    """

    module = "lag.js"
    number = "5a"
    title = "the lag of moving averages, and what inference then sees"
    alt = (
        "Above, the last steps of a training: the mean of a unit over each batch and over all "
        "training pictures move together, over several deviations; the moving average with "
        "momentum 0.9, dashed, follows them late. Below, the unit normalized: in training it "
        "stands at 0, one deviation wide; in inference, by the averages of the step at which "
        "training stopped, it is off by all that the moving average has missed."
    )
    controls = 2
    height = t.Int(368).tag(sync=True)
    mean = t.Bytes().tag(sync=True)
    variance = t.Bytes().tag(sync=True)
    true = t.Bytes().tag(sync=True)
    momentum = t.Float(0.9).tag(sync=True)
    stop = t.Int().tag(sync=True)
    reach = t.Int().tag(sync=True)
    shown = t.Int(200).tag(sync=True)

    def __init__(self, mean, variance, true, **kwargs):
        last = len(mean)
        first = last - kwargs.get("shown", type(self).shown.default_value) + 1
        arrays = {"mean": mean, "variance": variance, "true": true}
        data = {name: live.packed(values, "float32") for name, values in arrays.items()}
        moving_mean, moving_variance = averages(mean, variance, 0.9)
        off = np.abs(true - moving_mean) / np.sqrt(moving_variance + 1e-3)
        worst = first + int(off[first - 1 :].argmax())
        reach = max(6, int(np.ceil(off[first - 1 :].max())) + 1)
        data |= {"stop": last, "reach": reach, "guide": guide(worst, last)}
        data |= {"limits": {"momentum": [0, 0.999], "stop": [first, last, 1]}}
        super().__init__(**{**data, **kwargs})

    def still(self):
        arrays = self.mean, self.variance, self.true
        mean, variance, true = (np.frombuffer(array, "<f4") for array in arrays)
        m = self.momentum
        moving_mean, moving_variance = averages(mean, variance, m)
        steps = np.arange(1, len(mean) + 1)[-self.shown :]
        last = self.stop - 1
        blue = plots.COLORS["with"]
        figure, (above, below) = plt.subplots(2, 1, figsize=(5.2, 5.2), height_ratios=[2, 1])
        above.plot(steps, mean[-self.shown :], color=blue, linewidth=1, label="batch")
        above.plot(steps, true[-self.shown :], color=plots.INK, label="all pictures")
        above.plot(steps, moving_mean[-self.shown :], "--", color=blue, label="moving average")
        above.axvline(self.stop, color=plots.GREY)
        above.set(title=f"Mean of the unit, momentum {m:g}", xlabel="step of training")
        above.legend(loc="upper left", bbox_to_anchor=(-0.12, -0.22), ncols=3, columnspacing=1)
        off = (true[last] - moving_mean[last]) / np.sqrt(moving_variance[last] + 1e-3)
        width = np.sqrt(variance[last] / (moving_variance[last] + 1e-3))
        for y, center, deviation, style in ((1, 0, 1, "-"), (0, off, width, "--")):
            below.plot([center - deviation, center + deviation], [y, y], style, color=blue)
            below.plot(center, y, "o", color=blue, markersize=8)
        below.set_yticks([1, 0], ["training", "inference"])
        below.set(title="Where the unit stands, normalized", ylim=(-0.6, 1.6))
        below.set_xlim(-self.reach, self.reach)
        return figure


def averages(mean, variance, m):
    """(5.1) and (5.2): the moving mean and variance after each step, both (steps,)."""
    return lfilter([1 - m], [1, -m], mean), lfilter([1 - m], [1, -m], variance, zi=[m])[0]


def guide(worst, last):
    """The three momenta at the step `worst`, where 0.9 has missed most, and 0.9 at the `last`."""
    return [
        live.press(
            "m = 0",
            "The dashed line is the mean of the last batch alone. It is one step late, and where "
            "the weights leap, that counts more than its noise.",
            **{"momentum": 0.0, "stop": worst},
        ),
        live.press(
            "m = 0.9",
            "Now it is late, and here that costs most: below, inference is off by all that the "
            "average has missed.",
            **{"momentum": 0.9, "stop": worst},
        ),
        live.press(
            "m = 0.99",
            "Calm is not the same as right: the dashed line hardly takes part in what happens.",
            **{"momentum": 0.99, "stop": worst},
        ),
        live.press(
            "At the end",
            "0.9 again, at another step: how far a unit is off in inference depends on where "
            "training ends.",
            **{"momentum": 0.9, "stop": last},
        ),
    ]
