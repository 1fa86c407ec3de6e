"""The computation graph of chapter 3: its numbers are those of the staged backward pass."""

import numpy as np
import pytest

from local import equations
from local.live.graph import Graph
from tests.browsing import visit
from tests.live_reading import below, numbers, press, words

PHONE, DESK = 390, 1280
X, DY = np.random.default_rng(3).normal(size=(2, 5))
GAMMA, BETA = 1.5, -0.5


@pytest.fixture(scope="module")
def figures():
    return {"graph": Graph(X, DY, GAMMA, BETA)}


@pytest.fixture(scope="module")
def staged():
    _, cache = equations.batch_norm_forward(X[:, None], [GAMMA], [BETA])
    gradients = equations.batch_norm_backward_staged(DY[:, None], cache)
    return {name[1:]: gradient.ravel() for name, gradient in gradients.items()} | {"y": DY}


def of_node(page, kind, node):
    return numbers(page, f"[data-kind={kind}][data-node={node}]", "data-number")


def test_the_graph_ends_with_the_values_and_gradients_of_every_node(address, chromium, staged):
    y, cache = equations.batch_norm_forward(X[:, None], [GAMMA], [BETA])
    with visit(chromium, address + "graph-light.html", PHONE) as page:
        press(page, "Step", "End")
        for node, gradient in staged.items():
            np.testing.assert_allclose(of_node(page, "gradient", node), gradient, rtol=1e-9)
        for node, value in {"mean": X.mean(), "variance": X.var(), "s": cache.s}.items():
            np.testing.assert_allclose(of_node(page, "value", node), value, rtol=1e-9)
        np.testing.assert_allclose(of_node(page, "value", "y"), y.ravel(), rtol=1e-9)
        written = page.locator("[data-kind=gradient][data-node=x]").all_text_contents()
        assert written == [f"{dx:.2f}".replace("-", "−") for dx in staged["x"]]
        assert "The sum is now 0.00" in words(page)


def test_two_terms_arrive_where_two_arrows_leave(address, chromium, staged):
    with visit(chromium, address + "graph-dark.html", PHONE) as page:
        further = page.get_by_role("button", name="Next")
        for _ in range(15):
            further.tap()
        _, cache = equations.batch_norm_forward(X[:, None], [GAMMA], [BETA])
        one = staged["x_hat"] / cache.s
        np.testing.assert_allclose(of_node(page, "gradient", "centered"), one, rtol=1e-9)
        further.tap()
        both = of_node(page, "gradient", "centered")
        np.testing.assert_allclose(both, staged["centered"], rtol=1e-9)
        assert np.abs(both - one).max() > 0.01
        carrying = page.locator("[data-carries=true]").evaluate_all(
            "arrows => arrows.map(arrow => arrow.dataset.arrow)"
        )
        assert sorted(carrying) == ["centered squared", "centered x_hat"]
        assert "Two arrows left centered, so two terms arrive" in words(page)
        assert of_node(page, "gradient", "x").size == 0
        page.get_by_role("button", name="Back").press("Enter")
        np.testing.assert_allclose(of_node(page, "gradient", "centered"), one, rtol=1e-9)


def test_with_constant_statistics_only_the_straight_way_is_left(address, chromium):
    _, cache = equations.batch_norm_forward(X[:, None], [GAMMA], [BETA])
    with visit(chromium, address + "graph-light.html", DESK) as page:
        press(page, "Step", "End")
        page.get_by_label("constants", exact=True).check()
        short = GAMMA * DY / cache.s
        np.testing.assert_allclose(of_node(page, "gradient", "x"), short, rtol=1e-9)
        assert of_node(page, "gradient", "mean").size == of_node(page, "gradient", "s").size == 0
        assert f"{abs(short.sum()):.2f}, not 0" in words(page)


@pytest.mark.parametrize("statistics", ["functions of x", "constants"])
def test_the_words_of_every_step_fit_their_place(statistics, address, chromium):
    with visit(chromium, address + "graph-light.html", PHONE) as page:
        page.get_by_label(statistics, exact=True).check()
        place = below(page)
        heard = set()
        for _ in range(20):
            heard.add(words(page))
            assert below(page) == place
            press(page, "Step", "ArrowRight")
        assert len(heard) >= 17


def test_a_replay_goes_through_every_step_and_can_be_stopped(address, chromium):
    with visit(chromium, address + "graph-light.html", DESK) as page:
        page.emulate_media(reduced_motion="no-preference")
        page.clock.install()  # for 20 steps at which a reader has time to read
        replay = page.get_by_role("button", name="Replay")
        replay.click()
        heard = []
        for _ in range(20):
            heard.append(words(page))
            page.clock.run_for(1700)
        assert replay.get_attribute("aria-current") == "step"
        assert len(set(heard)) >= 17
        assert "The sum is now 0.00" in words(page)
        replay.click()
        page.clock.run_for(3500)
        page.get_by_role("button", name="Back").click()
        stopped = words(page)
        page.clock.run_for(3500)
        assert words(page) == stopped


def test_a_replay_that_was_paused_is_forgotten_after_a_reset(address, chromium):
    with visit(chromium, address + "graph-light.html", PHONE) as page:
        page.emulate_media(reduced_motion="no-preference")
        replay = page.get_by_role("button", name="Replay")
        replay.click()
        page.evaluate("document.body.style.paddingTop = '3000px'; scrollTo(0, 0)")
        page.wait_for_timeout(300)
        assert replay.get_attribute("aria-current") == "step"  # it waits to be seen
        page.get_by_role("button", name="Reset").evaluate("button => button.click()")
        first = words(page)
        assert replay.get_attribute("aria-current") is None
        page.locator(".live-stage").scroll_into_view_if_needed()
        page.wait_for_timeout(2500)  # longer than a step of it stands
        assert words(page) == first
