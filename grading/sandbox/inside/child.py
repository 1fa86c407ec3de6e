"""A submission's process, from its first message to its end.

It receives the cells of a notebook and then, for each question, orders to define a name and to run
a probe on a case. Nothing here is protected from the submission, which runs in the same process and
may change it: the grader trusts no reply and treats it as mere bytes.
"""

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np

from . import messages, sources, whole

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
    header, arrays = channel.receive()
    for number, name in enumerate(header.get("files", ())):
        Path(name).write_bytes(arrays[f"file {number}"].tobytes())
    sys.path.insert(0, str(Path.cwd()))  # where a helper file lies, or is written by a cell
    Submission(channel, probes, json.loads(arrays["cells"].tobytes())).serve()


class Submission:
    """A notebook, and what the grader asks of it, each kind of message in the method of its name.

    written: what answers a question now.  failure: why there is nothing.  earlier: the first
    exception on the way to it.
    """

    def __init__(self, channel, probes, cells):
        self.channel, self.probes, self.cells = channel, probes, cells
        self.found, self.notebook = None, None
        self.written = self.earlier = self.failure = None

    def serve(self, until=None):
        """Answer until a message of the kind `until` comes."""
        while True:
            header, arrays = self.channel.receive()
            kind = header["kind"]
            if kind == until:
                return
            try:
                {"define": self.define, "run": self.run, "probe": self.probe}[kind](header, arrays)
            except BaseException as error:  # a submission may raise anything, SystemExit too
                self.channel.send("error", **described(error, self.earlier))

    def define(self, header, _):
        """Define a name: by what it needs, or as it was left if the notebook has been run."""
        self.written = self.earlier = self.failure = None
        try:
            if self.notebook:
                self.written = self._left(header["name"])
            else:
                self.found = self.found or sources.statements(self.cells)
                self.written, self.earlier = sources.define(
                    header["name"], *self.found, header["cells"]
                )
        except sources.NotDefinedError as error:
            self.failure = error
            raise
        self.channel.send("defined")

    def _left(self, name):
        try:
            return self.notebook.get(name)
        except KeyError:
            raise sources.NotDefinedError(f"no cell defines {name}") from None

    def run(self, header, _):
        """Run the notebook, and stop at each check of a question, to answer for what it is given.

        header["checks"]: the question of each checker.  header["most"]: see `whole.Notebook`.
        header["cells"]: how many of them are run.
        """

        def check(checker, written):
            name = header["checks"].get(checker)
            if name is None:
                return
            self.written, self.earlier, self.failure = written, None, None
            self.channel.send("checked", name=name)
            self.serve(until="go on")

        self.notebook = whole.Notebook(self.cells[: header["cells"]], header["most"], check)
        self.notebook.run()
        self.channel.send(
            "ran",
            left_out=self.notebook.left_out,
            interrupted=self.notebook.interrupted,
            lacking=self.notebook.lacking,
        )

    def probe(self, header, arrays):
        """Run a probe on a case."""
        if self.failure:
            raise self.failure
        case = {**header["values"], **arrays}
        # As in the check: what overflows or is divided by 0 shows in the outputs.
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            outputs = self.probes.probe(header["probe"], self.written, case, self._ask)
        self.channel.send("outputs", _numbers(outputs))

    def _ask(self, name, **arrays):
        """The function by which a probe asks the grader."""
        self.channel.send("ask", arrays, name=str(name))
        return self.channel.receive()[1]


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
        "missing": isinstance(error, sources.NotDefinedError),
        "defining": shown is not error,
    }
