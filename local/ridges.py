"""Density estimates of a recorded history and the ridge plot made of them.

The estimate is the Gaussian kernel density of `scipy.stats.gaussian_kde` with Scott's bandwidth
(Silverman 1986), made fast: the histogram of a row on fine bins of its own, convolved with the
kernel. A row a thousand times as narrow as another is as exact; where it lies, the grid that all
rows share has points as close together as it needs.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import LogLocator, NullLocator

from local import plots
from local.arrays import refuse_masked

FINE = 10
"""Bins of a row's histogram per bandwidth. A sample counts for the two bins at its sides, more for
the nearer one (linear binning), so the histogram changes a peak by less than 0.3 %."""
REACH = 4 * FINE
"""Bins from a sample to where its kernel, less than 0.04 % of its height there, is cut off."""
KERNEL = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / FINE) ** 2) / (FINE * np.sqrt(2 * np.pi))
"""What a sample adds to the bins around it."""
STRAIGHT = 0.005
"""A straight line between two neighbours of the grid misses a density by at most this share of its
peak."""

RIDGES = 36
"""The most ridges in one panel: more of them hide one another."""
HEIGHT = 6
"""Height of the tallest ridge, in distances between two ridges."""

PANELS = ("z1", "a1", "z2", "a2")


def densities(rows, points=100):
    """Estimate the density of each row of samples on one common grid.

    rows (n_rows, n_samples) finite -> grid (m,), density (n_rows, m), in 1/unit of rows.
    The grid spans all rows and four bandwidths beyond, in `points` (2 or more) equal steps
    where these show every row; where a row is too narrow for them, some of them are halved, once
    or more, so m >= points. A row of equal samples is shown as if its bandwidth were one step.

    Raises ValueError if rows is not two-dimensional, is empty, or holds values that are not finite
    or that a mask hides, and for fewer than two points.
    """
    if points < 2:
        raise ValueError(f"points must be 2 or more, received {points}: try 100.")
    refuse_masked("rows", rows)
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"rows must have shape (n_rows, n_samples), received {rows.shape}.")
    rows = rows.astype(float, copy=False)
    lows, highs = rows.min(axis=1), rows.max(axis=1)  # not finite where any sample is not
    bad = np.flatnonzero(~(np.isfinite(lows) & np.isfinite(highs)))
    if bad.size:
        raise ValueError(f"rows must be finite; row {bad[0]} and {len(bad) - 1} others are not.")
    bandwidths = _bandwidths(rows, lows, highs, points)
    smooth = [_smoothed(*each) for each in zip(rows, lows, highs, bandwidths, strict=True)]

    low, high = min(x[0] for x, _ in smooth), max(x[-1] for x, _ in smooth)
    step = (high - low) / (points - 1)
    places = [np.arange(points)]  # in steps from `low`; halves, quarters ... are exact in binary
    for x, density in smooth:
        halvings = np.ceil(np.log2(step / _longest_straight(x, density)))
        if halvings > 0:
            first, last = (x[[0, -1]] - low) / step * 2**halvings
            places.append(np.arange(np.ceil(first), last) / 2**halvings)
    grid = low + step * np.unique(np.concatenate(places))
    return grid, np.stack([np.interp(grid, *row, left=0, right=0) for row in smooth])


def _bandwidths(rows, lows, highs, points):
    """Scott's rule for each row; for a row of equal samples, whose own is 0, a step of the grid."""
    low, high = lows.min(), highs.max()
    step = (high - low) / (points - 1) or 1e-6 * max(1, -low, high)  # not lost in rounding
    deviations = rows.std(axis=1, ddof=min(1, rows.shape[1] - 1))
    bandwidths = deviations * rows.shape[1] ** (-1 / 5)
    return np.where(bandwidths > 1e-12 * np.maximum(np.abs(lows), np.abs(highs)), bandwidths, step)


def _smoothed(row, low, high, bandwidth):
    """The density of one row from low to high: places (n_bins,), equally far apart, and values."""
    width = bandwidth / FINE
    places = (row - low) / width
    bins = places.astype(int)
    n_bins = int((high - low) / width) + 2
    to_next = np.bincount(bins, weights=places - bins, minlength=n_bins)
    counts = np.bincount(bins, minlength=n_bins) - to_next
    counts[1:] += to_next[:-1]
    x = low + width * np.arange(-REACH, n_bins + REACH)
    return x, np.convolve(counts / (row.size * width), KERNEL)


def _longest_straight(x, density):
    """How far apart points may lie: a line over a distance d misses f by up to d² |f''| / 8."""
    curvature = np.abs(np.diff(density, 2)).max() / (x[1] - x[0]) ** 2
    return np.sqrt(8 * STRAIGHT * density.max() / curvature)


def plot_ridges(ax, steps, rows):
    """Draw the density of each row of samples as a ridge at its training step, early ones in front.

    steps (n_rows,), rows (n_rows, n_samples); of many rows, `RIDGES` at equal distances are drawn.
    Returns the mapping of steps to colours, for a colour bar. Raises ValueError as `densities`, and
    unless there is a step for each row.
    """
    if len(steps) != len(rows):
        raise ValueError(
            f"steps and rows must have equal lengths, received {len(steps)} and {len(rows)}."
        )
    shown = np.linspace(0, len(steps) - 1, min(RIDGES, len(steps))).round().astype(int)
    steps = np.asarray(steps)[shown]
    grid, density = densities(np.asanyarray(rows)[shown])
    spacing = np.diff(steps).mean() if len(steps) > 1 else 1
    rise = density * (HEIGHT * spacing / density.max())
    colors = ScalarMappable(Normalize(steps[0], steps[-1]), plots.SEQUENTIAL)
    for step, up in zip(steps[::-1], rise[::-1], strict=True):
        crest = np.where(up > 0.02 * spacing, step + up, np.nan)
        ax.fill_between(grid, step, step + up, color=colors.to_rgba(step), lw=0, rasterized=True)
        ax.plot(grid, crest, color="white", linewidth=0.5, rasterized=True)
    ax.set(xlim=grid[[0, -1]], ylim=(steps[0] - spacing, (steps + rise.max(axis=1)).max()))
    return colors


def plot_history(history):
    """A Figure of up to five panels: the loss of every step, and ridges of z1, a1, z2, a2.

    Raises ValueError if the history recorded none of the four.
    """
    names = [name for name in PANELS if name in history.recorded]
    if not names:
        raise ValueError(
            f"history.recorded must hold some of {PANELS}, received {sorted(history.recorded)}. "
            "Train with fit(..., record=('z1', 'a1', 'z2', 'a2'))."
        )
    figure = plt.figure(figsize=(5.2, 8.2))
    rows = -(-len(names) // 2)
    layout = figure.add_gridspec(1 + rows, 2, height_ratios=[1, *[1.7] * rows])
    loss = figure.add_subplot(layout[0, :])
    loss.plot(history.loss, color=plots.INK, linewidth=1)
    loss.set(xlabel="step", ylabel="loss (nats)", title="Loss of each batch", yscale="log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_locator(NullLocator())
    for number, name in enumerate(names):
        ax = figure.add_subplot(layout[1 + number // 2, number % 2])
        colors = plot_ridges(ax, history.steps, history.recorded[name])
        ax.set(title=name, xlabel=f"value of {name}")
        ax.set_ylabel("step" if number % 2 == 0 else None)
    figure.colorbar(colors, ax=figure.axes[1:], label="training step", location="bottom", aspect=40)
    return figure
