"""S5: the mosaic drawn as one image, against one axes for every image and label, the seed's way.

The peer is a figure of 12 by 12 inches with 11 axes for each label: the label in the first and an
image in each of the others. Both are drawn in full by Agg, from the same data.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.table import Row
from benchmarks.timing import interleaved
from local.data import load_textures
from local.mosaics import show_labeled_image_mosaic


def axes_for_every_image(x, y, n_columns=10):
    """The peer's figure: 33 axes for three labels."""
    random, labels = np.random.default_rng(0), np.unique(y)
    figure, grid = plt.subplots(len(labels), n_columns + 1, figsize=(12, 12))
    for row, label in zip(grid, labels, strict=True):
        row[0].text(0.5, 0.5, str(label))
        chosen = random.permutation(np.flatnonzero(y == label))[:n_columns]
        for ax, image in zip(row[1:], x[chosen], strict=True):
            ax.imshow(image)
        for ax in row:
            ax.axis("off")
    return figure


def drawn(figure):
    figure.canvas.draw()
    plt.close(figure)


def measure():
    """The row of S5: the ratio of times."""
    mpl.use("Agg")
    x, y = load_textures()
    ratio = interleaved(
        lambda: drawn(show_labeled_image_mosaic(x, y).figure),
        lambda: drawn(axes_for_every_image(x, y)),
    )
    return [Row("S5 mosaic of 3 x 10 images against 33 axes", ratio, ">=", 5)]
