"""One table of averages: on images and on rows, what each kind's own axes give."""

import numpy as np
import pytest

from local.ensembles.statistics import AXES, mean_and_variance

N, PIXELS, C, GROUPS = 5, 6, 8, 4
OWN_AXES = {"batch": (0, 1), "layer": (1, 2), "rms": (1, 2), "instance": (1,), "group": (1, 3)}


def directly(kind, z):
    """Mean and variance of z (N, PIXELS, C) over the axes of its kind."""
    z = z.reshape(N, PIXELS, GROUPS, -1) if kind == "group" else z
    mean = 0 * z if kind == "rms" else z.mean(OWN_AXES[kind], keepdims=True)
    variance = np.square(z - mean).mean(OWN_AXES[kind], keepdims=True)
    return [np.broadcast_to(each, z.shape).reshape(N, -1, C)[:, 0] for each in (mean, variance)]


@pytest.mark.parametrize("kind", AXES)
@pytest.mark.parametrize("whole", [False, True])
def test_images_have_the_statistics_of_their_table(kind, whole):
    z = np.random.default_rng(0).normal(1, 2, size=(N, PIXELS, C))
    found = mean_and_variance(kind, z.mean(1), z.var(1), GROUPS, whole)
    for ours, theirs in zip(found, directly(kind, z), strict=True):
        np.testing.assert_allclose(np.broadcast_to(ours, (N, C)), theirs, atol=1e-12)
        assert not whole or ours.shape == (N, C)


@pytest.mark.parametrize("kind", AXES)
def test_a_row_is_an_image_of_one_pixel(kind):
    m = np.random.default_rng(0).normal(1, 2, size=(2, 3, N, C))
    rows, images = (mean_and_variance(kind, m, v, GROUPS) for v in (None, np.zeros_like(m)))
    for ours, theirs in zip(rows, images, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, one in zip(rows, mean_and_variance(kind, m[1, 2], None, GROUPS), strict=True):
        np.testing.assert_allclose(np.broadcast_to(ours, m.shape)[1, 2], one + 0 * m[1, 2])


def test_only_the_statistics_of_a_batch_have_one_row():
    m = np.ones((2, N, C))
    rows = {kind: mean_and_variance(kind, m, None, GROUPS)[1].shape[-2] for kind in AXES}
    assert rows == {kind: 1 if kind == "batch" else N for kind in AXES}
