"""The map of chapter 6: every field opens on the trainings that the sweeps have measured."""

import numpy as np
import pytest

from tests.browsing import visit
from tests.live_figures import FIGURES, SWEEPS
from tests.live_reading import numbers, press, words

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def figures():
    return {"map": FIGURES["map"]()}


def assert_shows(page, rate, scale):
    """The curves of that field end as the sweeps do, and the words tell its accuracies."""
    for net, sweep in SWEEPS.items():
        ends = numbers(page, f"[data-curve={net}]", "data-end")
        wanted = sweep.loss[:, rate, scale, -2:].mean(axis=-1)  # 56 steps, two to a point
        np.testing.assert_allclose(ends, np.where(wanted > 2, np.inf, wanted), atol=0.005)
    of_field = SWEEPS["with"].precise_test_accuracy[:, rate, scale]
    assert f"{of_field.min():.2f} to {of_field.max():.2f}" in words(page)


def test_the_map_has_the_median_of_every_field(address, chromium):
    with visit(chromium, address + "map-light.html", PHONE) as page:
        for net, sweep in SWEEPS.items():
            found = numbers(page, f"[data-net={net}]", "data-median").reshape(3, 3)
            np.testing.assert_allclose(found, np.median(sweep.precise_test_accuracy, axis=0))


def test_a_tap_on_a_map_opens_the_field(address, chromium):
    with visit(chromium, address + "map-dark.html", PHONE) as page:
        page.locator("[data-net=with]").nth(3).tap()  # the second rate, the first scale
        assert_shows(page, 1, 0)
        page.locator("[data-net=without]").nth(1).tap()
        assert_shows(page, 0, 1)


def test_keys_and_sliders_walk_from_field_to_field(address, chromium):
    with visit(chromium, address + "map-light.html", DESK) as page:
        press(page, "the chosen field", "ArrowDown")
        press(page, "the chosen field", "ArrowLeft")
        assert_shows(page, 1, 1)
        press(page, "the chosen field", "ArrowLeft", times=2)  # at the edge it stays
        assert_shows(page, 1, 0)
        press(page, "Initial weights, times He's", "End")
        press(page, "Learning rate", "Home")
        assert_shows(page, 0, 2)
        handle = page.get_by_role("slider", name="the chosen field", exact=True)
        assert handle.get_attribute("aria-valuetext") == "rate 0.01, weights × 1"


def test_a_lost_training_is_shown_as_lost(address, chromium):
    with visit(chromium, address + "map-light.html", PHONE) as page:
        press(page, "Learning rate", "End")
        press(page, "Initial weights, times He's", "End")
        ends = numbers(page, "[data-curve=without]", "data-end")
        assert np.isnan(ends[0]) and np.isinf(ends[1])
        assert abs(ends[2] - 0.5) < 0.005
        assert "1 of 3 diverged" in words(page)


def test_the_words_of_every_field_fit_their_place(address, chromium):
    with visit(chromium, address + "map-light.html", PHONE) as page:
        below = page.locator(".after").bounding_box()["y"]
        for field in page.locator("[data-net=with]").all():
            box = field.bounding_box()
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert page.locator(".after").bounding_box()["y"] == below
