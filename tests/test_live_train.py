"""The nets that train on the first page: their gradients, and what becomes of them."""

import re

import numpy as np
import pytest

from local import equations
from local.live import train
from tests import live_pages
from tests.browsing import visit
from tests.live_figures import FIGURES

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def figures():
    return {"train": FIGURES["train"]()}


def python_net(net):
    """A net of net.js as local/live/train.py has it."""
    made = []
    for layer in net:
        w = np.array(layer["w"]).reshape(-1, layer["m"])
        more = {"gamma": np.array(layer["gamma"])} if "gamma" in layer else {}
        made.append({"w": w, "b": np.array(layer.get("b", layer.get("beta"))), **more})
    return made


NETS = [
    {"widths": widths, "size": size, "normalized": normalized, "seed": seed}
    for seed, (widths, size) in enumerate(
        [([2, 5, 1], 1), ([2, 4, 6, 3, 1], 2), (train.WIDTHS, 0.5)]
    )
    for normalized in (False, True)
]


def test_the_nets_gradients_are_those_of_the_equations():
    cases = live_pages.node(
        "net.js",
        """data.map((wanted) => {
            const { x, t } = m.spirals(30, wanted.seed);
            const net = m.make(wanted);
            for (const { gamma, beta } of net)
                gamma?.forEach((_, j) => ([gamma[j], beta[j]] = [1 + j / 9, j / 9]));
            const before = structuredClone(net);
            const found = m.gradients(net, x, t);
            m.step(net, x, t, 0.5);
            return { x, t, before, found, after: net };
        })""",
        NETS,
    )
    for case in cases:
        x, sign = np.array(case["x"]).reshape(-1, 2), np.array(case["t"])
        net = python_net(case["before"])
        loss, gradients = train.gradients(net, x, sign)
        np.testing.assert_allclose(case["found"]["loss"], loss, rtol=1e-9)
        after = python_net(case["after"])
        assert np.abs(gradients[0]["w"]).max() > 1e-3
        for layer, gradient, got, moved in zip(
            net, gradients, case["found"]["layers"], after, strict=True
        ):
            for name, wanted in gradient.items():
                ours = got.get(name, got.get("beta"))
                np.testing.assert_allclose(ours, wanted.ravel(), rtol=1e-6, atol=1e-10)
                np.testing.assert_allclose(moved[name], layer[name] - 0.5 * wanted, atol=1e-9)


def test_the_gradients_of_the_reference_are_those_of_small_differences():
    """Or net.js would be compared with a mistake."""
    x, sign = train.spirals(30)
    net = train.make(normalized=True, seed=3)
    _, gradients = train.gradients(net, x, sign)
    for layer, gradient in zip(net, gradients, strict=True):
        for name, values in gradient.items():
            place = np.unravel_index(np.abs(values).argmax(), values.shape)
            losses = []
            for move in 1e-6, -2e-6:
                layer[name][place] += move
                losses.append(train.gradients(net, x, sign)[0])
            layer[name][place] += 1e-6
            np.testing.assert_allclose((losses[0] - losses[1]) / 2e-6, values[place], rtol=1e-3)


def test_a_net_in_use_answers_from_its_moving_averages():
    case = live_pages.node(
        "net.js",
        """(() => {
            const { x, t } = m.spirals(30, 1);
            const net = m.make(data);
            for (let k = 0; k < 5; k++) m.step(net, x, t, 0.1);
            return { x, net, p: m.probability(net, x) };
        })()""",
        NETS[3],
    )
    a = np.array(case["x"]).reshape(-1, 2)
    for layer, raw in zip(python_net(case["net"]), case["net"], strict=True):
        y = a @ layer["w"]
        if "gamma" in layer:
            use = equations.BatchNorm(raw["m"])
            use.gamma, use.beta = layer["gamma"], layer["b"]
            use.moving_mean, use.moving_variance = np.array(raw["mean"]), np.array(raw["variance"])
            y = use.forward(y)
        else:
            y = y + layer["b"]
        a = np.maximum(y, 0)
    np.testing.assert_allclose(case["p"], 1 / (1 + np.exp(-y[:, 0])), rtol=1e-9)


