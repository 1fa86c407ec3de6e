"""Density estimates of a recorded history and the ridge plot made of them.

The estimate is the Gaussian kernel density of `scipy.stats.gaussian_kde` with Scott's bandwidth
(Silverman 1986), made fast: one histogram on a fine grid for all rows at once, smoothed by
multiplication with the kernel's Fourier transform.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import LogLocator, NullLocator
from scipy import fft

from local import plots

FINE = 10
"""Bins of the histogram per point of the grid; with 10, binning costs under 0.2 % of the peak."""

RIDGES = 36
"""The most ridges in one panel: more of them hide one another."""
HEIGHT = 6
"""Height of the tallest ridge, in distances between two ridges."""

PANELS = ("z1", "a1", "z2", "a2")


def densities(rows, points=100):
    """Estimate the density of each row of samples on one common grid.

    rows (n_rows, n_samples) finite -> grid (points,), density (n_rows, points), in 1/unit of rows.
    The grid spans all rows and three bandwidths beyond. A row too narrow for the grid, such as one
    of equal samples, is shown as wide as one cell of it.

    Raises ValueError if rows is not two-dimensional, is empty, or holds values that are not finite.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"rows must have shape (n_rows, n_samples), received {rows.shape}.")
    if not np.isfinite(rows).all():
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        raise ValueError(f"rows must be finite; row {bad[0]} and {len(bad) - 1} others are not.")
    n_rows, n_samples = rows.shape
    bandwidth = rows.std(axis=1, dtype=float) * n_samples ** (-1 / 5)  # Scott's rule

    low, high = float(rows.min()), float(rows.max())
    margin = 3 * max(bandwidth.max(), 1e-6 * max(1, -low, high))  # not lost in rounding
    low, high = low - margin, high + margin
    grid = np.linspace(low, high, points)
    width = (high - low) / ((points - 1) * FINE)
    cell = width * FINE
    bandwidth = np.where(bandwidth < cell / 2, cell, bandwidth)  # or it would fall between points

    n_bins = (points - 1) * FINE + 1  # every FINE-th bin is centred on a point of the grid
    bins = ((rows - low) / width + 0.5).astype(int)
    bins += n_bins * np.arange(n_rows)[:, None]
    counts = np.bincount(bins.ravel(), minlength=n_rows * n_bins).reshape(n_rows, n_bins)

    n_fft = fft.next_fast_len(2 * n_bins)  # pad with zeros, or the two ends would overlap
    frequency = 2 * np.pi * fft.rfftfreq(n_fft, width)
    kernel = np.exp(-0.5 * (bandwidth[:, None] * frequency) ** 2)
    smooth = fft.irfft(fft.rfft(counts, n_fft) * kernel, n_fft)[:, :n_bins:FINE]
    return grid, np.maximum(smooth, 0) / (n_samples * width)


def plot_ridges(ax, steps, rows):
    """Draw the density of each row of samples as a ridge at its training step, early ones in front.

    steps (n_rows,), rows (n_rows, n_samples); of many rows, `RIDGES` at equal distances are drawn.
    Returns the mapping of steps to colours, for a colour bar. Raises ValueError as `densities`.
    """
    shown = np.linspace(0, len(steps) - 1, min(RIDGES, len(steps))).round().astype(int)
    steps = np.asarray(steps)[shown]
    grid, density = densities(np.asarray(rows)[shown])
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
