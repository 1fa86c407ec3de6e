"""P2: the densities of a ridge figure against a loop over `scipy.stats.gaussian_kde`."""

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.ridges import densities

ROWS, SAMPLES = 144, 6400


def drifting_rows():
    """Rows like those of a training: two peaks that move apart, shape (ROWS, SAMPLES)."""
    random = np.random.default_rng(0)
    side = random.choice([-1, 1], (ROWS, SAMPLES))
    return random.normal(size=(ROWS, SAMPLES)) + side * np.linspace(0, 4, ROWS)[:, None]


def measure():
    """The rows of P2: the ratio of times, and the largest error in percent of the peak."""
    rows = drifting_rows()
    grid, ours = densities(rows)
    theirs = np.stack([gaussian_kde(row)(grid) for row in rows])
    error = np.abs(ours - theirs).max() / theirs.max()

    def scipy_way():
        return [gaussian_kde(row)(grid) for row in rows]

    ratio = interleaved(lambda: densities(rows), scipy_way)
    return [
        Row("P2 144 densities of 6,400 samples against gaussian_kde", ratio, ">=", 60),
        Row("P2 their largest error, in % of the peak", 100 * error, "<=", 1),
    ]
