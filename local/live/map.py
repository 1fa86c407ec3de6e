"""Chapter 6: the map of learning rates and initial weights; each field opens on its trainings."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import live, plots

TOP = 2.0
"""The highest loss that is shown, in nats; a larger one leaves the panel at its top."""

POINTS = 28
"""How many points of a loss curve are stored."""

LARGER, NOT_FINITE = 254, 255
LEVELS = 250
"""A loss is stored as a byte: 0 to LEVELS from 0 to TOP, then the two above."""


class Map(live.Figure):
    """Two sweeps over the same rates, initial scales and seeds, without normalization and with it.

    plain, normed: `sweeps.Results` of at least POINTS steps, with `test` and `precise`.  chance:
    the accuracy of guessing.
    accuracy (2, rates, scales, seeds) float32; diverged, the same, and curves (..., points): bytes.
    chosen: the number of the field, counted row by row from the lowest rate and scale.
    """

    module = "map.js"
    number = "6a"
    title = "the map of rates and initial weights, and the trainings behind it"
    alt = (
        "Two maps of test accuracy over learning rate and initial weights, and under each the loss "
        "curves of one field, three seeds. Without normalization only one column is bright, and "
        "at rate 1 its losses leave the panel at once; with batch normalization a large area is "
        "bright, and in the same field all three losses fall."
    )
    controls = 2
    height = t.Int(474).tag(sync=True)
    rates = t.List().tag(sync=True)
    scales = t.List().tag(sync=True)
    accuracy = t.Bytes().tag(sync=True)
    diverged = t.Bytes().tag(sync=True)
    curves = t.Bytes().tag(sync=True)
    chance = t.Float().tag(sync=True)
    steps = t.Int().tag(sync=True)
    points = t.Int(POINTS).tag(sync=True)
    top = t.Float(TOP).tag(sync=True)
    palette = t.List().tag(sync=True)
    chosen = t.Int().tag(sync=True)

    def __init__(self, plain, normed, chance, **kwargs):
        both = {
            name: np.stack([np.moveaxis(getattr(each, name), 0, 2) for each in (plain, normed)])
            for name in ("precise_test_accuracy", "diverged", "loss")
        }
        palette = mpl.colormaps[plots.SEQUENTIAL](np.linspace(0, 1, 16))
        data = {
            "rates": plain.learning_rates.tolist(),
            "scales": plain.init_scales.tolist(),
            "accuracy": live.packed(both["precise_test_accuracy"], "float32"),
            "diverged": live.packed(both["diverged"], "uint8"),
            "curves": live.packed(thinned(both["loss"]), "uint8"),
            "steps": plain.loss.shape[-1],
            "palette": [mpl.colors.to_hex(color) for color in palette],
        }
        one, he = nearest_to_one(data["rates"]), nearest_to_one(data["scales"])
        medians = np.median(both["precise_test_accuracy"][0], axis=-1)
        data |= {"chance": float(chance), "chosen": one * len(data["scales"]) + he}
        data |= {"limits": {"chosen": [0, medians.size - 1, 1]}}
        data |= {"guide": guide(medians, data["chosen"])}
        super().__init__(**{**data, **kwargs})

    def still(self):
        shape = 2, len(self.rates), len(self.scales), -1
        accuracy = np.frombuffer(self.accuracy, "<f4").reshape(shape)
        curves = np.frombuffer(self.curves, "uint8").reshape(*accuracy.shape, self.points)
        place = divmod(self.chosen, len(self.scales))
        figure, axes = plt.subplots(2, 2, figsize=(5.2, 5.4), sharey="row")
        steps = np.linspace(0, self.steps, self.points)
        for k, (name, text) in enumerate({"without": "Without", "with": "With"}.items()):
            above, below = axes[:, k]
            above.imshow(
                np.median(accuracy[k], axis=-1),
                **{"origin": "lower", "aspect": "auto", "vmin": self.chance, "vmax": 0.8},
            )
            above.plot(*place[::-1], "s", color="white", markersize=9, markerfacecolor="none")
            above.set_title(text, color=plots.COLORS[name])
            above.set_xticks([0, nearest_to_one(self.scales)], [f"{self.scales[0]:g}", "1"])
            above.set_xlabel("initial weights")
            levels = curves[k][place]  # (seeds, points)
            lost = levels == NOT_FINITE
            losses = np.where(lost, np.nan, np.minimum(levels, LEVELS) * TOP / LEVELS)
            below.plot(steps, losses.T, color=plots.COLORS[name], linewidth=1)
            if lost.any():  # a cross where the first of them is no longer finite
                first = steps[lost.any(axis=0).argmax()]
                below.plot(first, TOP, "x", color=plots.COLORS[name], markersize=9, clip_on=False)
            below.set(xlim=(0, self.steps), ylim=(0, TOP), xlabel="step")
        decades = np.log10(self.rates)
        ticks = np.flatnonzero(np.isclose(decades, np.round(decades)))
        axes[0, 0].set_yticks(ticks, [f"{self.rates[k]:g}" for k in ticks])
        axes[0, 0].set_ylabel("learning rate")
        axes[1, 0].set_ylabel("loss in the field")
        return figure


def guide(medians, one):
    """A walk from the best field without normalization, medians (rates, scales), to field `one`."""
    best = int(medians.argmax())
    columns = medians.shape[1]
    left, right = max(best % columns - 1, 0), min(best % columns + 1, columns - 1)
    row = best - best % columns
    return [
        live.press(
            "Best without",
            "The star of the left map: its best field. How far do the two nets differ here?",
            chosen=best,
        ),
        live.press(
            "A step left",
            "The same rate, first weights one step smaller. Does the net without still learn, or "
            "does it stand still?",
            chosen=row + left,
        ),
        live.press(
            "A step right",
            "First weights one step larger: without, the loss may run away; a cross is a loss that "
            "is no number any more.",
            chosen=row + right,
        ),
        live.press(
            "Rate 1",
            "A large rate, and the weights of He et al. Which of the two nets still learns, and in "
            "how many of its seeds?",
            chosen=one,
        ),
    ]


def nearest_to_one(values):
    """The place of the value, all above 0, that is nearest to 1 on a logarithmic scale."""
    return int(np.abs(np.log(values)).argmin())


def thinned(loss):
    """The mean loss of each of POINTS stretches of the training, as bytes.

    loss: (..., steps), in nats.  A stretch with a loss that is not finite is NOT_FINITE, and so is
    all that follows; one above TOP is LARGER.
    """
    stretches = np.array_split(loss.astype(float), POINTS, axis=-1)
    means = np.stack([stretch.mean(axis=-1) for stretch in stretches], axis=-1)
    finite = np.logical_and.accumulate(np.isfinite(means), axis=-1)
    losses = np.where(finite, means, 0)
    levels = np.where(losses > TOP, LARGER, np.round(np.minimum(losses, TOP) / TOP * LEVELS))
    return np.where(finite, levels, NOT_FINITE)
