"""Small sweeps over small data, for the tests of what trains many nets at once."""

import numpy as np

from local.ensembles.mlp import MLP
from local.ensembles.sweeps import sweep

RATES, SCALES = (0.02, 0.1, 0.5), (0.5, 1.0)


def clouds(seed=0):
    """Three shifted clouds in ten dimensions: x (50, 10), y (50,)."""
    random = np.random.default_rng(seed)
    y = np.arange(50) % 3
    x = random.normal(size=(50, 10)) + 3 * np.eye(3, 10)[y]
    return x.astype(np.float32), y


X, Y = clouds()
TEST = clouds(1)


def net(normalization=None, **settings):
    return MLP(**{"depth": 2, "width": 8, "normalization": normalization, **settings})


def run(normalization=None, settings=None, **options):
    """A small sweep: 3 learning rates, one seed, 2 epochs of 3 steps, unless `options` differ."""
    usual = {"learning_rates": RATES, "seeds": (1,), "epochs": 2, "batch_size": 16, "test": TEST}
    return sweep(net(normalization, **(settings or {})), X, Y, **(usual | options))


def assert_same(some, others, tolerance=1e-5):
    for name in ("loss", "running_accuracy", "train_accuracy", "test_accuracy"):
        np.testing.assert_allclose(getattr(some, name), getattr(others, name), atol=tolerance)
