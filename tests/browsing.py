"""A browser that is cut off from the network, and the built site served as a static host does.

with served(folder) as address, browser() as chromium:
    with visit(chromium, address + "index.html", width=390) as page:
        page.complaints     # console errors, page errors, failed and outside requests
"""

import contextlib
import functools
import re
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tools.browser import find
from tools.files import SITE
from tools.serve import QuietHandler

PREFIX = "/repo/"
"""GitHub Pages serves a project below its name, never at the top of a host."""

AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"

LOOPBACK = {"127.0.0.1", ""}


class Host(QuietHandler):
    """Serves `directory` below PREFIX, and 404.html where there is nothing."""

    def translate_path(self, path):
        inside = urlsplit(path).path.removeprefix(PREFIX)
        return super().translate_path(inside if path.startswith(PREFIX) else "/nothing")

    def send_error(self, code, message=None, explain=None):
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def book():
    """The folder of the built book; without one, the test fails."""
    if not (SITE / "index.html").exists():
        pytest.fail("There is no book to look at: run `make book` first.")
    return SITE


@contextlib.contextmanager
def served(folder, handler=Host):
    """Serve `folder` on loopback; yields its address with the closing slash."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def browser():
    path = find()  # which asks playwright too, and it cannot be asked twice at once
    with sync_playwright() as playwright:
        # Without its sandbox, which no root and no container has.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@contextlib.contextmanager
def visit(chromium, url, width=1280, theme="light", script=True):
    """The page at `url`, loaded, with two lists: `complaints`, and the `fetched` addresses."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        has_touch=width < 800,
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.complaints, page.fetched = [], []

    def guard(route):
        address = route.request.url
        if address.startswith("data:") or (urlsplit(address).hostname or "") in LOOPBACK:
            page.fetched.append(address)
            route.continue_()
        else:
            page.complaints.append(f"asked outside: {address}")
            route.abort()

    def record(message):
        if message.type in ("error", "warning"):
            page.complaints.append(f"console: {message.text}")

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # which is what a page that is left gives up
            page.complaints.append(f"failed: {request.url}")

    context.route("**/*", guard)
    page.on("console", record)
    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    page.on("requestfailed", failed)
    try:
        page.goto(url, wait_until="load")
        yield page
    finally:
        context.close()


SMALLEST_LABEL = """() => {
    const size = text => {
        const { c, d } = text.getScreenCTM();
        return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(c, d);
    };
    return Math.min(99, ...[...document.querySelectorAll(".drawing text")].map(size));
}"""


PRUNE = """() => {
    for (const code of document.querySelectorAll("pre")) code.textContent = code.textContent;
    for (const formula of document.querySelectorAll(".katex-html")) formula.remove();
}"""
"""Takes out what repeats a few patterns a thousand times: tokens of code, glyphs of formulas."""


UNFOLD = """() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    const closed = ".answer-button[aria-expanded=false]";
    for (const button of document.querySelectorAll(closed)) button.click();
    // Boxes that now scroll are marked when they have been laid out, before the next picture.
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
}"""


def violations(page, whole=False, folded=False):
    """What axe-core finds, with everything unfolded unless it is asked `folded`: rule and place."""
    if not whole:
        page.evaluate(PRUNE)
    if not folded:
        page.evaluate(UNFOLD)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    asked = "axe.run({ resultTypes: ['violations'] }).then(result => result.violations)"
    found = page.evaluate(asked)
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def figures(page):
    """How many live figures are on the page, and how many of them have woken."""
    awake = "[data-awake]:has(.live-stage, .question button:enabled)"
    return page.locator("[data-live]").count(), page.locator(awake).count()


def look(page):
    """Everything that tests/test_site.py asks of a page, unfolded, in one visit."""
    page.evaluate(UNFOLD)
    page.evaluate("document.fonts.ready.then(() => 0)")
    fill = "texts => [...new Set(texts.map(text => getComputedStyle(text).fill))]"
    return SimpleNamespace(
        complaints=page.complaints,
        fetched={unquote(urlsplit(url).path).removeprefix(PREFIX) for url in page.fetched},
        width=page.evaluate("document.documentElement.scrollWidth"),
        smallest_label=page.evaluate(SMALLEST_LABEL),
        label_colours=page.eval_on_selector_all(".drawing text", fill),
        ground=page.evaluate("getComputedStyle(document.body).backgroundColor"),
        figures=figures(page),
        violations=violations(page),
    )


def finger(page, handle, right, down):
    """Drag `handle` with a finger, in eight moves; False if the page took the gesture over."""
    page.evaluate("() => { onpointercancel = () => (window.taken = true); }")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for move in range(9):
        place = {"x": x + right * move / 8, "y": y + down * move / 8}
        event = {"type": "touchMove" if move else "touchStart", "touchPoints": [place]}
        touch.send("Input.dispatchTouchEvent", event)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    return not page.evaluate("window.taken")


def contrast(first, second):
    """WCAG's contrast of two colours as the browser writes them, "rgb(1, 2, 3)"."""

    def luminance(colour):
        red, green, blue = (int(c) / 255 for c in re.findall(r"\d+", colour)[:3])
        linear = [
            c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)
