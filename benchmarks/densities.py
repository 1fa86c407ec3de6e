"""P2: the densities of a ridge figure against a loop over `scipy.stats.gaussian_kde`."""

import numpy as np
from scipy.stats import gaussian_kde

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.ridges import densities

ROWS, SAMPLES, POINTS = 144, 6400, 100
CHECKED = 12
"""How many rows of a history are compared with SciPy at many places, which takes it seconds."""


def drifting_rows():
    """Rows as a training records them: two modes that move apart, shape (ROWS, SAMPLES)."""
    random = np.random.default_rng(0)
    side = random.choice([-1, 1], (ROWS, SAMPLES))
    return random.normal(size=(ROWS, SAMPLES)) + side * np.linspace(0, 4, ROWS)[:, None]


def bursting_rows():
    """Rows of which the last is a thousand times as wide as the first, shape (ROWS, SAMPLES)."""
    random = np.random.default_rng(0)
    return random.normal(size=(ROWS, SAMPLES)) * np.geomspace(1e-3, 1, ROWS)[:, None]


HISTORIES = {"drifting": drifting_rows, "a thousandfold wider": bursting_rows}


def error(row, grid, density):
    """The largest distance of the drawn line from SciPy's density, in percent of the row's peak."""
    x = np.linspace(row.min(), row.max(), 1000)
    theirs = gaussian_kde(row)(x)
    return 100 * np.abs(np.interp(x, grid, density) - theirs).max() / theirs.max()


def measure():
    """The rows of P2: the ratio of times, and the largest error; SciPy gets `POINTS` places."""
    for name, rows_of in HISTORIES.items():
        rows = rows_of()
        grid, ours = densities(rows, POINTS)
        even = np.linspace(grid[0], grid[-1], POINTS)

        def by_scipy(rows=rows, even=even):
            return np.stack([gaussian_kde(row)(even) for row in rows])

        ratio = interleaved(lambda rows=rows: densities(rows, POINTS), by_scipy)
        yield Row(f"P2 144 densities against gaussian_kde, {name}", ratio, ">=", 60)
        checked = np.linspace(0, ROWS - 1, CHECKED).astype(int)
        worst = max(error(rows[i], grid, ours[i]) for i in checked)
        yield Row("P2 their largest error, in % of a row's peak", worst, "<=", 1)
