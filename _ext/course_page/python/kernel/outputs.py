"""What a cell prints and displays, as messages for the page."""

import io
import json
import pprint
import time
import types

streams = []
"""Standard output and error, as `kernel.begin` has made them."""

post = None
"""Takes a message for the page as JSON; `kernel.begin` sets it."""

alt = ""
"""In words, what the figure of the running cell shows."""

LONGEST = 200_000
"""Characters that one cell may print: more would stop the page, not the reader's loop."""
PAUSE = 0.05
"""Seconds between two messages of a stream at least."""

METHODS = {
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "text/latex": "_repr_latex_",
    "text/markdown": "_repr_markdown_",
}
"""By type, in which method an object shows itself so."""


class Stream(io.TextIOBase):
    """Standard output or error of cells: what is printed goes to the page in handfuls."""

    def __init__(self, name):
        self.name = name
        self.waiting, self.sent, self.printed = [], 0.0, 0

    def writable(self):
        return True

    def write(self, text):
        self.waiting.append(text)
        if ("\n" in text and time.monotonic() - self.sent > PAUSE) or len(self.waiting) > 1000:
            self.flush()
        return len(text)

    def flush(self):
        text = "".join(self.waiting)
        self.waiting.clear()
        self.sent = time.monotonic()
        room = LONGEST - self.printed
        self.printed += len(text)
        if len(text) > room >= 0:
            text = text[:room] + "\n... What this cell prints from here on is not shown.\n"
        elif room < 0:
            return
        if text:
            post(json.dumps({"kind": "stream", "name": self.name, "text": text}))

    def begin(self):
        """Count what is printed from 0, for a new cell."""
        self.printed = 0


def send(**message):
    """Send a message, after all that was printed before it."""
    flush()
    post(json.dumps(message))


def flush():
    for stream in streams:
        stream.flush()


def display(*values, **unused):
    """Show values below the cell, each in the richest form that a page has for it."""
    for value in values:
        send(kind="display", data=bundle(value))


def bundle(value):
    """{MIME type: text} of a value, as IPython makes it."""
    data = {"text/plain": plain(value)}
    if figure := as_figure(value):
        return data | figure
    for kind, method in METHODS.items():
        if not isinstance(value, type) and (text := getattr(value, method, lambda: None)()):
            data[kind] = text
    if hasattr(type(value), "_repr_mimebundle_"):
        made = value._repr_mimebundle_(include=None, exclude=None)
        data |= made[0] if isinstance(made, tuple) else made
    return {kind: text for kind, text in data.items() if isinstance(text, str)}


def as_figure(value):
    """The SVG of a matplotlib figure, or nothing for another value."""
    if not (type(value).__module__ == "matplotlib.figure" and hasattr(value, "savefig")):
        return None
    from kernel import figures

    return {"image/svg+xml": figures.svg(value)}


def plain(value):
    """A value in plain text: containers in lines of 79 characters, as IPython breaks them."""
    if type(value) in (dict, list, set, tuple):
        return pprint.pformat(value, width=79, compact=True, sort_dicts=False)
    return repr(value)


class Markup:
    """Text of one kind, as IPython's `HTML`, `Latex`, `Markdown` and `SVG` hold it."""

    kind = "text/plain"

    def __init__(self, data):
        self.data = data

    def _repr_mimebundle_(self, **kwargs):
        return {self.kind: self.data}


def ipython():
    """The module `IPython.display`, as far as a page has it."""
    module = types.ModuleType("IPython.display", "What of IPython.display a page can do.")
    module.display = display
    module.get_ipython, module.version_info = lambda: None, (9, 0)  # matplotlib asks for them
    kinds = {"HTML": "text/html", "Latex": "text/latex", "Math": "text/latex"}
    kinds |= {"Markdown": "text/markdown", "SVG": "image/svg+xml"}
    for name, kind in kinds.items():
        setattr(module, name, type(name, (Markup,), {"kind": kind}))
    return module
