"""Chapter 2's live figures: what they show is what the equations say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from local import equations
from local.live.outlier import Outlier
from tests import live_pages
from tests.browsing import finger, visit
from tests.live_figures import FIGURES, TABLE
from tests.live_pages import shown
from tests.live_reading import drag

PHONE, DESK = 390, 1280
tables = npst.arrays(
    float, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=st.floats(-50, 50)
)


@pytest.fixture(scope="module")
def figures():
    return {"batch": FIGURES["batch"](), "outlier": FIGURES["outlier"]()}


def test_norm_is_the_books():
    """Many cases, one run of Node."""
    cases = []

    @given(tables, st.floats(1e-5, 1), st.integers(0, 99))
    @settings(max_examples=50, deadline=None, database=None)
    def collect(x, epsilon, seed):
        rng = np.random.default_rng(seed)
        gamma, beta = rng.normal(size=(2, x.shape[1]))
        cases.append((x, gamma, beta, epsilon, rng.normal(size=x.shape)))

    collect()
    keys = ("x", "gamma", "beta", "epsilon", "dy")
    data = [dict(zip(keys, (np.asarray(v).tolist() for v in case), strict=True)) for case in cases]
    found = live_pages.node(
        "norm.js",
        """data.map(({ x, gamma, beta, epsilon, dy }) => {
            const [n, d] = [x.length, x[0].length];
            const flat = (table) => Float64Array.from(table.flat());
            const { xHat, s } = m.standardize(flat(x), n, d, epsilon);
            const y = m.scaleAndShift(xHat, gamma, beta);
            return { y, ...m.backward(flat(dy), xHat, s, gamma) };
        })""",
        data,
    )
    for (x, gamma, beta, epsilon, dy), got in zip(cases, found, strict=True):
        y, cache = equations.batch_norm_forward(x, gamma, beta, epsilon)
        dx, dgamma, dbeta = equations.batch_norm_backward(dy, cache)
        wanted = {"y": y, "dx": dx, "dgamma": dgamma, "dbeta": dbeta}
        for key, value in wanted.items():
            np.testing.assert_allclose(got[key], value.ravel(), rtol=1e-6, atol=1e-6)


def point(page, example, feature):
    return page.get_by_role("slider", name=f"x, example {example}, feature {feature}", exact=True)


def x_of(page, shape=TABLE.shape):
    """The batch as its handles announce it."""
    points = page.locator(".handle").evaluate_all(
        "all => all.map(p => Number(p.getAttribute('aria-valuenow')))"
    )
    return np.array(points).reshape(shape)


def test_dragging_a_number_moves_its_column(address, chromium):
    with visit(chromium, address + "batch-light.html", DESK) as page:
        before, _, _ = shown(page, "data-y")
        drag(page, point(page, 2, 2), down=-40)
        x = x_of(page)
        assert x[1, 1] > 100 and (x != TABLE).sum() == 1
        values, _, heights = shown(page, "data-y")
        wanted, _ = equations.batch_norm_forward(x, np.ones(3), np.zeros(3))
        np.testing.assert_allclose(values.reshape(4, 3), wanted, rtol=1e-9)
        assert np.corrcoef(values, heights)[0, 1] < -0.9999
        assert ((values != before).reshape(4, 3) == [False, True, False]).all()


def test_in_a_row_only_the_example_answers(address, chromium):
    with visit(chromium, address + "batch-dark.html", PHONE) as page:
        page.get_by_label("of a row").tap()
        before, _, _ = shown(page, "data-y")
        point(page, 3, 1).tap()
        point(page, 3, 1).press("PageUp")
        x = x_of(page)
        assert x[2, 0] > TABLE[2, 0]
        values, _, _ = shown(page, "data-y")
        np.testing.assert_allclose(values.reshape(4, 3), equations.layer_norm(x), rtol=1e-9)
        assert (values != before).reshape(4, 3).any(axis=1).tolist() == [False, False, True, False]


def test_gamma_beta_and_epsilon_do_what_the_equations_say(address, chromium):
    with visit(chromium, address + "batch-light.html", DESK) as page:
        point(page, 1, 1).focus()
        page.keyboard.press("ArrowRight")  # to feature 2
        for name, key in {"γ": "Home", "β": "End", "ε": "End"}.items():
            page.get_by_label(name).press(key)
        values, _, _ = shown(page, "data-y")
        gamma, beta = np.array([1.0, -2, 1]), np.array([0.0, 2, 0])
        wanted, _ = equations.batch_norm_forward(TABLE, gamma, beta, 1e4)
        np.testing.assert_allclose(values.reshape(4, 3), wanted, rtol=1e-9, atol=1e-9)
        assert (
            "Feature 2 over the batch: μ = 100, s = 112" in page.get_by_role("status").inner_text()
        )


def test_a_finger_drags_a_number(address, chromium):
    with visit(chromium, address + "batch-light.html", PHONE) as page:
        handle = point(page, 4, 1)
        assert finger(page, handle, 0, -120)
        assert x_of(page)[3, 0] > TABLE[3, 0] + 1
        assert page.evaluate("scrollY") == 0


# --- Chapter 2: the outlier ---


@pytest.mark.parametrize("key", ["Home", "End"])
def test_the_outlier_moves_everybody(key, address, chromium):
    with visit(chromium, address + "outlier-light.html", PHONE) as page:
        page.get_by_role("slider", name="the one example", exact=True).press(key)
        size = page.get_by_label("Examples in the batch")
        size.press("ArrowRight")
        values, centres, _ = shown(page, "data-x-hat")
        batch = [*Outlier().companions[:8], {"Home": 0, "End": 40}[key]]
        np.testing.assert_allclose(values, equations.normalize(np.array(batch), 0), rtol=1e-9)
        assert np.corrcoef(values, centres)[0, 1] > 0.9999
        assert f"Among 9, the one example becomes {values[-1]:.2f}".replace("-", "−") in (
            page.get_by_role("status").inner_text()
        )


def test_no_example_passes_the_line_of_the_outlier(address, chromium):
    """It stands at the root of N - 1, where pixels and numbers agree, and 40 comes near it."""
    with visit(chromium, address + "outlier-light.html", PHONE) as page:
        for step in page.locator(".live-steps button").all()[1:3]:
            step.tap()
            values, centres, _ = shown(page, "data-x-hat")
            (limit,), (place,), _ = shown(page, "data-limit")
            assert limit == pytest.approx(np.sqrt(len(values) - 1))
            assert 0.9 * limit < values.max() < limit
            slope, start = np.polyfit(values, centres, 1)
            assert place == pytest.approx(start + slope * limit, abs=1)
