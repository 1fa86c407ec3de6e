"""Every live figure of the book, made of small data, for the tests of one or of all of them."""

from types import SimpleNamespace

import numpy as np

from local.live.batch import Batch
from local.live.block import Block
from local.live.graph import Graph
from local.live.lag import Lag
from local.live.map import Map
from local.live.outlier import Outlier
from local.live.replicas import Replicas
from local.live.ridges import Ridges
from local.live.step import Step
from local.live.train import Train

TABLE = np.array([[3.0, 170.0, 0.2], [5.0, 90.0, 0.4], [5.0, 110.0, 0.4], [11.0, 30.0, 0.2]])

RANDOM = np.random.default_rng(0)
X, DY = RANDOM.normal(size=(2, 5))
MEAN, VARIANCE, TRUE = RANDOM.uniform(1, 2, size=(3, 240))
IMAGES = RANDOM.normal(size=(3, 2, 2, 4))
HISTORIES = {  # what a figure asks of a `History`, without TensorFlow
    name: SimpleNamespace(
        steps=np.arange(0, 75, 5),
        recorded={
            "z1": wide * np.linspace(1, 3, 15)[:, None] * RANDOM.normal(size=(15, 300)),
            "a1": np.tanh(RANDOM.normal(size=(15, 300))),
        },
    )
    for name, wide in {"without": 5, "before": 1}.items()
}


def random_sweep(seed):
    """What the map takes of a sweep: 3 seeds, 3 rates, 3 scales; 56 steps of random loss."""
    rng = np.random.default_rng(seed)
    loss = rng.uniform(0, 1.9, size=(3, 3, 3, 56))
    loss[:, 2, 2, 20:] = [[np.nan], [5.0], [0.5]]  # rate 1, scale 1: lost, large, and well
    return SimpleNamespace(
        learning_rates=np.array([0.01, 0.1, 1.0]),
        init_scales=np.array([0.01, 0.1, 1.0]),
        loss=loss,
        precise_test_accuracy=rng.uniform(0.3, 0.8, size=(3, 3, 3)).astype("float32"),
        diverged=~np.isfinite(loss).all(axis=-1),
    )


SWEEPS = {"without": random_sweep(5), "with": random_sweep(6)}

STOPS, EVERY = (0.25, 0.5, 1.0, 2.0, 4.0), 10
LOSSES = 1 + np.random.default_rng(7).normal(0, 0.3, size=(2, 6, 6, 4))
COSINES = np.random.default_rng(8).uniform(-1, 1, size=(2, 6, 5, 4))

FIGURES = {
    "batch": lambda: Batch(TABLE),
    "outlier": Outlier,
    "train": Train,
    "ridges": lambda: Ridges(HISTORIES),
    "graph": lambda: Graph(X, DY),
    "lag": lambda: Lag(MEAN, VARIANCE, TRUE),
    "block": lambda: Block(IMAGES),
    "map": lambda: Map(*SWEEPS.values(), chance=1 / 3),
    "step": lambda: Step(STOPS, EVERY, LOSSES, COSINES),
    "replicas": Replicas,
}
"""Every figure of the book, as its page makes it."""