def test_a_net_that_learns_on_does_not_change_what_is_drawn_of_it():
    before, after, later = live_pages.node(
        "net.js",
        """data.map((wanted) => {
            const { x, t } = m.spirals(30, 1);
            const net = m.make(wanted);
            const layers = m.folded(net);
            const before = m.answer(layers, x);
            m.step(net, x, t, 0.5);
            return [before, m.answer(layers, x), m.probability(net, x)];
        }).reduce((all, one) => all.map((list, k) => [...list, ...one[k]]), [[], [], []])""",
        NETS,
    )
    assert before == after
    assert np.abs(np.array(before) - later).reshape(len(NETS), -1).max(axis=1).min() > 1e-3


def test_the_still_tells_the_truth():
    figure = train.Train()
    x, sign = train.spirals()
    right = {}
    for normalized in False, True:
        net = train.train(x, sign, rate=figure.rate, steps=figure.steps, normalized=normalized)
        right[normalized] = np.mean((train.answer(net, x, x) > 0) == (sign > 0))
    assert right[False] == 0.5 and right[True] > 0.95


def test_every_preset_shows_what_it_says_from_any_first_weights():
    """Shares of points answered rightly after the training, of seeds 1 to 6, without and with."""
    figure = train.Train()
    settings = [{**step["set"], "seed": seed} for step in figure.guide for seed in range(1, 7)]
    shares = live_pages.node(
        "training.js",
        """data.settings.map((settings) => {
            const training = m.begin(settings);
            for (let k = 0; k < data.steps; k++) m.advance(training);
            training.nets.forEach((one) => m.judge(training, one));
            return training.nets.map((one) => [one.right, one.broken]);
        })""",
        {"settings": settings, "steps": figure.steps},
    )
    right, broken = np.moveaxis(np.array(shares).reshape(4, 6, 2, 2), -1, 0)
    (fast, slow, small, two), (fast_breaks, *_) = right, broken
    assert (fast[:, 0] == 0.5).all() and fast_breaks[:, 0].all()
    assert (small[:, 0] == 0.5).all()
    assert min(fast[:, 1].min(), slow.min(), small[:, 1].min()) >= 0.94
    assert two[:, 0].min() > 0.85 and (two[:, 1] < two[:, 0] - 0.1).all()
    assert settings[0] == {name: getattr(figure, name) for name in settings[0]}


def opacities(page):
    """A low and a high opacity of both maps: a tenth of each lies outside."""
    return page.locator("canvas").evaluate_all("""maps => maps.map(map => {
        const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
        const alpha = data.filter((_, k) => k % 4 === 3).sort();
        return [alpha.at(alpha.length / 10), alpha.at(-alpha.length / 10)];
    })""")


ENDED = re.compile(r"500 steps at rate \S+, first weights × \S+, batches of \d+: without, ")


def ended(page):
    """What is said at the end of a training."""
    page.get_by_role("status").filter(has_text=ENDED).wait_for()
    return page.get_by_role("status").inner_text()


def moving(page):
    """Show the page anew to somebody who does not mind what moves."""
    page.emulate_media(reduced_motion="no-preference")
    page.reload()


def steps(page):
    return int(re.search(r"step (\d+) of 500", page.locator(".live-stage").inner_html())[1])


