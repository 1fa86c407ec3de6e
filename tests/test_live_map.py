"""The map of chapter 6: every field opens on the trainings that the sweeps have measured."""

import numpy as np
import pytest

from tests.browsing import visit
from tests.live_figures import FIGURES, SWEEPS
from tests.live_reading import below, numbers, press, words

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


def test_the_steps_walk_from_the_best_field_to_its_neighbours(address, chromium):
    medians = np.median(SWEEPS["without"].precise_test_accuracy, axis=0)
    rate, scale = np.unravel_index(medians.argmax(), medians.shape)
    with visit(chromium, address + "map-light.html", PHONE) as page:
        for step, move in zip(
            page.locator(".live-steps button").all()[:3], (0, -1, 1), strict=True
        ):
            step.tap()
            assert_shows(page, rate, np.clip(scale + move, 0, 2))


def test_colours_and_marks_are_explained(address, chromium):
    with visit(chromium, address + "map-dark.html", PHONE) as page:
        for text in "best", "at chance", "diverged", "0.33", "0.80 and more":
            assert page.locator("svg text").get_by_text(text, exact=True).is_visible()
        bar = page.locator("[data-bar]").evaluate_all("all => all.map(r => r.getAttribute('fill'))")
        assert bar == FIGURES["map"]().palette


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
        place = below(page)
        for field in page.locator("[data-net=with]").all():
            box = field.bounding_box()
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert below(page) == place
