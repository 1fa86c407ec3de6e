"""The lag of moving averages of chapter 5: they are the layer's, and so is what inference sees."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import equations
from local.live.lag import Lag
from tests import live_pages
from tests.browsing import visit
from tests.live_reading import drag, numbers, press, words

PHONE, DESK = 390, 1280
STEPS = 240
TRUE = 3 * np.sin(np.arange(STEPS) / 15)
MEAN = TRUE + np.random.default_rng(4).normal(0, 0.1, STEPS)
VARIANCE = 1 + 0.3 * np.cos(np.arange(STEPS) / 20)


@pytest.fixture(scope="module")
def figures():
    return {"lag": Lag(MEAN, VARIANCE, TRUE), "short": Lag(MEAN, VARIANCE, TRUE, reach=1)}


def moving_averages(momentum, steps):
    """Moving mean and variance after so many steps, as the book's own layer takes them."""
    layer = equations.BatchNorm(1, momentum)
    for mean, variance in zip(MEAN[:steps], VARIANCE[:steps], strict=True):
        layer.update(mean, variance)
    return layer.moving_mean[0], layer.moving_variance[0]


@given(st.floats(0, 0.999), st.floats(-5, 5), st.integers(0, 99))
@settings(max_examples=5, deadline=None)
def test_the_averages_are_the_layers(momentum, start, seed):
    values = np.random.default_rng(seed).normal(2, 3, 30)
    layer = equations.BatchNorm(1, momentum)
    layer.moving_mean = np.array([start])
    wanted = []
    for value in values:
        layer.update(value, 1)
        wanted.append(layer.moving_mean[0])
    data = [values.tolist(), momentum, start]
    found = live_pages.node("moving.js", "m.movingAverage(...data)", data)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_after_a_time_constant_a_batch_counts_a_third():
    tau = live_pages.node("moving.js", "data.map(m.timeConstant)", [0.0, 0.9, 0.99])
    assert tau[0] == 0
    np.testing.assert_allclose(np.array([0.9, 0.99]) ** tau[1:], np.exp(-1), rtol=1e-9)


@pytest.mark.parametrize("key, momentum", [("Home", 0), ("End", 1 - 10**-2.5)])
def test_inference_sees_the_unit_as_far_off_as_the_averages_are_old(
    key, momentum, address, chromium
):
    with visit(chromium, address + "lag-light.html", PHONE) as page:
        press(page, "Momentum m", key)
        press(page, "Training stops after step", "ArrowLeft", times=30)
        stop = STEPS - 30
        mean, variance = moving_averages(momentum, stop)
        s = np.sqrt(variance + 1e-3)
        off, deviation = (TRUE[stop - 1] - mean) / s, np.sqrt(VARIANCE[stop - 1]) / s
        inference = "[data-mode=inference]"
        np.testing.assert_allclose(numbers(page, inference, "data-at"), off, rtol=1e-5)
        np.testing.assert_allclose(numbers(page, inference, "data-deviation"), deviation, rtol=1e-5)
        assert numbers(page, "[data-mode=training]", "data-at") == 0
        spelt = f"m = {momentum:.3f} (PyTorch: {1 - momentum:.3f})"
        assert spelt in words(page) and f"At step {stop}" in words(page)
        assert f"the unit stands at {off:.2f}".replace("-", "−") in words(page)


def test_the_end_of_the_training_can_be_dragged_and_pressed(address, chromium):
    with visit(chromium, address + "lag-dark.html", DESK) as page:
        handle = page.get_by_role("slider", name="the step at which training stops", exact=True)
        drag(page, handle, right=-100)
        stop = int(handle.get_attribute("aria-valuenow"))
        assert STEPS - 60 < stop < STEPS - 10
        handle.press("ArrowLeft")
        assert f"At step {stop - 1} " in words(page)


def test_the_steps_begin_where_the_average_of_0_9_has_missed_most(address, chromium):
    def off(stop, momentum):
        mean, variance = moving_averages(momentum, stop)
        return (TRUE[stop - 1] - mean) / np.sqrt(variance + 1e-3)

    worst = max(range(41, STEPS + 1), key=lambda stop: abs(off(stop, 0.9)))
    with visit(chromium, address + "lag-light.html", PHONE) as page:
        for step, momentum in zip(
            page.locator(".live-steps button").all()[:3], (0, 0.9, 0.99), strict=True
        ):
            step.tap()
            assert f"At step {worst} " in words(page)
            found = numbers(page, "[data-mode=inference]", "data-at")
            np.testing.assert_allclose(found, off(worst, momentum), rtol=1e-4, atol=1e-6)


def test_what_lies_beyond_the_axis_is_named_at_its_end(address, chromium):
    with visit(chromium, address + "short-light.html", PHONE) as page:
        page.locator(".live-steps button").nth(1).click()
        at = float(page.locator("[data-mode=inference]").get_attribute("data-at"))
        (arrow,) = page.locator(".live-stage text").filter(has_text=re.compile("[→←]")).all()
        assert abs(at) > 1 and f"{abs(at):.1f}" in arrow.text_content()
        page.goto(address + "lag-light.html")
        page.locator(".live-steps button").nth(1).click()
        assert page.get_by_text(re.compile("[→←]")).count() == 0
