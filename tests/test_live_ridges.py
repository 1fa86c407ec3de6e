"""The ridges of chapters 1 and 4 under their slider."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from local.live.ridges import Ridges
from local.ridges import densities
from tests.browsing import visit
from tests.live_figures import FIGURES, HISTORIES
from tests.live_reading import numbers, words

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def figures():
    return {"ridges": FIGURES["ridges"]()}


def test_the_slider_shows_the_ridge_of_its_step(address, chromium):
    with visit(chromium, address + "ridges-light.html", PHONE) as page:
        step = page.get_by_label("Training step")
        for _ in range(7):
            step.press("ArrowRight")
        assert step.get_attribute("aria-valuetext") == "35"
        drawn = page.locator("[data-panel]").evaluate_all(
            "all => all.map(p => p.getAttribute('d'))"
        )
        rows = [HISTORIES[key].recorded[name] for name in ("z1", "a1") for key in HISTORIES]
        for path, values in zip(drawn, rows, strict=True):
            y = np.array(re.findall(r"[ML][\d.]+ ([\d.]+)", path), float)
            grid, (density,) = densities(values[7:8])
            there = np.interp(np.linspace(grid[0], grid[-1], len(y)), grid, density)
            assert np.corrcoef(y, np.sqrt(there))[0, 1] < -0.999
            width = f"{np.float64(f'{values[7].std():.2g}'):g}"
            assert f" {width}" in page.get_by_role("status").inner_text()


def test_ridges_under_one_name_share_their_ruler(address, chromium):
    """So that the eye may compare them: with a fifth of the width, five times as narrow."""
    with visit(chromium, address + "ridges-dark.html", DESK) as page:
        page.get_by_label("Training step").press("End")  # the widest rows
        widths = [
            box["width"] for box in (p.bounding_box() for p in page.locator("[data-panel]").all())
        ]
    rows = [history.recorded["z1"][-1:] for history in HISTORIES.values()]
    without, before = (np.ptp(densities(row)[0]) for row in rows)
    np.testing.assert_allclose(widths[1] / widths[0], before / without, rtol=0.05)


def test_the_mark_stands_where_the_peak_has_gone(address, chromium):
    with visit(chromium, address + "ridges-light.html", PHONE) as page:
        marks = numbers(page, "[data-gone]", "data-gone").astype(int)
        for row, (key, history) in zip(marks, HISTORIES.items(), strict=True):
            peaks = densities(history.recorded["z1"])[1].max(axis=1)
            assert (peaks[:row] > 0.48 * peaks[0]).all() and peaks[row] < 0.52 * peaks[0]
            assert page.get_by_text(f"gone by step {history.steps[row]}").count(), key
        page.get_by_role("button", name="The peak goes").tap()
        assert words(page).startswith(f"Step {history.steps[marks[0]]}.")


def test_where_no_peak_goes_there_is_no_mark_and_no_step():
    values = np.random.default_rng(0).normal(size=(1, 300)).repeat(3, axis=0)
    history = SimpleNamespace(steps=np.arange(3), recorded={"z1": values})
    figure = Ridges({"without": history}, names=("z1",))
    assert figure.gone == [None] and len(figure.guide) == 2


def test_a_narrow_ridge_is_drawn_to_its_peak():
    """A thousand times as narrow as the others, it is as high as its neighbours are low."""
    wide, narrow = np.random.default_rng(0).normal(size=(2, 300)) * [[1], [1e-3]]
    history = SimpleNamespace(steps=np.array([0, 5]), recorded={"z1": np.stack([narrow, wide])})
    figure = Ridges({"without": history}, names=("z1",))
    heights = np.frombuffer(figure.heights, "uint8").reshape(2, -1).max(axis=1)
    peaks = [
        gaussian_kde(row)(np.linspace(row.min(), row.max(), 999)).max() for row in (narrow, wide)
    ]
    np.testing.assert_allclose(heights / 255, np.sqrt(peaks / max(peaks)), atol=1 / 255)


def test_play_runs_to_the_last_step(address, chromium):
    with visit(chromium, address + "ridges-light.html", DESK) as page:
        page.emulate_media(reduced_motion="no-preference")
        page.get_by_role("button", name="Play").click()
        page.get_by_text("Step 70. Standard deviations").wait_for()
        page.get_by_role("button", name="Play").click()
        page.get_by_role("button", name="Pause").wait_for()


def test_ridges_of_unlike_steps_are_refused():
    with pytest.raises(ValueError, match="same number of epochs"):
        Ridges({**HISTORIES, "other": SimpleNamespace(steps=np.arange(15))})
