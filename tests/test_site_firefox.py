"""The built site in Firefox, where it is installed: no error, no sideways scroll, no barrier."""

import asyncio
import json

import pytest

from tests import firefox
from tests.browsing import AXE, PRUNE, UNFOLD, book, served

pytestmark = pytest.mark.skipif(not firefox.find(), reason="no Firefox is installed")
PAGES = (
    "index.html",
    "00-one-hour.html",
    "02-normalizing-a-batch.html",
    "05-training-and-inference.html",
    "07-why-it-works.html",
    "assignments/layer.html",
    "search.html?q=running+mean",
    "self-test.html",
)
THEME = "['mode', 'theme'].forEach(name => localStorage.setItem(name, '{}'))"
VIOLATIONS = """axe.run({ resultTypes: ["violations"] }).then(found => JSON.stringify(
    found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target}`))))"""
AWAKE = """[...document.querySelectorAll("[data-live]")].every(
    figure => figure.matches("[data-awake]:has(.live-stage, .question button:enabled)"))"""


async def looked_at(address, width, theme):
    """{page: what is wrong with it}, and what Firefox complained of on the way."""
    async with firefox.firefox() as ask:
        (tab,) = (await ask("browsingContext.getTree"))["contexts"]
        context = tab["context"]

        async def visit(url):
            await ask("browsingContext.navigate", context=context, url=url, wait="complete")

        await ask(
            "browsingContext.setViewport", context=context, viewport={"width": width, "height": 800}
        )
        await visit(address + PAGES[0])
        await firefox.evaluate(ask, context, THEME.format(theme))
        await ask("session.subscribe", events=["log.entryAdded"])
        wrong = {}
        for page in PAGES:
            await visit(address + page)
            await firefox.evaluate(ask, context, f"({UNFOLD})()")
            await firefox.until(ask, context, AWAKE, seconds=60)
            await firefox.evaluate(ask, context, f"({PRUNE})()")
            wide = await firefox.evaluate(ask, context, "document.documentElement.scrollWidth")
            await firefox.evaluate(ask, context, AXE.read_text(encoding="utf-8") + ";0")
            found = json.loads(await firefox.evaluate(ask, context, VIOLATIONS))
            dark = await firefox.evaluate(ask, context, "document.documentElement.dataset.theme")
            wrong[page] = [*found, *([f"{wide} px wide"] * (wide > width)), *({dark} - {theme})]
        entries = [event["params"] for event in ask.events if event.get("method")]
        return wrong, [entry["text"] for entry in entries if entry["level"] in ("error", "warn")]


@pytest.mark.parametrize("width, theme", [(390, "light"), (1280, "dark")])
def test_the_pages_are_whole_in_firefox(width, theme):
    with served(book()) as address:
        wrong, complaints = asyncio.run(looked_at(address, width, theme))
    assert wrong == {page: [] for page in PAGES}
    assert complaints == []
