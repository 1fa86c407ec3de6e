"""A submission's process, from its first message to its end.

It is told the cells of a notebook and then, question by question, to define a name and to run a
probe on a case. Whatever it answers is only bytes to the grader, so nothing here needs to be kept
safe from the submission, which shares this process and may change it at will.
"""

import json
import os
import traceback

import numpy as np

from . import messages, sources

TEXT = 500
"""Characters kept of an exception's text."""


class Channel:
    """Messages over the file descriptor `number`."""

    def __init__(self, number):
        self.number, self.heard = number, b""

    def read(self, n):
        parts = [self.heard]
        while n > len(self.heard):
            n -= len(self.heard)
            self.heard = os.read(self.number, 1 << 16)
            if not self.heard:
                os._exit(0)  # the grader is gone
            parts.append(self.heard)
        parts[-1], self.heard = self.heard[:n], self.heard[n:]
        return b"".join(parts)

    def receive(self):
        return messages.receive(self.read)

    def send(self, kind, arrays=None, **header):
        rest = memoryview(messages.encode({"kind": kind, **header}, arrays))
        while rest:
            rest = rest[os.write(self.number, rest) :]


def serve(channel, probes):
    """Answer the grader until it hangs up. probes: the module with the functions to run."""
    _, arrays = channel.receive()
    found, broken = sources.statements(json.loads(arrays["cells"].tobytes()))
    wanted, earlier, failed = None, None, None
    while True:
        told, arrays = channel.receive()
        try:
            if told["kind"] == "define":
                wanted, earlier, failed = None, None, None
                try:
                    wanted, earlier = sources.define(told["name"], found, broken, told["homes"])
                except sources.NotDefined as error:
                    failed = error
                    raise
                channel.send("defined")
            else:
                if failed:
                    raise failed
                case = {**told["values"], **arrays}
                outputs = probes.probe(told["probe"], wanted, case, _asker(channel))
                channel.send("outputs", _numbers(outputs))
        except BaseException as error:  # a submission may raise anything, SystemExit too
            channel.send("error", **describe(error, earlier))


def _asker(channel):
    def ask(name, **arrays):
        channel.send("ask", arrays, name=str(name))
        return channel.receive()[1]

    return ask


def _numbers(outputs):
    """`outputs` without what is no array of numbers, at most so many as a message holds."""
    arrays = {str(name): np.asarray(array) for name, array in list(outputs.items())}
    kept = {name: array for name, array in arrays.items() if array.dtype.kind in "biuf"}
    return {k: a.astype(np.float64) if a.dtype.itemsize > 8 else a for k, a in kept.items()}


def describe(error, earlier=None):
    """What to tell of an exception: its kinds, text, and the line of the notebook it came from.

    earlier: an exception while the name was defined, which a NameError now may come from.
    """
    cause = error.__cause__ if isinstance(error, sources.NotDefined) else None
    shown = cause or error
    if isinstance(error, NameError) and earlier is not None:
        shown = earlier
    try:
        text = str(shown)[:TEXT]
    except BaseException:  # its __str__ is the submission's
        text = ""
    frames = traceback.extract_tb(shown.__traceback__, limit=200) if shown.__traceback__ else []
    lines = [frame.lineno for frame in frames if frame.filename.startswith("<cell ")]
    return {
        "kinds": [str(kind.__name__)[:80] for kind in type(shown).__mro__[:10]],
        "text": text.encode("utf-8", "replace").decode(),
        "line": lines[-1] if lines else None,
    }
