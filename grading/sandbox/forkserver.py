"""A fork server: it gives each submission a process, after proving that its sandbox holds."""

from grading.sandbox import modes
from grading.sandbox.serverprocess import ServerError, ServerProcess
from grading.sandbox.session import EndedError, Session


def choose():
    """The best of `modes.MODES` that works on this machine, found by trying.

    Raises modes.SandboxError if none works, with what is missing for each.
    """
    reasons = []
    for mode in ("bubblewrap", "landlock"):
        reason = modes.missing(mode)
        if reason is None:
            try:
                ForkServer(mode, ("numpy",), "", modes.Limits()).close()
            except (ServerError, modes.SandboxError) as error:
                reason = str(error)
            else:
                return mode
        reasons.append(f"  {mode}: {reason}")
    raise modes.SandboxError(
        "Submissions cannot be run safely here, so nothing was graded. What is missing:\n"
        + "\n".join(reasons)
        + "\nMend one of the two. Or, if you know everybody who handed in, say --trusted: then a"
        "\nsubmission can read your files and reach the network; time and memory stay bounded."
    )


class ForkServer:
    """A fork server in its sandbox. mode: one of `modes.MODES`; modules: imported at its start.

    probes: the source of the module with the probes. common_cells: sources of cells that most
    submissions have. Raises ServerError if it does not start, and modes.SandboxError if a
    submission could read the course or reach the network from it.
    """

    def __init__(self, mode, modules, probes, limits, common_cells=()):
        self.limits = limits
        self.process = ServerProcess(mode, limits, modules, probes, common_cells)
        try:
            self._prove(mode, modules)
        except BaseException:
            self.close()
            raise

    def session(self, whole=False):
        """A new process, for one submission. whole: whether it may run the whole notebook."""
        return Session(self.process, self.limits, whole)

    def _prove(self, mode, modules):
        """Let a submission try what none may do, and what every one must be able to do."""
        if mode != "trusted":
            leak = self.failure(PROOF % (str(modes.HERE / "modes.py"), "/etc/passwd"))
            if leak:
                raise modes.SandboxError(f"the sandbox does not hold: {leak}")
        if "keras" in modules:
            failure = self.failure(LAYER)
            if failure:
                raise ServerError(f"Keras does not run in it: {failure}")

    def failure(self, cell):
        """Why a submission with this cell cannot define `proof`, or None. Raises ServerError."""
        with self.session() as session:
            session.send_cells([cell])
            try:
                reply, _ = session.ask({"kind": "define", "name": "proof", "cells": []})
            except EndedError as ended:
                raise ServerError(f"it does not run what it must: {ended}") from ended
        if reply["kind"] == "defined":
            return None
        return reply.get("text") or "it raised without a word"

    def close(self):
        """End the server, its submission, and delete all that they wrote."""
        self.process.close()


PROOF = """
import os, socket

def allowed(action, *arguments):
    try:
        action(*arguments)
    except OSError:
        return False
    return True

def proven():
    tried = {
        "a submission can read the course": allowed(open, %r),
        "a submission can read the system's users": allowed(open, %r),
        "a submission can write outside its folder": allowed(open, "/written", "w"),
        "a submission can open a socket": allowed(socket.socket),
        "a submission can start a process": allowed(os.fork),
        "a submission has the rights of root": os.getuid() == 0,
    }
    works = [what for what, does in tried.items() if does]
    if works:
        raise RuntimeError("; ".join(works))
    return True

proof = proven()
"""
"""A cell that raises an exception if the sandbox lets it do what no submission may do."""
LAYER = """
import keras, numpy
proof = keras.layers.Dense(1)(numpy.ones((1, 1)))
"""
"""A cell that runs a layer of Keras."""
