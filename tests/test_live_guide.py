"""The steps that lead through a live figure, its way back, and its state in the address."""

import pytest

from tests import live_pages
from tests.browsing import visit
from tests.live_figures import FIGURES
from tests.live_reading import below, words

PHONE, DESK = 390, 1280

each_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture(scope="module")
def figures():
    return {name: make() for name, make in FIGURES.items()}


def steps_of(page):
    return page.locator(".live-steps button").all()[:-1]


def settle(page):
    """Wait until whatever a press has begun is over."""
    page.get_by_text("Training at").wait_for(state="hidden")


def shown(page):
    """All that can be seen of the figure: its controls, its words, its drawing."""
    controls = "all => all.map(one => one.type === 'radio' ? one.checked : one.value)"
    return (
        page.locator(".live-controls input").evaluate_all(controls),
        words(page),
        page.locator(".live-stage").inner_html(),
    )


@each_figure
def test_each_step_sets_the_figure_and_says_what_to_look_at(name, address, chromium, figures):
    guide = figures[name].guide
    assert 2 <= len(guide) <= 4
    looks = set()
    with visit(chromium, f"{address}{name}-light.html", PHONE) as page:
        place = below(page)
        for step, said in zip(steps_of(page), guide, strict=True):
            step.tap()
            settle(page)
            assert step.get_attribute("aria-current") == "step"
            assert page.locator(".live-steps [aria-current]").count() == 1
            look = page.locator(".live-look[aria-live=polite]").inner_text()
            assert look == said["look"] and len(look) <= 140
            assert step.bounding_box()["height"] >= 44
            assert below(page) == place
            looks.add((look, *map(str, shown(page))))
        assert len(looks) == len(guide)
        assert page.complaints == []


@each_figure
def test_a_step_shows_the_same_whatever_was_done_before(name, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        last = steps_of(page)[-1]
        last.click()
        settle(page)
        first = shown(page)
        for step in steps_of(page)[:-1]:
            step.click()
            settle(page)
        last.click()
        settle(page)
        assert shown(page) == first


@each_figure
def test_reset_leads_back_to_the_beginning(name, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        reset = page.get_by_role("button", name="Reset")
        reset.click()
        settle(page)
        beginning = shown(page)
        for control in page.locator("input[type=range]").all():
            control.press("Home")
            if shown(page) == beginning:
                control.press("End")
        for control in page.locator("input[type=radio]").all():
            control.check()
        assert shown(page) != beginning
        reset.press("Enter")
        settle(page)
        assert shown(page) == beginning


@each_figure
def test_an_address_shows_what_was_seen(name, address, chromium, figures):
    """Whoever follows it, in a new window or by a link of the page, sees the same."""
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        steps_of(page)[2].click()
        settle(page)
        seen = shown(page)
        link = page.locator(".live-name a")
        assert link.inner_text() == f"Live figure {figures[name].number}"
        there = link.evaluate("link => link.href")
        page.wait_for_function(f"location.href === {there!r}")
        page.get_by_role("button", name="Reset").click()
        settle(page)
        assert shown(page) != seen
        page.wait_for_function(f"location.hash === '#live-{name}'")
        page.evaluate(f"location.hash = {there[there.index('#') :]!r}")
        page.locator(".live-steps button:nth-child(3)[aria-current]").wait_for()
    with visit(chromium, there, DESK) as page:
        settle(page)
        if name == "train":  # it begins by itself, but not for whoever wants no motion
            page.get_by_role("button", name="Train").click()
            settle(page)
        assert shown(page) == seen


@each_figure
def test_an_address_that_makes_no_sense_is_harmless(name, address, chromium, figures):
    for junk in "1e99", "-7.5", "[]", "nothing", '"', "null":
        query = "&".join(f"{trait}={junk}" for trait in figures[name].limits)
        url = f"{address}{name}-light.html#live-{name}?{query}&height=9&constructor=1"
        with visit(chromium, url, DESK) as page:
            assert words(page)
            assert "NaN" not in page.locator(".live").inner_text()
            assert page.complaints == []


@pytest.mark.parametrize(
    "value, known, limits, wanted",
    [
        (3, 6, [0, 40], 3),
        (99, 6, [0, 40], 40),
        (8.4, 8, [3, 64, 1], 8),
        ("own", "synchronized", ["own", "synchronized"], "own"),
        ("none", "own", ["own", "synchronized"], None),
        ("3", 6, [0, 40], None),
        ([[1, 99]], [[0, 0]], [-2, 2], [[1, 2]]),
        ([9, 9], [0, 0], [[0, 3, 1], [0, 2, 1]], [3, 2]),
        ([1], [0, 0], [-2, 2], None),
        (None, 1, [0, 2], None),
    ],
)
def test_an_address_sets_only_what_is_within_its_limits(value, known, limits, wanted):
    data = [value, known, limits]
    assert live_pages.node("address.js", "m.admitted(...data) ?? null", data) == wanted


def test_all_that_a_reader_changes_has_limits(figures):
    """Or *Reset* would leave it, and the address forget it."""
    for name, figure in figures.items():
        sets = {trait for step in figure.guide for trait in step["set"]}
        assert sets <= figure.limits.keys() <= figure.traits().keys(), name
