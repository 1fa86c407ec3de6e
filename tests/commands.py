"""Commands as a user runs them: on a machine that refuses something, or ended with Ctrl-C."""

import os
import shutil
import signal
import subprocess

import pytest

PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MINI_CIFAR": "textures"}
"""The environment of a machine that has nothing but its system's programs."""


def can_mount():
    if not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(
    not can_mount(), reason="only root on Linux can mount a small or a read-only disk"
)


def run(folder, *command, after=None, **environment):
    """Run a command in `folder`; returns its exit code and the lines on its standard error.

    after: shell commands that are run before, in a mount namespace that ends with the command.
    """
    if after:
        script = f'cd "$1" && {after} && cd "$1" && shift && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, "sh", str(folder), *command]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **PLAIN, **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stderr.strip().splitlines()


def only_line(lines):
    """The one line of `lines` that does not come from `make` itself."""
    (line,) = [line for line in lines if not line.startswith(("make:", "make["))]
    return line


def git(folder, *arguments):
    """What git prints about the clone in `folder`, in which "A" commits."""
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", folder, *author, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def listen():
    """React to SIGINT, which a shell lets its background jobs, and all that they start, ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(folder, *command, at, **environment):
    """Interrupt a command once it has printed `at`; returns its exit code and its last lines."""
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=listen,
    ) as running:  # fmt: skip
        printed = b""
        while at not in printed:
            printed += (read := os.read(running.stdout.fileno(), 999))
            assert read, printed
        os.killpg(running.pid, signal.SIGINT)  # as Ctrl-C does
        try:
            rest = running.communicate(timeout=60)[0].decode().strip().splitlines()
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # or the test would wait for it as well
            raise
        return running.returncode, rest
