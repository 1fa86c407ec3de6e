"""Live figures in a real JupyterLab: what the reader does, the kernel sees, and the reverse."""

import numpy as np
import pytest

from local import equations
from local.live.outlier import Outlier
from tests.browsing import visit
from tests.live_jupyter import jupyter, run
from tests.live_pages import shown
from tests.live_reading import press, words

CELLS = (
    "from local.live.outlier import Outlier\nfigure = Outlier()\nfigure",
    "print(figure.outlier, figure.size)",
    "figure.outlier = 12.0\nfigure.outlier",
    """\
from tests.live_figures import FIGURES
figures = [FIGURES[name]() for name in ("graph", "lag", "map", "step")]
figures[0]""",
    "figures[1]",
    "figures[2]",
    "figures[3]",
    "print(figures[0].at, figures[1].stop, figures[2].chosen, figures[3].stop)",
    """\
from local.live.question import Question
asked = Question("one-percent")
asked""",
    "print(asked.tried)",
    "asked.tried = [0]\nasked.tried",
)


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """The notebook with these cells, open in JupyterLab."""
    with (
        jupyter(tmp_path_factory.mktemp("lab"), *CELLS) as address,
        visit(chromium, address) as page,
    ):
        yield page


def wait_until(page, holds):
    """Messages to a kernel take their time."""
    assert any(holds() or page.wait_for_timeout(250) for _ in range(80))


def test_the_kernel_sees_what_the_reader_does_and_the_reader_what_it_does(page):
    output = run(page, 0)
    slider = output.get_by_label("Value of the one example")
    slider.press("End")
    slider.press("ArrowLeft")
    wait_until(page, lambda: run(page, 1).inner_text().strip() == "39.75 8")
    values, _, _ = shown(output, "data-x-hat")
    companions = Outlier().companions[:7]
    np.testing.assert_allclose(values, equations.normalize(np.array([*companions, 39.75]), 0))
    assert page.locator(".jp-CodeCell").count() == len(CELLS)  # JupyterLab took none of the keys
    run(page, 2)
    output.locator(".live-value", has_text="12.00").wait_for()
    assert shown(output, "data-x-hat")[0][-1] < values[-1]


def test_each_figure_of_chapters_3_5_6_and_7_lives(page):
    outputs = [run(page, number) for number in range(3, 7)]
    before = [words(output) for output in outputs]
    outputs[0].get_by_role("button", name="Next").click()
    press(outputs[1], "Training stops after step", "Home")
    press(outputs[2], "Learning rate", "Home")
    press(outputs[3], "How far to walk, in steps", "End")
    wait_until(page, lambda: run(page, 7).inner_text().strip() == "1 41 2 5")
    after = [words(output) for output in outputs]
    assert all(now and now != then for now, then in zip(after, before, strict=True))


def test_a_question_is_answered_and_the_kernel_knows(page):
    output = run(page, 8)
    output.get_by_role("radio").nth(1).check()
    output.get_by_role("radio").nth(1).press("Enter")
    wait_until(page, lambda: run(page, 9).inner_text().strip() == "[1]")
    assert words(output).startswith("Not so.")
    assert page.locator(".jp-CodeCell").count() == len(CELLS)
    run(page, 10)
    wait_until(page, lambda: words(output).startswith("Right."))
    assert output.get_by_role("radio").first.is_checked()
