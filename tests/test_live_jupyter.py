"""A live figure in a real JupyterLab: what the reader does, the kernel sees, and the reverse."""

import numpy as np

from local import equations
from local.live.outlier import Outlier
from tests.browsing import browser, visit
from tests.live_jupyter import jupyter, run
from tests.live_pages import shown


def wait_until(page, holds):
    """Messages to a kernel take their time."""
    assert any(holds() or page.wait_for_timeout(250) for _ in range(80))


def test_in_jupyterlab_the_kernel_sees_what_the_reader_does(tmp_path):
    cells = (
        "from local.live.outlier import Outlier\nfigure = Outlier()\nfigure",
        "print(figure.outlier, figure.size)",
        "figure.outlier = 12.0\nfigure.outlier",
    )
    with (
        browser() as chromium,
        jupyter(tmp_path, *cells) as address,
        visit(chromium, address) as page,
    ):
        output = run(page, 0)
        slider = output.get_by_label("Value of the one example")
        slider.press("End")
        slider.press("ArrowLeft")
        wait_until(page, lambda: run(page, 1).inner_text().strip() == "39.75 8")
        values, _, _ = shown(page, "data-x-hat")
        companions = Outlier().companions[:7]
        np.testing.assert_allclose(values, equations.normalize(np.array([*companions, 39.75]), 0))
        assert page.locator(".jp-CodeCell").count() == 3  # JupyterLab took none of the keys
        run(page, 2)
        output.locator(".live-value", has_text="12.00").wait_for()
        assert shown(page, "data-x-hat")[0][-1] < values[-1]
