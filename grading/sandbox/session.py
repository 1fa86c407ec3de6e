"""One submission's process as the grader sees it: messages, limits of time, and how it ended."""

import contextlib
import json
import os
import signal
import socket
import time

import numpy as np

from grading.sandbox.inside import messages
from grading.sandbox.serverprocess import ServerError

TICK = 0.25
"""Seconds between two measurements of how long a submission has computed."""
SOCKET_BYTES = 1 << 16
"""Bytes that a socket buffers before anybody reads them."""
GRACE = 1.0
"""Seconds that a process which has closed its socket is given to end."""
SLACK = 3
"""A submission is stopped if the clock shows this many times its seconds, if it could compute."""


class EndedError(Exception):
    """A submission's process has ended; as text, a sentence for the student.

    how: "time" or "idle" (it was stopped at a limit), or "ended" (by itself). code: its exit code,
    negative if a signal ended it; None if the grader stopped it.
    """

    def __init__(self, how, code=None):
        super().__init__(how, code)
        self.how, self.code = how, code

    def __str__(self):
        if self.how == "time" or self.code == -signal.SIGXCPU:
            return "It computes for longer than it may, perhaps for ever (time limit)."
        if self.how == "idle":
            return "It waits for longer than it may (time limit)."
        if self.code is None:
            return "It closed the line to the grader."
        if self.code >= 0:
            return "It ended its own process before it answered."
        known = -self.code in set(signal.Signals)
        return f"Python crashed in it ({signal.Signals(-self.code).name if known else '?'})."


class Session:
    """One submission's process, in a `with` block. A server has one session at a time.

    server: the ServerProcess that starts the process. limits: the `modes.Limits`.
    whole: whether it may be asked to run the whole notebook.
    Raises ServerError if the server fails, here and in every method.
    """

    def __init__(self, server, limits, whole=False):
        self.server, self.limits, self.ended, self.clean = server, limits, None, True
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(TICK)
        self.read = messages.buffered(self._receive)
        try:
            with theirs:
                self.computed = _seconds(server.order("start", [theirs.fileno()], whole=whole))
        except ServerError:
            self.socket.close()
            raise
        self.restart_clock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End the process, if it has not ended."""
        if self.ended is None:
            with contextlib.suppress(ServerError):
                self.end(0)
        self.socket.close()

    def restart_clock(self, used=(0.0, 0.0, 0.0)):
        """Begin a question: it may use the whole of the limits, give or take a TICK.

        used: what `used()` returned, where something goes on that was interrupted.
        """
        computed, waited, passed = used
        self.measured = time.monotonic()
        self.started = self.measured - passed
        self.computed_before, self.waited = self.computed - computed, waited

    def used(self):
        """The seconds since the clock was started: of computing, of waiting, on the clock."""
        self._check_limits()
        return self.computed - self.computed_before, self.waited, self.measured - self.started

    def send_cells(self, sources, files=()):
        """Send the sources of the notebook's cells, which must be the first message.

        files: (name, bytes) of what lies beside the notebook.
        """
        arrays = {f"file {n}": np.frombuffer(data, np.uint8) for n, (_, data) in enumerate(files)}
        arrays["cells"] = np.frombuffer(json.dumps(sources).encode(), np.uint8)
        header = {"kind": "cells", "files": [name for name, _ in files]}
        self._send(messages.encode(header, arrays))

    def ask(self, header, arrays=None):
        """Send a message and return the reply. Raises EndedError, MessageError."""
        self._send(messages.encode(header, arrays))
        return messages.receive(self.read)

    def ask_all(self, requests, together):
        """Yield the reply to each of `requests`, encoded messages; raises as `ask`.

        together: send all requests at once, if the socket buffers them, so that grader and
        submission need not wait for each other.
        """
        if together and sum(map(len, requests)) <= SOCKET_BYTES:
            self._send(b"".join(requests))
            requests = [b""] * len(requests)
        for message in requests:
            self._send(message)
            yield messages.receive(self.read)

    def _send(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[self._within_limits(self.socket.send, rest) :]

    def _receive(self):
        data = self._within_limits(self.socket.recv, 1 << 16)
        if not data:
            raise self.end(GRACE)
        return data

    def _within_limits(self, action, argument):
        """What action(argument), a call of the socket, returns, unless a limit is reached."""
        while True:
            # Checked here too, for a submission that sends all the time never makes us wait.
            if time.monotonic() - self.measured > TICK:
                self._check_limits()
            try:
                return action(argument)
            except TimeoutError:
                pass
            except OSError:  # the process closed its end
                raise self.end(GRACE) from None

    def _check_limits(self):
        computed = _seconds(self.server.order("time"))
        now = time.monotonic()
        away = max(0.0, now - self.measured - 4 * TICK)  # the grader itself had been stopped
        self.started += away
        if computed - self.computed < 0.01 * (now - self.measured):
            self.waited += now - self.measured - away
        self.measured, self.computed = now, computed
        if computed - self.computed_before > self.limits.seconds:
            raise self.end(0, "time")
        late = now - self.started > SLACK * self.limits.seconds
        share = (computed - self.computed_before) / max(now - self.started, TICK)
        # On a crowded machine, who takes what there is to have has not been waiting.
        if (late and share < 0.5 / crowding()) or self.waited > self.limits.idle:
            raise self.end(0, "idle")

    def end(self, grace, how="ended"):
        """End the process, after `grace` seconds, and return the EndedError to raise."""
        reply = self.server.order("end", grace=grace)
        self.clean = reply["clean"]
        self.ended = EndedError(how, None if reply["killed"] else reply["code"])
        return self.ended


def crowding():
    """How many processes wish to compute on each core of this machine, at least 1."""
    return max(1.0, os.getloadavg()[0] / os.cpu_count())


def _seconds(reply):
    """Seconds of computing in the server's reply; where the system has none, those of the clock."""
    return time.monotonic() if reply["cpu"] is None else reply["cpu"]
