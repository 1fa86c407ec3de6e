"""Python on the pages in Firefox, where it is installed: one assignment, from the press on."""

import asyncio

import pytest

from tests import firefox
from tests.browsing import served
from tools.archive import PYTHON
from tools.files import SITE

pytestmark = [
    pytest.mark.skipif(not firefox.find(), reason="no Firefox is installed"),
    pytest.mark.skipif(
        not (SITE / PYTHON).exists(),
        reason="no page of the built book computes: the packages could not be fetched",
    ),
]
STATE = "document.querySelector('run-here').dataset.state"
PRESS = (
    "[...document.querySelectorAll('run-here button')].find(b => b.textContent === '{}').click()"
)
TEXTS = "[...document.querySelectorAll('{}')].map(node => node.textContent).join('|')"


async def worked_through(url):
    """What the states of all cells say after "Run all", and what the cells have printed."""
    async with firefox.firefox() as ask:
        (tab,) = (await ask("browsingContext.getTree"))["contexts"]
        context = tab["context"]
        await ask("browsingContext.navigate", context=context, url=url, wait="complete")
        await firefox.evaluate(ask, context, PRESS.format("Run here"))
        await firefox.until(ask, context, f"{STATE} === 'ready'")
        await firefox.evaluate(ask, context, PRESS.format("Run all"))
        await firefox.until(ask, context, f"{STATE} === 'busy'")
        await firefox.until(ask, context, f"{STATE} === 'ready'")
        return [
            await firefox.evaluate(ask, context, TEXTS.format(selector))
            for selector in (".cell-state", ".stream pre")
        ]


def test_an_assignment_runs_in_firefox():
    with served(SITE) as address:
        states, printed = asyncio.run(worked_through(f"{address}assignments/bug-hunt.html"))
    assert states.split("|") and all(state.startswith("done") for state in states.split("|"))
    assert "BatchNorm passes\nWrong passes\n" in printed and "not filled in yet" in printed
