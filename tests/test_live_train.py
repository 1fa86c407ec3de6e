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


def test_the_still_tells_the_truth():
    x, sign = train.spirals()
    right = {}
    for normalized in False, True:
        net = train.train(x, sign, rate=2.0, steps=600, normalized=normalized)
        right[normalized] = np.mean((train.answer(net, x, x) > 0) == (sign > 0))
    assert right[False] == 0.5 and right[True] > 0.95


def opacities(page):
    """A low and a high opacity of both maps: a tenth of each lies outside."""
    return page.locator("canvas").evaluate_all("""maps => maps.map(map => {
        const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
        const alpha = data.filter((_, k) => k % 4 === 3).sort();
        return [alpha.at(alpha.length / 10), alpha.at(-alpha.length / 10)];
    })""")


def test_raising_the_rate_breaks_the_net_without(address, chromium):
    with visit(chromium, address + "train-light.html", PHONE) as page:
        press = page.get_by_role("button", name="Train")
        for _ in range(4):
            press.tap()  # a hundred steps, for no motion is wanted
        said = page.get_by_role("status")
        assert re.fullmatch(
            r"After 400 steps: without, (9\d|100) % .* (9\d|100) % .*", said.inner_text()
        )
        (low, high), (low_with, high_with) = opacities(page)
        assert high - low > 100 and high_with - low_with > 100
        for _ in range(14):
            page.get_by_label("Learning rate").press("ArrowRight")
        for _ in range(6):
            press.tap()
        assert re.search("without, 50 % right, broken.* with it, (9\\d|100) %", said.inner_text())
        (low, high), (low_with, high_with) = opacities(page)
        assert high - low < 60 and high_with - low_with > 100


def test_training_goes_on_until_it_is_paused(address, chromium):
    with visit(chromium, address + "train-light.html", DESK) as page:
        page.emulate_media(reduced_motion="no-preference")
        page.get_by_role("button", name="Train").click()
        before = opacities(page)
        page.wait_for_timeout(500)
        page.get_by_role("button", name="Pause").click()
        assert opacities(page) != before
        said = page.get_by_role("status").inner_text()
        assert int(re.match(r"After (\d+) steps", said)[1]) > 1
        page.wait_for_timeout(100)
        assert page.get_by_role("status").inner_text() == said
