"""P2: the densities of a ridge figure against a loop over `scipy.stats.gaussian_kde`."""

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.ridges import densities

ROWS, SAMPLES = 144, 6400


def drifting_rows():
    """Rows as a training records them: two modes that move apart, shape (ROWS, SAMPLES)."""
    random = np.random.default_rng(0)
    side = random.choice([-1, 1], (ROWS, SAMPLES))
    return random.normal(size=(ROWS, SAMPLES)) + side * np.linspace(0, 4, ROWS)[:, None]


def measure():
    """The rows of P2: the ratio of times, and the largest error in percent of the peak."""
    rows = drifting_rows()
    grid, ours = densities(rows)

    def by_scipy():
        return np.stack([gaussian_kde(row)(grid) for row in rows])

    theirs = by_scipy()
    error = np.abs(ours - theirs).max() / theirs.max()
    ratio = interleaved(lambda: densities(rows), by_scipy)
    return [
        Row("P2 144 densities of 6,400 samples against gaussian_kde", ratio, ">=", 60),
        Row("P2 their largest error, in % of the peak", 100 * error, "<=", 1),
    ]
