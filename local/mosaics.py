"""Mosaics of images, a row for each label: what the data look like."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from local.arrays import refuse_masked
from local.plots import INK

WIDTH = 5.2  # inches: fits the width of a phone


def show_labeled_image_mosaic(x, y, n_columns=10, seed=0, label_names=None, ax=None):
    """Draw a row for each label: its name at the left, then random images of that label.

    x: images (n, h, w), (n, h, w, 1) or (n, h, w, 3) with values in [0, 1], shown in grey or in
    colour; y: their labels (n,), numbers or text. A row holds `n_columns` images, or all of its
    label where there are fewer; `seed` decides which. `label_names` gives the names of labels, as a
    mapping or, for labels 0, 1, 2, ..., as a sequence. Draws into `ax`, or else into a new figure
    that fits the width of a phone, and returns the axes: one image in one axes, with transparent
    gaps for light and dark backgrounds. Raises ValueError where an argument does not fit.
    """
    refuse_masked("x", x)
    refuse_masked("y", y)
    x, y = _checked(np.asarray(x), np.asarray(y), n_columns)
    labels, row_of = np.unique(y, return_inverse=True)
    names = _names(labels, label_names)
    height, width = x.shape[1:3]
    gap = max(1, height // 16)

    random = np.random.default_rng(seed)
    tiles = np.zeros((len(labels), n_columns, height + gap, width + gap, 4), np.float32)
    for row in range(len(labels)):
        chosen = random.permutation(np.flatnonzero(row_of == row))[:n_columns]
        tiles[row, : len(chosen), :height, :width, :3] = x[chosen]
        tiles[row, : len(chosen), :height, :width, 3] = 1
    rows, columns = len(labels) * (height + gap), n_columns * (width + gap)
    mosaic = tiles.swapaxes(1, 2).reshape(rows, columns, 4)[:-gap, :-gap]

    if ax is None:
        size = (WIDTH, 0.2 + 0.92 * WIDTH * rows / columns)
        ax = plt.figure(figsize=size, layout="constrained").add_subplot()
    ax.imshow(mosaic, interpolation="nearest", rasterized=True)
    ax.set_xticks([])
    ax.set_yticks(np.arange(len(labels)) * (height + gap) + (height - 1) / 2, names)
    ax.tick_params(length=0, labelsize=12, labelcolor=INK)
    ax.spines[:].set_visible(False)
    ax.patch.set_visible(False)
    return ax


def _checked(x, y, n_columns):
    """The images with a last axis of 1 or 3 channels, and the labels; raises ValueError."""
    received = x.shape
    if x.ndim == 3:
        x = x[..., None]
    if x.ndim != 4 or x.shape[3] not in (1, 3) or 0 in x.shape:
        raise ValueError(
            "x must hold at least one image and have shape (n, h, w), (n, h, w, 1) or "
            f"(n, h, w, 3), received {received}. Reshape rows of pixels to images first."
        )
    if y.shape != x.shape[:1]:
        raise ValueError(
            f"y must hold one label for each of the {len(x)} images, received shape {y.shape}. "
            "Take x and y from the same split, and labels instead of one-hot rows."
        )
    if n_columns < 1:
        raise ValueError(f"n_columns must be at least 1, received {n_columns}. 10 is usual.")
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(
            f"x must lie in [0, 1], received values from {x.min()} to {x.max()}. "
            "Divide bytes by 255; show standardized images before they are standardized."
        )
    return x, y


def _names(labels, label_names):
    """The text for each label, from `label_names` if given; raises ValueError if one is missing."""
    labels = labels.tolist()
    if label_names is None:
        return [f"{label:g}" if isinstance(label, float) else str(label) for label in labels]
    if not isinstance(label_names, Mapping):
        label_names = dict(enumerate(label_names))
    missing = [label for label in labels if label not in label_names]
    if missing:
        raise ValueError(
            f"label_names must name every label in y, received none for {missing}. "
            f"It names {list(label_names)}."
        )
    return [label_names[label] for label in labels]
