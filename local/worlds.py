"""The world that a notebook runs in: a claim is worth more where it holds in many of them.

A world changes one thing of what the notebooks choose by themselves: the data, how the inputs are
prepared, the seeds, or the optimizer where a claim does not name one. The environment variable
WORLD names it, and only this module reads it; without it, everything is as the notebook says.
Source: Steegen et al. (2016), who ran one analysis in every world that its choices allow.
"""

import os
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class World:
    """What a world changes; what is None stays as the notebook chooses.

    inputs: "raw", "centred" or "standardized".  first_seed: of the seeds.  photographs: seed of
    another draw of them.  mini_cifar: the data are mini CIFAR, or the file that MINI_CIFAR names.
    optimizer: the name of one of Keras's, with its usual settings.
    """

    inputs: str | None = None
    first_seed: int = 0
    photographs: int = 0
    mini_cifar: bool = False
    optimizer: str | None = None


WORLDS = {
    "as written": World(),
    "raw inputs": World(inputs="raw"),
    "centred inputs": World(inputs="centred"),
    "standardized inputs": World(inputs="standardized"),
    "other photographs": World(photographs=1),
    "mini CIFAR": World(mini_cifar=True),
    "other seeds": World(first_seed=10),
    "other optimizer": World(optimizer="rmsprop"),
}


class WorldError(ValueError):
    """WORLD names no world."""


def name():
    """The name of the world that this process runs in. Raises WorldError for an unknown one."""
    named = os.environ.get("WORLD") or "as written"
    if named not in WORLDS:
        raise WorldError(f"WORLD must be one of {', '.join(WORLDS)}; received {named!r}.")
    return named


def current():
    """The World that this process runs in. Raises WorldError for an unknown one."""
    return WORLDS[name()]


def seeds(count):
    """That many seeds: 0, 1, ..., or others where the world says so."""
    first = current().first_seed
    return tuple(range(first, first + count))


def optimizer(chosen="adam"):
    """The optimizer that the notebook has chosen, or that of the world."""
    return current().optimizer or chosen


PREPARATIONS = ("raw", "centred", "standardized")


def prepared(x_train, x_test, chosen):
    """Training and test inputs (n, D), prepared by what is known of the training inputs alone.

    chosen: "raw" leaves them as they are; "centred" subtracts one number, the mean of all training
    pixels; "standardized" gives every pixel mean 0 and deviation 1 over the training pictures. A
    world may decide otherwise. Raises ValueError for another word.
    """
    how = current().inputs or chosen
    if how not in PREPARATIONS:
        raise ValueError(f"chosen must be one of {PREPARATIONS}; received {how!r}.")
    shift, scale = 0.0, 1.0
    if how == "centred":
        shift = x_train.mean()
    elif how == "standardized":
        shift, scale = x_train.mean(axis=0), np.maximum(x_train.std(axis=0), 1e-6)
    return tuple(((x - shift) / scale).astype(np.float32) for x in (x_train, x_test))
