"""The figures of chapters 3, 5, 6 and 7 with a kernel, which sees what the reader does."""

from tests.browsing import browser, visit
from tests.live_jupyter import jupyter, run
from tests.live_reading import press, said

FIRST = """\
import tests.test_live_graph as graph, tests.test_live_lag as lag
import tests.test_live_map as map, tests.test_live_step as step
figures = [
    graph.Graph(graph.X, graph.DY),
    lag.Lag(lag.MEAN, lag.VARIANCE, lag.TRUE),
    map.Map(*map.SWEEPS.values(), chance=1 / 3),
    step.Step(step.STOPS, step.EVERY, step.LOSSES, step.COSINES),
]
figures[0]"""
STATE = "print(figures[0].at, figures[1].stop, figures[2].chosen, figures[3].stop)"


def test_in_jupyterlab_each_figure_lives(tmp_path):
    cells = FIRST, "figures[1]", "figures[2]", "figures[3]", STATE
    with (
        browser() as chromium,
        jupyter(tmp_path, *cells) as address,
        visit(chromium, address) as page,
    ):
        outputs = [run(page, number) for number in range(4)]
        before = [said(output) for output in outputs]
        outputs[0].get_by_role("button", name="Next").click()
        press(outputs[1], "Training stops after step", "Home")
        press(outputs[2], "Learning rate", "Home")
        press(outputs[3], "How far to walk, in steps", "End")
        seen = (run(page, 4).inner_text().strip() for _ in range(40))
        assert "1 41 2 5" in seen  # messages to a kernel take their time
        after = [said(output) for output in outputs]
        assert all(now and now != then for now, then in zip(after, before, strict=True))
