"""What holds for every live figure, in a real browser without a network."""

import re
from pathlib import Path

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from local import live
from tests import live_pages
from tests.browsing import contrast, finger, violations, visit
from tests.live_figures import FIGURES
from tests.live_reading import below

SITE = Path(__file__).parent.parent / "_build" / "html"
PHONE, DESK = 390, 1280
NARROW = 320  # also what is left of a desk's width at four times the size

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


BEYOND_THE_STAGE = """() => {
    const stage = document.querySelector(".live-stage").getBoundingClientRect();
    const cut = text => {
        const { left, right, width } = text.getBoundingClientRect(); // 0 of what is not shown
        return width && (left < stage.left - 1 || right > stage.right + 1);
    };
    return [...document.querySelectorAll(".live text")].filter(cut).map(text => text.textContent);
}"""


@each_figure
@pytest.mark.parametrize("width", [NARROW, PHONE])
def test_no_text_is_cut_whatever_is_chosen(name, width, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", width) as page:
        assert page.evaluate(BEYOND_THE_STAGE) == []
        for control in page.locator("input[type=radio]").all():
            control.check()
            assert page.evaluate(BEYOND_THE_STAGE) == []
        for control in page.locator("input[type=range]").all():
            control.press("End")
            assert page.evaluate(BEYOND_THE_STAGE) == []


@each_figure
def test_a_drawing_is_whole_on_paper_that_is_narrower(name, address, chromium):
    """A printed page is laid out anew, and no script hears of it."""
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        unheard = "new (class { observe() {} disconnect() {} })"
        page.add_init_script(f"window.ResizeObserver = function () {{ return {unheard}; }}")
        page.reload()
        page.locator("[data-awake]").wait_for()
        page.set_viewport_size({"width": 600, "height": 800})
        stage = page.locator(".live-stage").bounding_box()
        drawn = page.locator(".live-stage :is(canvas, svg :is(path, rect:not(.reach), text))").all()
        boxes = [box for box in (one.bounding_box() for one in drawn) if box]
        assert stage["width"] < 600
        assert max(b["x"] + b["width"] for b in boxes) <= stage["x"] + stage["width"] + 1


@each_figure
def test_the_browsers_own_keys_stay_the_browsers(name, address, chromium):
    with visit(chromium, f"{address}{name}-light.html", DESK) as page:
        for place in page.locator(".live-stage [tabindex='0']").all():
            before = page.locator(".live-stage").inner_html()
            place.press("Alt+ArrowLeft")
            assert page.locator(".live-stage").inner_html() == before


def test_a_screen_reader_hears_words_only_when_they_change(address, chromium):
    with visit(chromium, address + "lag-light.html", DESK) as page:
        page.evaluate("""() => {
            window.changes = 0;
            new MutationObserver(all => (window.changes += all.length)).observe(
                document.querySelector(".live-words"), { childList: true, characterData: true },
            );
        }""")
        page.set_viewport_size({"width": 700, "height": 800})
        page.set_viewport_size({"width": 690, "height": 800})
        page.get_by_role("slider").first.press("Home")
        page.get_by_role("slider").first.press("Home")
        assert page.evaluate("window.changes") == 1


@each_figure
def test_the_outputs_of_a_figure_do_not_change_from_run_to_run(name):
    first, second = (DisplayFormatter().format(FIGURES[name]())[0] for _ in range(2))
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