def test_whoever_wants_no_motion_presses_and_gets_the_end(address, chromium):
    with visit(chromium, address + "train-light.html", PHONE) as page:
        page.wait_for_timeout(300)
        assert "not trained yet. Press Train." in page.get_by_role("status").inner_text()
        page.get_by_role("button", name="Train").tap()
        assert re.search(
            r"at rate 2, first weights × 1, batches of 32: without, 50 % right \(one answer "
            r"for all\); with it, (9\d|100) % right",
            ended(page),
        )
        (low, high), (low_with, high_with) = opacities(page)
        assert high - low < 60 and high_with - low_with > 100
        page.get_by_role("button", name="Small steps").tap()
        assert re.search(
            r"rate 0\.1, .* without, (9\d|100) % right; with it, (9\d|100)", ended(page)
        )
        (low, high), (low_with, high_with) = opacities(page)
        assert high - low > 100 and high_with - low_with > 100


def test_it_begins_by_itself_and_tells_step_and_shares_while_it_trains(address, chromium):
    with visit(chromium, address + "train-light.html", DESK) as page:
        moving(page)
        page.get_by_text("Training at rate 2, first weights × 1, batches of 32.").wait_for()
        page.wait_for_function("""() => {
            const [left, right] = document.querySelectorAll("[data-right]");
            return left.dataset.right === "0.5" && right.dataset.right > 0.8;
        }""")
        assert page.get_by_role("status").inner_text().startswith("Training at")
        assert 0 < steps(page) < 500
        shares = page.locator("[data-right]").evaluate_all("all => all.map(t => t.textContent)")
        assert shares[0] == "50 %" and shares[1] in {f"{k} %" for k in range(80, 101)}
        assert "without, 50 % right" in ended(page)
        assert steps(page) == 500


def test_a_change_begins_a_training_of_its_own(address, chromium):
    """So that a result belongs to the settings that it names."""
    with visit(chromium, address + "train-light.html", DESK) as page:
        moving(page)
        page.get_by_text("Training at rate 2,").wait_for()
        page.wait_for_function("document.querySelectorAll('[data-right]')[1].dataset.right > 0.6")
        page.locator(".live-stage").evaluate("""stage => {
            window.told = [];
            const tell = () => told.push(+/step (\\d+) of 500/.exec(stage.innerHTML)[1]);
            const changes = { subtree: true, childList: true, characterData: true };
            new MutationObserver(tell).observe(stage, changes);
        }""")
        page.get_by_label("Learning rate").press("Home")
        page.wait_for_function("told.includes(0)")
        assert page.get_by_text("Training at rate 0.01,").is_visible()
        page.get_by_text(re.compile(r"^step [1-9]\d* of")).wait_for()
        page.get_by_role("button", name="Pause").click()
        said = page.get_by_role("status").inner_text()
        assert re.match(r"\d+ steps at rate 0\.01, first", said)
        page.wait_for_timeout(100)
        assert page.get_by_role("status").inner_text() == said


def test_it_waits_while_nobody_sees_it(address, chromium):
    with visit(chromium, address + "train-light.html", PHONE) as page:
        moving(page)
        page.get_by_role("button", name="Pause").wait_for()
        page.evaluate("document.body.style.paddingTop = '3000px'")
        page.get_by_role("button", name="Train").wait_for()
        before = steps(page)
        page.wait_for_timeout(300)
        assert steps(page) == before < 500
        page.locator(".live-stage").scroll_into_view_if_needed()
        page.get_by_role("button", name="Pause").wait_for()
        assert "without, 50 % right" in ended(page)


def test_a_frame_on_a_slow_phone_leaves_time_for_the_reader(address, chromium):
    """On a processor four times slower, as the browser plays it: the script of most frames."""
    with visit(chromium, address + "train-light.html", PHONE) as page:
        page.emulate_media(reduced_motion="no-preference")
        page.add_init_script("""
            window.spent = [];
            const wanted = requestAnimationFrame;
            window.requestAnimationFrame = (then) => wanted((now) => {
                const before = performance.now();
                then(now);
                window.spent.push(performance.now() - before);
            });
        """)
        slow = page.context.new_cdp_session(page)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.reload()
        ended(page)
        spent = page.evaluate("window.spent")
    assert len(spent) > 50
    assert np.median(spent) < 16
