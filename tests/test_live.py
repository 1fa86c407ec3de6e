"""What every live figure keeps, in a real browser without a network."""

import re
from pathlib import Path

import numpy as np
import pytest

from local import live
from tests import live_pages
from tests.browsing import contrast, finger, violations, visit
from tests.live_figures import FIGURES

SITE = Path(__file__).parent.parent / "_build" / "html"
PHONE, DESK = 390, 1280

each_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture(scope="module")
def figures():
    return {name: make() for name, make in FIGURES.items()}


@each_figure
@pytest.mark.parametrize("home", ["host", "file"])
def test_a_figure_wakes_without_a_complaint(name, home, address, folder, chromium):
    base = {"host": address, "file": folder.as_uri() + "/"}[home]
    with visit(chromium, f"{base}{name}-light.html", PHONE) as page:
        assert page.locator("[data-awake] .live-stage > :not(img, .drawing)").is_visible()
        assert page.complaints == []
        assert [url for url in page.fetched if not url.startswith(("data:", base))] == []


@each_figure
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_moves_when_a_figure_wakes_or_changes(name, width, address, chromium):
    def below(page):
        return page.locator(".after").evaluate("p => p.getBoundingClientRect().top + scrollY")

    with visit(chromium, f"{address}{name}-asleep.html", width) as page:
        asleep = below(page)
    with visit(chromium, f"{address}{name}-light.html", width) as page:
        assert below(page) == asleep
        for control in page.locator("input[type=range]").all():
            for key in "Home", "End":
                control.press(key)
                assert below(page) == asleep
        for control in page.locator("input[type=radio]").all():
            control.check()
            assert below(page) == asleep
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.complaints == []


@each_figure
def test_every_control_answers_to_keys_and_says_so(name, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        ranges = page.locator("input[type=range]")
        assert ranges.count() > 0
        for control in ranges.all():
            before = control.get_attribute("aria-valuetext")
            control.press("Home")
            control.press("ArrowRight")
            low = control.get_attribute("aria-valuetext")
            control.press("End")
            assert len({before, low, control.get_attribute("aria-valuetext")}) > 1
        assert page.get_by_role("status").inner_text()


@pytest.mark.parametrize("name", ["batch", "lag", "map", "outlier", "replicas", "step"])
def test_a_finger_drags_and_the_page_stays(name, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", PHONE) as page:
        handle = page.locator(".handle[role=slider][tabindex='0']").first
        before = handle.get_attribute("aria-valuetext")
        assert finger(page, handle.locator(".reach").first, -50, 50)
        assert handle.get_attribute("aria-valuetext") != before


@each_figure
def test_without_scripts_and_on_paper_there_is_a_picture(name, address, chromium, figures):
    with visit(chromium, f"{address}{name}-light.html", PHONE, script=False) as page:
        picture = page.get_by_role("img", name=figures[name].alt)
        assert picture.bounding_box()["height"] > 100
        assert not page.locator(".live-controls").is_visible()
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        page.emulate_media(media="print")
        assert page.locator(".live-stage").is_visible()
        assert not page.locator(".live-controls").is_visible()


@each_figure
@pytest.mark.parametrize("width, theme", [(PHONE, "light"), (DESK, "dark")])
def test_a_figure_is_accessible_and_can_be_read(name, width, theme, address, chromium):
    with visit(chromium, f"{address}{name}-{theme}.html", width, theme) as page:
        assert violations(page) == []
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        texts = "[...document.querySelectorAll('.live text')].map(t => getComputedStyle(t))"
        for colour in page.evaluate(f"{texts}.map(style => style.fill)"):
            assert contrast(colour, ground) >= 4.5
        assert min(page.evaluate(f"{texts}.map(style => parseFloat(style.fontSize))")) >= 11


@each_figure
def test_the_outputs_of_a_figure_do_not_change_from_run_to_run(name):
    first, second = (FIGURES[name]()._repr_mimebundle_()[0] for _ in range(2))
    assert first["text/plain"] == second["text/plain"] == repr(FIGURES[name]())
    assert re.fullmatch(r"Live figure: .{10,95}", first["text/plain"])
    assert first["text/html"] == second["text/html"]
    assert len(FIGURES[name]().alt) > 60


@each_figure
def test_a_page_keeps_the_free_place_for_as_many_controls_as_come(name, address, chromium, figures):
    with visit(chromium, f"{address}{name}-light.html") as page:
        assert page.locator(".live-control").count() == figures[name].controls


def test_a_module_is_written_out_with_what_it_imports():
    code = live.bundle("batch.js")
    assert not re.search(r"^import", code, re.MULTILINE)
    assert code.count("function standardize(") == code.count("function compose(") == 1
    assert code.count("export ") == 1
    assert "</" not in live.inside_script("a = '</script>'")


def test_packed_numbers_arrive(tmp_path):
    values = np.array([1.5, -2, 3e7])
    data = list(live.packed(values, "float32"))
    view = "new DataView(Uint8Array.from([0, ...data]).buffer, 1)"  # where no float may start
    assert live_pages.node("kit.js", f"m.floats({view})", data) == values.tolist()


# --- The figures of the built book (that they wake: tests/test_site.py) ---


def test_a_still_in_the_book_has_the_ink_and_the_type_of_its_page(chromium):
    address = (SITE / "02-normalizing-a-batch.html").as_uri()
    with visit(chromium, address, PHONE, script=False) as page:
        still = page.get_by_role("img", name=FIGURES["batch"]().alt)
        style = "t => [getComputedStyle(t).fill, getComputedStyle(t).fontFamily]"
        ink, family = still.locator("text").first.evaluate(style)
        assert ink == page.evaluate("getComputedStyle(document.body).color")
        assert "system-ui" in family
