"""Densities as SciPy's, and the figure of five panels."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.stats import gaussian_kde

from local.recorder import History
from local.ridges import RIDGES, densities, plot_history, plot_ridges

RANDOM = np.random.default_rng(0)
SHAPES = {
    "normal": RANDOM.normal(size=(3, 2000)),
    "two peaks": np.concatenate(
        [RANDOM.normal(-3, 1, (2, 500)), RANDOM.normal(2, 0.5, (2, 1500))], axis=1
    ),
    "saturated": np.tanh(RANDOM.normal(0, 5, (2, 2000))),
    "clumps": np.sign(RANDOM.normal(size=(2, 2000))),
    "unlike rows": RANDOM.normal(size=(4, 2000)) * [[1], [2], [3], [4]] + [[0], [5], [0], [-5]],
}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def error(row, grid, density):
    """The largest distance of the drawn line from SciPy's density, as a share of the peak."""
    x = np.linspace(row.min() - row.std(), row.max() + row.std(), 2000)
    theirs = gaussian_kde(row)(x)
    return np.abs(np.interp(x, grid, density) - theirs).max() / theirs.max()


@pytest.mark.parametrize("rows", SHAPES.values(), ids=SHAPES)
def test_densities_are_those_of_scipy(rows):
    grid, density = densities(rows)
    assert density.shape == (len(rows), len(grid))
    for row, ours in zip(rows, density, strict=True):
        assert error(row, grid, ours) < 0.01


ROWS = {
    "normal": lambda random: random.normal(size=600),
    "two peaks": lambda random: np.append(random.normal(-4, 1, 200), random.normal(2, 0.3, 400)),
    "heavy tails": lambda random: random.standard_t(2, 600),
    "clumps": lambda random: random.choice([-1.0, 0.3, 1], 600),
    "one outlier": lambda random: np.append(random.normal(0, 0.01, 599), 30),
}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ROWS)), st.floats(-3, 0), st.floats(-5, 5)),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
@example([("normal", -3, 0), ("normal", 0, 0)], 0)
@example([("clumps", 0, 2.5), ("clumps", -1, 0)], 41)
def test_a_row_may_be_a_thousand_times_as_narrow_as_another(chosen, seed):
    random = np.random.default_rng(seed)
    rows = np.stack([10**width * ROWS[kind](random) + shift for kind, width, shift in chosen])
    grid, density = densities(rows)
    assert (np.diff(grid) > 0).all()
    for row, ours in zip(rows, density, strict=True):
        assert error(row, grid, ours) < 0.01


@pytest.mark.parametrize("n_samples", [2, 3, 10, 40])
def test_few_samples_have_scipys_bandwidth(n_samples):
    rows = np.random.default_rng(n_samples).normal(size=(3, n_samples))
    grid, density = densities(rows)
    for row, ours in zip(rows, density, strict=True):
        assert error(row, grid, ours) < 0.01


def test_one_sample_is_shown_as_a_peak():
    grid, density = densities(np.array([[2.0], [3.0]]))
    np.testing.assert_allclose(grid[density.argmax(axis=1)], [2, 3], atol=0.01)


def test_the_grid_is_even_where_that_shows_every_row():
    grid, _ = densities(SHAPES["two peaks"], 150)
    np.testing.assert_allclose(np.diff(grid), np.ptp(grid) / 149)


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(1e-2, 1e2), points=st.integers(50, 200))
@settings(max_examples=30, deadline=None)
def test_densities_move_and_stretch_with_the_samples(shift, scale, points):
    rows = SHAPES["two peaks"]
    grid, density = densities(rows, points)
    moved_grid, moved = densities(rows * scale + shift, points)
    np.testing.assert_allclose(moved_grid, grid * scale + shift, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(moved * scale, density, atol=0.02 * density.max())


@pytest.mark.parametrize("rows", SHAPES.values(), ids=SHAPES)
def test_each_density_encloses_an_area_of_one(rows):
    grid, density = densities(rows)
    assert (density >= 0).all()
    np.testing.assert_allclose(trapezoid(density, grid), 1, atol=0.01)


@pytest.mark.parametrize("value", [0, 100, 1e6, -1e12])
def test_a_constant_far_from_zero_has_a_density(value):
    grid, density = densities(np.full((2, 50), value, np.float32))
    np.testing.assert_allclose(trapezoid(density, grid), 1, atol=0.01)


def test_equal_samples_give_one_finite_peak():
    grid, density = densities(np.array([[2.0] * 50, [3.0] * 50]))
    assert np.isfinite(density).all()
    np.testing.assert_allclose(grid[density.argmax(axis=1)], [2, 3], atol=0.01)
    np.testing.assert_allclose(trapezoid(density, grid), 1, atol=0.01)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros(5), r"\(n_rows, n_samples\), received \(5,\)"),
        (np.zeros((0, 5)), r"received \(0, 5\)"),
        (np.array([[1.0, 2], [np.nan, 1], [np.inf, 0]]), "row 1 and 1 others"),
    ],
)
def test_bad_rows_are_named(rows, said):
    with pytest.raises(ValueError, match=said):
        densities(rows)


def test_a_grid_of_one_point_is_refused():
    with pytest.raises(ValueError, match="points must be 2 or more, received 1"):
        densities(np.ones((1, 5)), points=1)


def history(rows=80, names=("z1", "a1", "z2", "a2")):
    return History(
        loss=np.linspace(2, 1, rows * 5),
        accuracy=np.ones(4),
        steps=np.arange(0, rows * 5, 5),
        recorded={name: RANDOM.normal(size=(rows, 300)) for name in names},
    )


def test_the_figure_has_five_panels_and_a_colour_bar_in_steps():
    figure = plot_history(history())
    figure.canvas.draw()
    loss, *ridges, bar = figure.axes
    assert [ax.get_title(loc="left") or ax.get_title() for ax in ridges] == ["z1", "a1", "z2", "a2"]
    assert loss.get_ylabel() == "loss (nats)"
    assert bar.get_xlabel() == "training step"
    assert ridges[0].get_ylabel() == "step"
    assert all(ax.get_ylim()[1] >= 395 for ax in ridges)
    assert len(ridges[0].collections) == RIDGES


def test_few_rows_and_few_names_are_drawn_too():
    figure = plot_history(history(rows=1, names=("z1",)))
    figure.canvas.draw()
    assert len(figure.axes) == 3


def test_a_training_that_diverged_is_named():
    bad = history()
    bad.recorded["z1"][40:] = np.nan
    with pytest.raises(ValueError, match="rows must be finite"):
        plot_history(bad)


def test_each_row_has_its_step():
    with pytest.raises(ValueError, match="equal lengths, received 2 and 10"):
        plot_ridges(plt.figure().add_subplot(), [0, 5], RANDOM.normal(size=(10, 20)))


def test_a_history_without_records_says_how_to_get_them():
    with pytest.raises(ValueError, match=r"received \[\].*record="):
        plot_history(History(np.ones(3), np.ones(1)))
