"""Ctrl-C, pressed by a test."""

import os
import signal
import subprocess


def listen():
    """A shell lets background jobs, and all that they start, ignore SIGINT; a terminal does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(folder, *command, at, **environment):
    """The lines that a command says after an interrupt, which it gets when it has said `at`."""
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=listen,
    ) as running:  # fmt: skip
        said = b""
        while at not in said:
            said += (read := os.read(running.stdout.fileno(), 999))
            assert read, said
        os.killpg(running.pid, signal.SIGINT)  # as Ctrl-C does
        try:
            return running.communicate(timeout=60)[0].decode().strip().splitlines()
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # or the test would wait for it as well
            raise
