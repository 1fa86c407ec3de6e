"""Chapter 9's replicas: what the figure shows is what the equations say of every sharing."""

import itertools

import numpy as np
import pytest

from local import equations
from local.live.replicas import Replicas
from tests import live_pages
from tests.browsing import visit
from tests.live_reading import drag

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def figures():
    return {"replicas": Replicas()}


def expected(figure):
    """The batch x, what comes out of it, and what one large batch would give, each (24,)."""
    base, parts = np.array(figure.base), figure.replicas
    lifts = figure.offset * (np.arange(parts) / (parts - 1) - 0.5)
    x = base + lifts.repeat(len(base) // parts)
    together = equations.normalize(x, 0)
    if figure.statistics == "synchronized":
        return x, together, together
    turn = np.arange(24) if figure.sharing == "camera" else np.array(figure.order)
    y = np.empty(24)
    y[turn] = equations.normalize(x[turn].reshape(parts, -1), 1).ravel()
    return x, y, together


def off(**traits):
    _, y, together = expected(Replicas(**traits))
    return np.abs(y - together).mean()


def shown(page):
    """The outputs in the order of the examples: their numbers, and where they lie, in pixels."""
    marks = page.locator("[data-y]")
    keys = ("data-example", "data-y")
    found = [[float(m.get_attribute(k)) for k in keys] for m in marks.all()]
    boxes = [mark.bounding_box() for mark in marks.all()]
    centres = [box["x"] + box["width"] / 2 for box in boxes]
    order = np.argsort([example for example, _ in found])
    return np.array(found)[order, 1], np.array(centres)[order]


def numbers(values):
    return ", ".join(f"{value:.2f}".replace("-", "−") for value in values)


def test_every_sharing_gives_what_the_equations_say():
    """All settings in one run of Node."""
    keys = ("replicas", "offset", "sharing", "statistics")
    settings = itertools.product(
        (2, 3, 4), (0.0, 2.5, 5.0), ("camera", "shuffled"), ("own", "synchronized")
    )
    figures = [Replicas(**dict(zip(keys, values, strict=True))) for values in settings]
    found = live_pages.node("replicas.js", "data.map(m.shareOut)", [f.state() for f in figures])
    for figure, got in zip(figures, found, strict=True):
        x, y, together = expected(figure)
        np.testing.assert_allclose(got["x"], x, atol=1e-12)
        np.testing.assert_allclose(got["y"], y, atol=1e-9)
        np.testing.assert_allclose(got["together"], together, atol=1e-9)
        np.testing.assert_allclose(got["off"], np.abs(y - together), atol=1e-9)
        held = [np.array(x)[row] for row in got["rows"]]
        assert [r["mean"] for r in got["own"]] == pytest.approx([h.mean() for h in held])
        assert [r["deviation"] for r in got["own"]] == pytest.approx([h.std() for h in held])
        assert np.sort(np.ravel(got["rows"])).tolist() == list(range(24))


def test_what_the_caption_says_holds():
    _, y, _ = expected(Replicas())
    assert np.abs([y[:12].mean(), y[12:].mean()]).max() < 1e-9  # dark and bright are alike
    assert off() > 4 * off(sharing="shuffled") > 0
    assert off(sharing="shuffled", replicas=4) > 1.5 * off(sharing="shuffled")
    assert off(statistics="synchronized", replicas=4) == 0


def test_a_reader_synchronizes_and_shuffles(address, chromium):
    with visit(chromium, address + "replicas-dark.html", PHONE) as page:
        for statistics, sharing in itertools.product(
            {"own": "its own share", "synchronized": "all (synchronized)"}.items(),
            {"camera": "by camera", "shuffled": "shuffled"}.items(),
        ):
            page.get_by_label(statistics[1], exact=True).tap()
            page.get_by_label(sharing[1], exact=True).tap()
            figure = Replicas(statistics=statistics[0], sharing=sharing[0])
            _, y, together = expected(figure)
            values, centres = shown(page)
            np.testing.assert_allclose(values, y, atol=1e-9)
            assert np.corrcoef(values, centres)[0, 1] > 0.9999
            gaps = np.abs(y - together)
            assert (
                f"Off one large batch by {gaps.mean():.2f} on average, {gaps.max():.2f} at most."
                in page.get_by_role("status").inner_text()
            )
        assert page.complaints == []


def test_the_words_and_the_bands_tell_mean_and_deviation_of_each_replica(address, chromium):
    with visit(chromium, address + "replicas-light.html", DESK) as page:
        page.get_by_label("4", exact=True).check()
        page.get_by_label("Brightest camera minus darkest").press("Home")
        x, _, _ = expected(Replicas(replicas=4, offset=0.0))
        parts = x.reshape(4, 6)
        said = page.get_by_role("status").inner_text()
        assert f"Means {numbers(parts.mean(1))}; deviations {numbers(parts.std(1))}." in said

        def bands():
            return page.locator("[data-mean]").evaluate_all(
                "all => all.map(b => [Number(b.dataset.mean), Number(b.dataset.deviation)])"
            )

        np.testing.assert_allclose(bands(), np.transpose([parts.mean(1), parts.std(1)]))
        page.get_by_label("all (synchronized)", exact=True).check()
        np.testing.assert_allclose(bands(), [[x.mean(), x.std()]] * 4)


def test_only_the_own_replica_answers_until_they_are_synchronized(address, chromium):
    with visit(chromium, address + "replicas-light.html", DESK) as page:
        handle = page.get_by_role("slider", name="x, example 1", exact=True)
        before, _ = shown(page)
        drag(page, handle, right=120)
        after, _ = shown(page)
        assert (after != before).tolist() == [True] * 12 + [False] * 12
        page.get_by_label("all (synchronized)", exact=True).check()
        before, _ = shown(page)
        handle.press("PageDown")
        after, _ = shown(page)
        assert (after != before).all()
        base = Replicas().base
        moved = [float(handle.get_attribute("aria-valuenow")) + 1.5, *base[1:]]
        _, wanted, _ = expected(Replicas(base=moved, statistics="synchronized"))
        np.testing.assert_allclose(after, wanted, atol=1e-9)
        assert f"comes out as {numbers(after[:1])}" in handle.get_attribute("aria-valuetext")
