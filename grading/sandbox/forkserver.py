"""The grader's end of a fork server: starts it, proves its sandbox, and asks it for processes."""

import compileall
import contextlib
import json
import socket
import subprocess
import tempfile
from pathlib import Path

from grading.marks import of_end
from grading.sandbox import modes
from grading.sandbox.session import Lost, Session, Stopped

START = 300.0
"""Seconds that a fork server may take to import what it serves, on a busy machine."""


def choose():
    """The best of `sandbox.MODES` that works on this machine, tried out.

    Raises modes.Refusal where none does, with what is missing for each.
    """
    reasons = []
    for mode in ("bubblewrap", "landlock"):
        reason = modes.missing(mode)
        if reason is None:
            try:
                ForkServer(mode, ("numpy",), "", modes.Limits()).close()
            except (Lost, modes.Refusal) as error:
                reason = str(error)
            else:
                return mode
        reasons.append(f"  {mode}: {reason}")
    raise modes.Refusal(
        "Submissions cannot be run safely here, so nothing was graded. What is missing:\n"
        + "\n".join(reasons)
        + "\nMend one of the two. Or, if you know everybody who handed in, say --trusted: then a"
        "\nsubmission can read your files and reach the network; time and memory stay bounded."
    )


class ForkServer:
    """A fork server in its sandbox. mode: of `sandbox.MODES`; modules: imported beforehand.

    probes: the source of the module with the probes. given: cells that most submissions will have.
    Raises Lost where it does not start, and modes.Refusal where a submission could read the
    course or reach the network in it.
    """

    def __init__(self, mode, modules, probes, limits, given=()):
        self.limits = limits
        self.folder = None if mode == "bubblewrap" else Path(tempfile.mkdtemp(prefix="grading-"))
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self.control, theirs = socket.socketpair()
        compileall.compile_dir(modes.HERE / "inside", quiet=2)  # in there nothing can be written
        told = modes.settings(mode, limits, modules, probes, given)
        folder = f"{self.folder or f'{modes.SCRATCH}/grading'}/submission"
        told |= {"control": theirs.fileno(), "folder": folder}
        try:
            with theirs:
                self.process = subprocess.Popen(
                    modes.command(mode),
                    env=modes.environment(folder),
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self.errors,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            with contextlib.suppress(BrokenPipeError), self.process.stdin as settings:
                settings.write(json.dumps(told).encode())
            self._hear(START)
            self._prove(mode, modules)
        except BaseException:
            self.close()
            raise

    def _hear(self, seconds=60.0):
        self.control.settimeout(seconds)
        line = b""
        try:
            while not line.endswith(b"\n"):
                part = self.control.recv(1 << 12)
                if not part:
                    raise Lost(f"it ended: {self._last_words()}")
                line += part
        except OSError as error:
            raise Lost(f"it does not answer: {error}") from error
        return json.loads(line)

    def _last_words(self):
        self.process.wait(10)
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"

    def say(self, do, descriptors=(), **what):
        """Send one order, and return the answer. Raises Lost."""
        try:
            socket.send_fds(self.control, [json.dumps({"do": do, **what}).encode()], descriptors)
        except OSError as error:
            raise Lost(f"it does not listen: {error}") from error
        return self._hear()

    def session(self):
        """A fresh process, for one submission."""
        return Session(self)

    def _prove(self, mode, modules):
        """Let a submission try what none may do, and what all must be able to do."""
        if mode != "trusted":
            worked = self._hindrance(PROOF % (str(modes.HERE / "modes.py"), "/etc/passwd"))
            if worked:
                raise modes.Refusal(f"the sandbox does not hold: {worked}")
        if "keras" in modules:
            hindrance = self._hindrance(LAYER)
            if hindrance:
                raise Lost(f"Keras does not run in it: {hindrance}")

    def _hindrance(self, cell):
        """What keeps a submission with this cell from defining `proof`, or None. Raises Lost."""
        with self.session() as session:
            session.tell([cell])
            try:
                told, _ = session.ask({"kind": "define", "name": "proof", "homes": []})
            except Stopped as stopped:
                raise Lost(f"it does not run what it must: {of_end(stopped)}") from stopped
        return None if told["kind"] == "defined" else told.get("text") or "it raised without a word"

    def close(self):
        """End the server, its submission, and all it wrote."""
        self.control.close()
        if hasattr(self, "process"):
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
        if self.folder and self.folder.exists():  # with folders without rights, or very deep ones
            subprocess.run(["chmod", "-R", "u+rwx", self.folder], check=False)
            subprocess.run(["rm", "-rf", self.folder], check=False)


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
LAYER = """
import keras, numpy
proof = keras.layers.Dense(1)(numpy.ones((1, 1)))
"""
