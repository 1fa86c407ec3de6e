"""The grader's end of one submission's process: what is said to it, and how long it may take."""

import contextlib
import json
import socket
import time

import numpy as np

from grading.sandbox.inside import messages

TICK = 0.25
"""Seconds between two looks at how much a submission has computed."""
ROOM = 1 << 16
"""Bytes that a socket takes though nobody reads."""
GRACE = 1.0
"""Seconds that a process which has closed its end is given to end."""
SLACK = 20
"""The clock may show so many times the limits before a submission is stopped for it."""


class Lost(RuntimeError):
    """The fork server does not answer: the machine's fault, or the grader's."""


class Stopped(Exception):
    """A submission's process is at its end. `how`: "time", "idle", or "ended" (see `code`)."""

    def __init__(self, how, code=None):
        super().__init__(how, code)
        self.how, self.code = how, code


class Session:
    """One submission's process, in a `with` block; one at a time for a server."""

    def __init__(self, server):
        self.server, self.ended, self.clean = server, None, True
        self.channel, theirs = socket.socketpair()
        self.channel.settimeout(TICK)
        self.heard = b""
        try:
            with theirs:
                self.at_look = _seconds(server.say("start", [theirs.fileno()]))
        except Lost:
            self.channel.close()
            raise
        self.restart_clock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End the process, if it has not ended."""
        if self.ended is None:
            with contextlib.suppress(Lost):
                self.end(0)
        self.channel.close()

    def restart_clock(self):
        """Begin a question: it has the whole of the limits before it, give or take a TICK."""
        self.begun = self.looked = time.monotonic()
        self.computed, self.waited = self.at_look, 0.0

    def tell(self, cells):
        """Give the process the sources of a notebook's cells: the first thing it hears."""
        text = np.frombuffer(json.dumps(cells).encode(), np.uint8)
        self._send(messages.encode({"kind": "cells"}, {"cells": text}))

    def ask(self, header, arrays=None):
        """Send a message and return the answer. Raises Stopped, Malformed, Lost."""
        self._send(messages.encode(header, arrays))
        return messages.receive(self._read)

    def ask_all(self, requests, together):
        """The answers to all `requests`, encoded messages, in turn; raises as `ask`.

        together: send them all at once, as far as there is room, so that nobody waits for anybody.
        """
        if together and sum(map(len, requests)) <= ROOM:
            self._send(b"".join(requests))
            requests = [b""] * len(requests)
        for message in requests:
            self._send(message)
            yield messages.receive(self._read)

    def _send(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[self._patiently(self.channel.send, rest) :]

    def _read(self, n):
        parts = [self.heard]
        while n > len(self.heard):
            n -= len(self.heard)
            self.heard = self._patiently(self.channel.recv, 1 << 16)
            if not self.heard:
                raise self.end(GRACE)
            parts.append(self.heard)
        parts[-1], self.heard = self.heard[:n], self.heard[n:]
        return b"".join(parts)

    def _patiently(self, action, argument):
        while True:
            if time.monotonic() - self.looked > TICK:  # also where it never lets us wait
                self._look()
            try:
                return action(argument)
            except TimeoutError:
                pass
            except OSError:  # it closed its end
                raise self.end(GRACE) from None

    def _look(self):
        limits, computed = self.server.limits, _seconds(self.server.say("look"))
        now = time.monotonic()
        away = max(0.0, now - self.looked - 4 * TICK)  # when it was we who stood still
        self.begun += away
        if computed - self.at_look < 0.01 * (now - self.looked):
            self.waited += now - self.looked - away
        self.looked, self.at_look = now, computed
        if computed - self.computed > limits.seconds:
            raise self.end(0, "time")
        late = now - self.begun > SLACK * (limits.seconds + limits.idle)
        if late or self.waited > limits.idle:
            raise self.end(0, "idle")

    def end(self, grace, how="ended"):
        """End the process and return the Stopped to raise."""
        told = self.server.say("end", grace=grace)
        self.clean = told["clean"]
        self.ended = Stopped(how, None if told["killed"] else told["code"])
        return self.ended


def _seconds(told):
    """Seconds of computing that the fork server tells of; the clock's where it cannot."""
    return time.monotonic() if told["cpu"] is None else told["cpu"]
