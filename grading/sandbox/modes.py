"""The kinds of sandbox for submissions, and which of them this machine has.

    bubblewrap   namespaces: no network, and no files but Python's own and an empty folder
    landlock     for systems that forbid namespaces (Ubuntu 24.04, containers): the kernel refuses
                 all other files, and the system calls of the network
    trusted      neither; time, memory and processes are bounded all the same

In the first two, a seccomp filter refuses further system calls (`inside.confine`).
"""

import importlib.util
import itertools
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from grading.sandbox import systemcalls
from grading.sandbox.inside import confine

HERE = Path(__file__).resolve().parent
MODES = ("bubblewrap", "landlock", "trusted")
TEMPORARY_BYTES = 100 << 20
SCRATCH = "/scratch"
"""The writable folder in bubblewrap. It is not /tmp, where the course itself may lie."""

BOOT = """
import json, sys
settings = json.load(sys.stdin)
sys.path[:0] = [settings["code"]]
sys.path += settings["packages"]
from inside import server
sys.path.remove(settings["code"])
server.main(settings)
"""
"""What the fork server's Python runs."""

_serial = itertools.count()


class SandboxError(RuntimeError):
    """Submissions cannot be run safely; the text says what is missing and how to mend it."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    seconds: of computing for a question. They are counted in the processor and not on the clock,
    so that a busy machine costs no marks.  idle: seconds of waiting for a question.  memory: bytes
    of address space, of which TensorFlow takes 2 GB.  file_size: bytes of a file.
    """

    seconds: float = 20.0
    idle: float = 20.0
    memory: int = 4 << 30
    file_size: int = 16 << 20


def missing(mode):
    """Why `mode` cannot work on this machine, in a few words; None if it may."""
    if sys.platform != "linux":
        return f"it needs Linux, this is {sys.platform}"
    try:
        systemcalls.program()
    except ImportError:
        return "the Python package pyseccomp is not installed (make)"
    except RuntimeError:
        return (
            "the library libseccomp is not installed (Debian, Ubuntu: apt-get install libseccomp2)"
        )
    if mode == "bubblewrap":
        if shutil.which("bwrap") is None:
            return "bwrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
        return None
    found, needed = confine.landlock_version(), confine.LANDLOCK_NEEDED
    if found < needed:
        return f"it needs Landlock {needed} (Linux 6.2), this kernel has {found or 'none'}"
    return None


def readable():
    """The files and folders that a submission must be able to read: libraries and Python."""
    python = [Path(sys.base_prefix, "lib"), Path(sys.executable).resolve(), *map(Path, packages())]
    system = map(Path, ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64"))
    system = [*system, Path("/etc/ld.so.cache"), Path("/etc/alternatives"), HERE / "inside"]
    return [path for path in (*system, *python) if path.exists()]


def _open_to_all(path):
    """Whether every user may pass through the folders that lead to `path`."""
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


def packages():
    """The folders of the installed packages."""
    own = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    numpy = importlib.util.find_spec("numpy").origin
    return sorted(own | {str(Path(numpy).parents[1])})


def settings(mode, limits, modules, probes, common_cells):
    """The settings of a fork server but for its socket and folder; see `inside.server.main`."""
    devices = [Path("/dev", name) for name in ("null", "zero", "random", "urandom")]
    return {
        "mode": mode,
        "modules": list(modules),
        "probes": probes,
        "common_cells": list(common_cells),
        "code": str(HERE),
        "packages": packages(),
        "readable": [str(path) for path in (*readable(), *devices)],
        # A user for each server: the system bounds the number of processes of a user.
        "user": 60000 + (os.getpid() + next(_serial)) % 5000 if os.geteuid() == 0 else None,
        "keep_reading": mode == "landlock" and not all(map(_open_to_all, readable())),
        "filter": "" if mode == "trusted" else systemcalls.program(mode == "landlock").hex(),
        "memory": limits.memory,
        "file_size": limits.file_size,
        "cpu": 50 * limits.seconds,
    }


def environment(folder):
    """The environment variables of a fork server: none of the grader's. folder: for its files."""
    return {
        "PATH": "/usr/bin",
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")},
        **{f"TF_NUM_{kind}OP_THREADS": "1" for kind in ("INTRA", "INTER")},
    }


def command(mode):
    """The command line of a fork server, which reads its settings from standard input."""
    python = [str(Path(sys.executable).resolve()), "-S", "-s", "-P", "-B", "-c", BOOT]
    if mode != "bubblewrap":
        return python
    arguments = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    arguments += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    if os.geteuid() == 0:  # root needs no user namespace: the submission becomes another user
        arguments += ["--cap-drop", "ALL"]
        for right in ("SETUID", "SETGID", "CHOWN", "KILL", "DAC_OVERRIDE"):
            arguments += ["--cap-add", f"CAP_{right}"]
    else:
        arguments += ["--unshare-user"]
    created = set()
    for path in readable():
        for parent in reversed(path.parents[:-1]):
            if parent not in created:  # bwrap, as root, would create it closed to others
                created.add(parent)
                arguments += ["--perms", "0755", "--dir", str(parent)]
        if path.is_symlink() and path.parent == Path("/"):
            arguments += ["--symlink", str(path.readlink()), str(path)]
        else:
            arguments += ["--ro-bind", str(path), str(path)]
    # TensorFlow must find its program here. All else in /proc would show other processes.
    arguments += ["--perms", "0755", "--dir", "/proc", "--perms", "0755", "--dir", "/proc/self"]
    arguments += ["--symlink", python[0], "/proc/self/exe"]
    arguments += ["--symlink", "/dev/null", "/proc/self/cmdline"]
    arguments += ["--dev", "/dev", "--remount-ro", "/dev"]
    arguments += ["--size", str(TEMPORARY_BYTES), "--perms", "0755", "--tmpfs", SCRATCH]
    arguments += ["--remount-ro", "/", "--chdir", SCRATCH]
    return [shutil.which("bwrap"), *arguments, "--", *python]
