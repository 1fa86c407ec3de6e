"""The style keeps its promises: text stays text, ink is one colour, labels are large enough."""

import io
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from local import plots

ROOT = Path(__file__).parent.parent
COLOUR = re.compile(r"#(?:[0-9a-f]{3}){1,2}\b", re.IGNORECASE)
BLACK_AND_WHITE = {"#000", "#fff", "#000000", "#ffffff"}


@pytest.fixture
def styled():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def svg(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()


def test_text_stays_text_in_the_page_ink(styled):
    figure, ax = plt.subplots()
    ax.set(xlabel="step", ylabel="loss (nats)", title="A sentence")
    drawn = svg(figure)
    assert ">loss (nats)</text>" in drawn
    assert plots.INK in drawn
    assert "#000000" not in drawn


def test_the_same_figure_is_the_same_file(styled):
    drawings = []
    for _ in range(2):
        figure, ax = plt.subplots()
        ax.plot([1, 2])
        drawings.append(svg(figure).partition("</metadata>")[2])
    assert drawings[0] == drawings[1]


def test_labels_are_11_px_on_a_phone(styled):
    width_on_phone, width_in_points = 358, plots.STYLE["figure.figsize"][0] * 72
    smallest = min(v for k, v in plots.STYLE.items() if "size" in k and np.isscalar(v))
    assert smallest * width_on_phone / width_in_points >= 11


def luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", sorted(set(plots.COLORS) - {"instance"}))
@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
def test_lines_stand_out_on_light_and_dark(name, ground):
    light = luminance(mpl.colors.to_rgb(plots.COLORS[name]))
    other = luminance(mpl.colors.to_rgb(ground))
    assert (max(light, other) + 0.05) / (min(light, other) + 0.05) >= 3


def written_colours(path):
    return set(COLOUR.findall(path.read_text("utf-8"))) - BLACK_AND_WHITE


@pytest.mark.parametrize("folder", ["local", "_ext", "tools"])
def test_no_colour_is_written_outside_the_palette(folder):
    texts = {".py", ".js", ".mjs", ".css", ".html", ".md", ".sh"}
    files = [path for path in (ROOT / folder).rglob("*.*") if path.suffix in texts]
    assert [p.name for p in files if written_colours(p)] == ["plots.py"] * (folder == "local")


def test_the_icon_which_cannot_ask_for_a_colour_has_those_of_the_palette():
    icon = written_colours(ROOT / "_ext" / "course_page" / "favicon.svg")
    assert icon == {plots.COLORS[name].lower() for name in ("without", "with")}
