"""Two ways of doing the same thing, timed in turn, so that both run under the same load."""

import statistics
import time
from typing import NamedTuple


class Spread(NamedTuple):
    """Seconds of the fastest, the middle and the slowest run."""

    fastest: float
    median: float
    slowest: float


class Comparison(NamedTuple):
    """How many times longer the peer takes (ratio of the medians), and both spreads."""

    ratio: float
    ours: Spread
    peer: Spread


def interleaved(ours, peer, pairs=5):
    """Time `ours()` and `peer()` in turn, `pairs` times each, after one unmeasured call of both."""
    both = ours, peer
    for run in both:
        run()
    seconds = [[_seconds(run) for run in both] for _ in range(pairs)]
    spreads = [
        Spread(min(column), statistics.median(column), max(column))
        for column in zip(*seconds, strict=True)
    ]
    return Comparison(spreads[1].median / spreads[0].median, *spreads)


def _seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
