"""A figure of panels one below another: side by side on a wide page, stacked on a phone."""

import io
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import ConnectionPatch

from local import ink, panels, plots
from tests.browsing import browser

STYLE = """<style>
svg { display: block; width: 100%; height: auto; }
span { display: block; width: 600px; font-family: sans-serif; }
</style>"""


@pytest.fixture(autouse=True)
def styled():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def stacked(rows, **options):
    figure, axes = plt.subplots(rows, 1, figsize=(5.2, 3 * rows), **options)
    for row, ax in enumerate(axes):
        ax.loglog([1, 10, 100], [row + 1, 20, 500], "o-", label=f"curve {row}")
        ax.set(xlabel=f"steps {row}", ylabel=f"loss {row}", title=f"Figure {row} has $\\mu_B$")
        ax.legend()
    return figure, axes


def drawn(figure):
    out = io.BytesIO()
    figure.savefig(out, format="svg", bbox_inches="tight")
    return out.getvalue()


def words(svg):
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return sorted("".join(text.itertext()) for text in texts)


def box(svg):
    return [float(side) for side in ElementTree.fromstring(svg).get("viewBox").split()]


@pytest.mark.parametrize("rows", [2, 4])
def test_each_panel_is_a_drawing_and_nothing_is_lost_or_drawn_twice(rows):
    source = drawn(stacked(rows)[0])
    parts = panels.cut(source)
    assert len(parts) == rows
    assert sorted(word for part in parts for word in words(part)) == words(source)
    for row, part in enumerate(parts):
        assert {f"steps {row}", f"loss {row}", f"curve {row}"} <= set(words(part))
    _, _, width, height = box(source)
    assert [box(part)[2] for part in parts] == pytest.approx([width] * rows, abs=0.01)
    assert sum(box(part)[3] for part in parts) == pytest.approx(height, abs=0.01)


def test_one_below_the_other_the_panels_are_the_figure(tmp_path):
    source = drawn(stacked(2)[0])
    pages = {
        "whole": ink.adapt(source, "A figure."),
        "parts": "".join(ink.adapt(part, None) for part in panels.cut(source)),
    }
    with browser() as chromium:
        page, seen = chromium.new_page(viewport={"width": 640, "height": 800}), {}
        for name, svg in pages.items():
            page.set_content(f"{STYLE}<span>{svg}</span>")
            page.screenshot(path=tmp_path / f"{name}.png")
            dark = 1 - plt.imread(tmp_path / f"{name}.png")[..., :3].mean(-1)
            seen[name] = dark.reshape(50, 16, 40, 16).mean((1, 3))  # an edge may fall otherwise
    assert seen["whole"].max() > 0.25
    assert abs(seen["whole"] - seen["parts"]).max() < 0.08


def with_title(figure, axes):
    figure.suptitle("Of both")


def with_scale(figure, axes):
    figure.colorbar(plt.cm.ScalarMappable(), ax=axes)


def with_overlap(figure, axes):
    figure.set_layout_engine("none")
    for ax in axes:
        ax.set_position([0.2, 0.2, 0.7, 0.7])


def with_line_across(figure, axes):
    figure.add_artist(
        ConnectionPatch((10, 20), (10, 20), "data", "data", axesA=axes[0], axesB=axes[1])
    )


def without_frame(figure, axes):
    axes[1].set_frame_on(False)


def with_turned_numbers(figure, axes):
    axes[0].tick_params(axis="x", labelrotation=45)


CHANGES = [
    with_title, with_scale, with_overlap, with_line_across, without_frame, with_turned_numbers,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_panels_that_share_something_stay_together(change):
    figure, axes = stacked(2)
    change(figure, axes)
    source = drawn(figure)
    assert panels.cut(source) == [source]


def test_a_scale_of_colours_is_no_panel():
    figure, ax = plt.subplots()
    figure.colorbar(ax.imshow([[0, 1], [2, 3]]), ax=ax, location="bottom")
    source = drawn(figure)
    assert panels.cut(source) == [source]


def test_panels_that_share_their_axis_stay_together():
    source = drawn(stacked(2, sharex=True)[0])
    assert panels.cut(source) == [source]


def test_other_figures_stay_whole():
    one, _ = plt.subplots()
    beside, _ = plt.subplots(1, 2)
    for figure in (one, beside, stacked(3)[0]):
        source = drawn(figure)
        assert panels.cut(source) == [source]
    still = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g/></svg>'
    assert panels.cut(still) == [still]
