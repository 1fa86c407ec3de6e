"""Firefox, driven by WebDriver BiDi, which it speaks itself: playwright drives only its own build.

async with firefox() as ask:
    await ask("browsingContext.navigate", context=..., url=...)
"""

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from tornado.websocket import websocket_connect

NAMES = ("firefox-esr", "firefox")
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


def find():
    """The path of an installed Firefox, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def firefox():
    """A Firefox of its own; yields an async function `ask(method, **parameters) -> result`.

    `ask.events` has what Firefox said unasked: the messages of the events subscribed to.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Colours on their way from one to another have no contrast that could be measured.
        Path(profile, "user.js").write_text('user_pref("ui.prefersReducedMotion", 1);\n')
        command = [find(), "--headless", "--no-remote", "--profile", profile]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            address = next(found[1] for line in process.stderr if (found := LISTENS.search(line)))
            socket, numbers = await websocket_connect(f"{address}/session"), count()

            async def ask(method, **parameters):
                number = next(numbers)
                message = {"id": number, "method": method, "params": parameters}
                await socket.write_message(json.dumps(message))
                while (answer := json.loads(await socket.read_message())).get("id") != number:
                    ask.events.append(answer)
                assert answer["type"] == "success", answer
                return answer["result"]

            ask.events = []
            await ask("session.new", capabilities={})
            yield ask
            socket.close()
        finally:
            process.kill()
            process.communicate()


async def evaluate(ask, context, expression):
    """The string that JavaScript makes in a page, once its promise is kept."""
    answer = await ask(
        "script.evaluate", expression=expression, target={"context": context}, awaitPromise=True
    )
    assert answer["type"] == "success", answer
    return answer["result"].get("value")


async def until(ask, context, expression, seconds=600):
    """Wait until JavaScript in the page says true."""
    for _ in range(seconds * 4):
        if await evaluate(ask, context, expression):
            return
        await asyncio.sleep(0.25)
    raise TimeoutError(f"{expression} is not true after {seconds} s")
