"""A submission's process, from its first message to its end.

It receives the cells of a notebook and then, for each question, orders to define a name and to run
a probe on a case. Nothing here is protected from the submission, which runs in the same process and
may change it: the grader trusts no reply and treats it as mere bytes.
"""

import json
import os
import traceback

import numpy as np

from . import messages, sources

TEXT = 500
"""Characters of an exception's text that are sent, at the most."""


class Channel:
    """Messages over a file descriptor."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.read = messages.buffered(self._receive)

    def _receive(self):
        data = os.read(self.descriptor, 1 << 16)
        if not data:
            os._exit(0)  # the grader has closed its end
        return data

    def receive(self):
        """The next message: (header, arrays)."""
        return messages.receive(self.read)

    def send(self, kind, arrays=None, **header):
        """Send a message of that kind."""
        rest = memoryview(messages.encode({"kind": kind, **header}, arrays))
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]


def serve(channel, probes):
    """Answer the grader until it closes its end. probes: the module with the probes."""
    _, arrays = channel.receive()
    statements, broken = sources.statements(json.loads(arrays["cells"].tobytes()))
    written, earlier, failure = None, None, None
    while True:
        header, arrays = channel.receive()
        try:
            if header["kind"] == "define":
                written, earlier, failure = None, None, None
                try:
                    written, earlier = sources.define(
                        header["name"], statements, broken, header["cells"]
                    )
                except sources.NotDefinedError as error:
                    failure = error
                    raise
                channel.send("defined")
            else:
                if failure:
                    raise failure
                case = {**header["values"], **arrays}
                outputs = probes.probe(header["probe"], written, case, _asker(channel))
                channel.send("outputs", _numbers(outputs))
        except BaseException as error:  # a submission may raise anything, SystemExit too
            channel.send("error", **described(error, earlier))


def _asker(channel):
    """The function by which a probe asks the grader."""

    def ask(name, **arrays):
        channel.send("ask", arrays, name=str(name))
        return channel.receive()[1]

    return ask


def _numbers(outputs):
    """Those of `outputs` that are arrays of numbers, in no larger types than a message can hold."""
    arrays = {str(name): np.asarray(array) for name, array in list(outputs.items())}
    numeric = {name: array for name, array in arrays.items() if array.dtype.kind in "biuf"}
    return {k: a.astype(np.float64) if a.dtype.itemsize > 8 else a for k, a in numeric.items()}


def described(error, earlier=None):
    """What is sent of an exception: its classes, text, and the line of the cell that raised it.

    earlier: the first exception while the name was defined; a NameError may be its consequence.
    """
    cause = error.__cause__ if isinstance(error, sources.NotDefinedError) else None
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
