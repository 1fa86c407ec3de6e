"""The walk along the step of chapter 7: loss and gradient are the medians over the seeds."""

import re

import numpy as np
import pytest

from tests.browsing import visit
from tests.live_figures import COSINES, FIGURES, LOSSES
from tests.live_reading import drag, numbers, press, words

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def figures():
    return {"step": FIGURES["step"]()}


def assert_walked(page, look, stop):
    """Both thick lines and both needles stand where the medians over the seeds say."""
    change = np.median(LOSSES[:, look, stop] - LOSSES[:, look, 0], axis=-1)
    turned = np.median(COSINES[:, look, stop - 1], axis=-1) if stop else np.ones(2)
    np.testing.assert_allclose(numbers(page, "[data-change]", "data-change"), change, atol=1e-6)
    np.testing.assert_allclose(numbers(page, "[data-needle]", "data-cosine"), turned, atol=1e-6)
    for needle, cosine in zip(page.locator("[data-needle]").all(), turned, strict=True):
        from_x, from_y, to_x, to_y = map(
            float, re.match(r"M(\S+) (\S+)L(\S+) (\S+)M", needle.get_attribute("d")).groups()
        )
        length = np.hypot(to_x - from_x, to_y - from_y)
        assert abs((to_x - from_x) / length - cosine) < 0.01
    for value in (*change, *turned):
        assert f"{value:.2f}".replace("-", "−") in words(page)


def test_walking_on_shows_the_loss_and_the_gradient_there(address, chromium):
    with visit(chromium, address + "step-light.html", PHONE) as page:
        assert_walked(page, look=4, stop=3)  # one step, late in the training
        press(page, "How far to walk, in steps", "End")
        press(page, "From which step of the training", "Home")
        assert_walked(page, look=0, stop=5)
        press(page, "the stop on the way", "Home")
        assert_walked(page, look=0, stop=0)


def test_the_stop_can_be_dragged(address, chromium):
    with visit(chromium, address + "step-dark.html", DESK) as page:
        handle = page.get_by_role("slider", name="the stop on the way", exact=True)
        drag(page, handle, right=500)
        assert_walked(page, look=4, stop=5)
        assert handle.get_attribute("aria-valuetext") == "4 × the step"
