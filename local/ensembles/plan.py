"""What a sweep is to train: its settings, checked, the axes of its results, and parts of it."""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from local.ensembles.mlp import MLP


@dataclass(frozen=True)
class Plan:
    """The arguments of `sweeps.sweep`, without data and cluster.

    Raises ValueError for values out of range, naming them.
    """

    net: MLP
    learning_rates: tuple
    seeds: tuple
    init_scales: tuple
    steps: int
    batch_size: int
    l2: float
    precise: bool
    keep_weights: bool
    watch: dict

    def __post_init__(self):
        for name in ("learning_rates", "init_scales"):
            values = np.array(getattr(self, name))
            growing = np.diff(values, prepend=0) > 0
            if not (len(values) and growing.all() and np.isfinite(values).all()):
                raise ValueError(
                    f"{name} must be one or more positive numbers in increasing order; "
                    f"received {list(values)}."
                )
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(
                f"seeds must be one or more different integers >= 0; received {list(self.seeds)}."
            )
        if self.steps < 0 or not 0 <= self.l2 < np.inf:
            raise ValueError(
                "the number of steps must be >= 0, and l2 finite and >= 0; "
                f"received {self.steps} and {self.l2}."
            )

    @property
    def axes(self):
        """The values along the first three axes of every result."""
        return {
            "seeds": np.array(self.seeds),
            "learning_rates": np.array(self.learning_rates),
            "init_scales": np.array(self.init_scales),
        }

    @property
    def variants(self):
        """The learning rate and the initial scale of each of a seed's K models: two (K,) arrays."""
        return np.array(list(itertools.product(self.learning_rates, self.init_scales))).T

    def split_variants(self, array):
        """(S, K, ...) -> (seed, learning_rate, init_scale, ...)"""
        return array.reshape(*map(len, self.axes.values()), *array.shape[2:])

    def parts(self, wanted):
        """Plans for one seed each and some of its rates: `wanted` in number, or a few more."""
        pieces = min(-(-wanted // len(self.seeds)), len(self.learning_rates))
        return [
            replace(self, seeds=(seed,), learning_rates=tuple(rates))
            for seed in self.seeds
            for rates in np.array_split(self.learning_rates, pieces)
        ]
