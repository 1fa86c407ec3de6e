"""Starts the process of a fork server in its sandbox, and talks to it over its control socket."""

import compileall
import contextlib
import json
import socket
import subprocess
import tempfile
from pathlib import Path

from grading.sandbox import modes

START = 300.0
"""Seconds that a fork server may take to import its modules, on a busy machine."""


class ServerError(RuntimeError):
    """The fork server does not start or answer: the machine's fault, or the grader's."""


class ServerProcess:
    """The process of a fork server, from its start to `close`.

    The arguments are those of `modes.settings`. Raises ServerError if it does not start.
    """

    def __init__(self, mode, limits, modules, probes, common_cells):
        self.folder = None if mode == "bubblewrap" else Path(tempfile.mkdtemp(prefix="grading-"))
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self.control, theirs = socket.socketpair()
        self.popen = None
        compileall.compile_dir(modes.HERE / "inside", quiet=2)  # the sandbox itself is read-only
        settings = modes.settings(mode, limits, modules, probes, common_cells)
        folder = f"{self.folder or f'{modes.SCRATCH}/grading'}/submission"
        settings |= {"control": theirs.fileno(), "folder": folder}
        try:
            with theirs:
                self.popen = subprocess.Popen(
                    modes.command(mode),
                    env=modes.environment(folder),
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self.errors,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            with contextlib.suppress(BrokenPipeError), self.popen.stdin as file:
                file.write(json.dumps(settings).encode())
            self._reply(START)
        except BaseException:
            self.close()
            raise

    def order(self, name, descriptors=(), **arguments):
        """Send an order (see `inside.server.main`) and return the reply. Raises ServerError."""
        message = json.dumps({"order": name, **arguments}).encode()
        try:
            socket.send_fds(self.control, [message], descriptors)
        except OSError as error:
            raise ServerError(f"it does not listen: {error}") from error
        return self._reply()

    def _reply(self, seconds=60.0):
        self.control.settimeout(seconds)
        line = b""
        try:
            while not line.endswith(b"\n"):
                part = self.control.recv(1 << 12)
                if not part:
                    raise ServerError(f"it ended: {self._last_words()}")
                line += part
        except OSError as error:
            raise ServerError(f"it does not answer: {error}") from error
        return json.loads(line)

    def _last_words(self):
        """The last line of the standard error of a server that has ended."""
        self.popen.wait(10)
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.popen.returncode}"

    def close(self):
        """End the process, its submission, and delete all that they wrote."""
        self.control.close()
        if self.popen:
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.errors.close()
        if self.folder and self.folder.exists():  # perhaps with closed or very deep folders in it
            subprocess.run(["chmod", "-R", "u+rwx", self.folder], check=False)
            subprocess.run(["rm", "-rf", self.folder], check=False)
