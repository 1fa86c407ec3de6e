"""Mosaics, read back from what the axes show."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.mosaics import show_labeled_image_mosaic

mpl.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


def numbered(labels, shape=(8, 6, 3)):
    """Images of which each has one value of its own."""
    values = (np.arange(len(labels)) + 1) / (len(labels) + 1)
    x = np.broadcast_to(values.reshape(-1, *[1] * len(shape)), (len(labels), *shape))
    return x.astype(np.float32), np.asarray(labels)


def shown(ax, height=8, width=6):
    """The tiles (rows, columns, h, w, 4) of a mosaic, and its gaps."""
    mosaic = np.asarray(ax.images[0].get_array())
    gap = max(1, height // 16)
    rows = (mosaic.shape[0] + gap) // (height + gap)
    columns = (mosaic.shape[1] + gap) // (width + gap)
    padded = np.pad(mosaic, ((0, gap), (0, gap), (0, 0)))
    tiles = padded.reshape(rows, height + gap, columns, width + gap, 4).swapaxes(1, 2)
    return tiles[:, :, :height, :width], np.concatenate(
        [tiles[:, :, height:].reshape(-1, 4), tiles[:, :, :, width:].reshape(-1, 4)]
    )


def texts(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


@given(
    labels=st.lists(st.sampled_from([-3, 0, 7, 12]), min_size=1, max_size=25),
    n_columns=st.integers(1, 6),
    seed=st.integers(0, 100),
    shape=st.sampled_from([(8, 6), (8, 6, 1), (8, 6, 3)]),
)
@settings(max_examples=40, deadline=None)
def test_a_row_shows_different_images_of_its_label(labels, n_columns, seed, shape):
    x, y = numbered(labels, shape)
    ax = plt.figure().add_subplot()
    tiles, gaps = shown(show_labeled_image_mosaic(x, y, n_columns, seed, ax=ax))
    plt.close()
    assert texts(ax) == [str(label) for label in np.unique(y)]
    assert tiles.shape[:2] == (len(np.unique(y)), n_columns)
    assert not gaps.any()
    for row, label in zip(tiles, np.unique(y), strict=True):
        full = row[..., 3].all(axis=(1, 2))
        assert full.sum() == min(n_columns, np.sum(y == label)), "as many as there are"
        assert not row[~full].any(), "and nothing beyond them"
        values = row[full][:, 0, 0, 0]
        assert np.all(row[full][..., :3] == values[:, None, None, None])
        assert len(set(values)) == len(values)
        assert set(values) <= set(x[y == label].reshape(np.sum(y == label), -1)[:, 0])


def test_images_keep_their_pixels_and_channels():
    x = np.random.default_rng(0).random((1, 8, 6, 3), dtype=np.float32)
    tiles, _ = shown(show_labeled_image_mosaic(x, [5], n_columns=1))
    assert np.array_equal(tiles[0, 0, ..., :3], x[0])


def test_the_seed_decides():
    x, y = numbered([0, 1, 2] * 40)
    first, again, other = (
        show_labeled_image_mosaic(x, y, seed=seed).images[0].get_array() for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_image_in_one_axes_that_fits_a_phone():
    before = dict(mpl.rcParams)
    x, y = numbered([0, 1, 2] * 20, (32, 32, 3))
    names = ["airplane", "automobile", "bird"]
    ax = show_labeled_image_mosaic(x, y, label_names=names)
    ax.figure.canvas.draw()
    assert dict(mpl.rcParams) == before
    assert len(ax.figure.axes) == len(ax.images) == 1
    assert ax.images[0].get_interpolation() == "nearest"
    assert ax.images[0].get_rasterized()
    assert list(ax.get_xticks()) == []
    assert not ax.patch.get_visible(), "the gaps show the page"
    width, height = ax.figure.get_size_inches()
    assert height < width <= 5.2
    page = ax.figure.bbox
    for text in ax.get_yticklabels():
        box = text.get_window_extent()
        assert text.get_fontsize() >= 11.5
        assert page.x0 <= box.x0
        assert box.x1 <= ax.get_window_extent().x0
    assert ax.get_window_extent().width > 0.7 * page.width


def test_each_name_stands_at_the_middle_of_its_row():
    ax = show_labeled_image_mosaic(*numbered([0, 1, 2], (32, 32)))
    assert list(ax.get_yticks()) == [15.5, 49.5, 83.5]


def test_axes_that_are_given_are_used():
    figure, (left, right) = plt.subplots(1, 2)
    assert show_labeled_image_mosaic(*numbered([0, 1]), ax=right) is right
    assert len(right.images) == 1
    assert not left.images
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    ("labels", "label_names", "expected"),
    [
        ([2, 0, 1], None, ["0", "1", "2"]),
        ([1.0, 0.0, 0.5], None, ["0", "0.5", "1"]),
        (["dog", "cat", "cat"], None, ["cat", "dog"]),
        ([False, True, True], ("no", "yes"), ["no", "yes"]),
        ([1.0, 0.0, 1.0], ["brick", "grass"], ["brick", "grass"]),
        ([9, -1, 9], {9: "truck", -1: "unknown", 3: "cat"}, ["unknown", "truck"]),
        (["d", "c", "c"], {"c": "cat", "d": "dog"}, ["cat", "dog"]),
    ],
)
def test_labels_have_names(labels, label_names, expected):
    x, y = numbered(labels)
    assert texts(show_labeled_image_mosaic(x, y, label_names=label_names)) == expected


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"x": np.zeros((4, 192))}, r"received \(4, 192\)"),
        ({"x": np.zeros((4, 8, 8, 2))}, r"received \(4, 8, 8, 2\)"),
        ({"x": np.zeros((1, 4, 8, 8, 3))}, r"received \(1, 4, 8, 8, 3\)"),
        ({"x": np.zeros((0, 8, 8)), "y": []}, r"received \(0, 8, 8\)"),
        ({"y": [0, 1, 2]}, r"received shape \(3,\)"),
        ({"y": np.eye(4)}, r"received shape \(4, 4\)"),
        ({"n_columns": 0}, "received 0"),
        ({"x": np.full((4, 8, 8), 255)}, "from 255 to 255.*Divide bytes by 255"),
        ({"x": np.full((4, 8, 8), -0.1)}, "received values from -0.1"),
        ({"x": np.full((4, 8, 8), np.nan)}, "from nan to nan"),
        ({"label_names": ["zero", "one"]}, r"received none for \[2, 3\]"),
        ({"label_names": {0: "a", 2: "b", 3: "c"}}, r"received none for \[1\]"),
        ({"y": [-1, 0, 1, 2], "label_names": ["a", "b", "c"]}, r"received none for \[-1\]"),
    ],
)
def test_what_does_not_fit_is_refused_before_a_figure_opens(change, received):
    arguments = {"x": np.zeros((4, 8, 8)), "y": [0, 1, 2, 3]} | change
    with pytest.raises(ValueError, match=received):
        show_labeled_image_mosaic(**arguments)
    assert plt.get_fignums() == []
