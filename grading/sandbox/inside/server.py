"""The fork server: it imports once, and then gives every submission a fresh process of its own.

It only *imports* NumPy and TensorFlow: a fork of a process that has computed with TensorFlow hangs.
The grader speaks to it in lines of JSON over one socket, and hands over, with each "start", one end
of the channel that the new process will answer on.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import shutil
import signal
import socket
import sys
import time
import types
from pathlib import Path

import numpy as np

from . import child, confine, sources


def main(settings):
    """Serve on the socket with the file descriptor settings["control"].

    settings: modules  names to import beforehand
              probes   the source of the module with the probes
              given    cells that most notebooks have, which are analysed beforehand, too
              mode     "bubblewrap", "landlock" or "trusted"
              folder   where each submission finds an empty folder; all beside it is deleted
              readable folders that a submission may read (where Landlock closes the others)
              user     the ordinary user to become, or None; keep_reading: see `confine.drop`
              filter   the compiled filter of system calls, in hexadecimal
              memory, file_size, cpu   of `confine.bounds`
    """
    os.umask(0o077)
    control = socket.socket(fileno=settings["control"])
    folder = Path(settings["folder"])
    home = folder.parent
    home.mkdir(exist_ok=True)
    home.chmod(0o711)  # as root: the ordinary user must reach its own folder in it
    folder.mkdir()
    for name in settings["modules"]:
        importlib.import_module(name)
    probes = types.ModuleType("probes")
    sys.modules["probes"] = probes
    exec(compile(settings["probes"], "probes", "exec"), vars(probes))
    sources.statements(settings["given"])
    # `np.random.normal()`, without a seed, draws the same every time; see `_become`, too.
    np.random.seed(0)  # noqa: NPY002
    program = confine.program(bytes.fromhex(settings["filter"]))
    _wiped(home, settings["mode"])  # Keras, imported, may have written into it
    gc.collect()
    gc.freeze()
    _say(control, ready=True)
    process = None
    while True:
        line, passed = _hear(control)
        if not line:
            break
        if line["do"] == "start":
            folder.mkdir()
            if settings["user"] is not None:
                os.chown(folder, settings["user"], settings["user"])
            bounds = confine.bounds(*(settings[name] for name in ("memory", "file_size", "cpu")))
            process = os.fork()
            if process == 0:
                control.close()
                _become(passed, folder, settings, bounds, program)
                child.serve(child.Channel(passed), probes)
            os.close(passed)
            _say(control, cpu=_seconds(process))
        elif line["do"] == "look":
            _say(control, cpu=_seconds(process))
        else:
            how = _end(process, line["grace"])
            _say(control, **how, clean=_wiped(home, settings["mode"]))
            process = None
    if process:
        _end(process, 0)
    shutil.rmtree(home, ignore_errors=True)


def _hear(control):
    """The next line of the grader, and the file descriptor that came with it; None at its end."""
    text, passed, _, _ = socket.recv_fds(control, 1 << 12, 1)
    return (json.loads(text) if text else None), (passed[0] if passed else None)


def _say(control, **what):
    control.sendall(json.dumps(what).encode() + b"\n")


def _become(channel, folder, settings, bounds, program):
    """In the new process: give up all that a submission does not need. See `confine`."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, channel)
    os.closerange(channel + 1, 1 << 16)
    os.chdir(folder)
    random.seed(0)  # Python draws a seed of its own in every fork
    confined = settings["mode"] != "trusted"
    if settings["user"] is not None:
        confine.drop(settings["user"], settings["keep_reading"])
    if confined:
        confine.die_with_parent()
    confine.limit(bounds)
    if settings["mode"] == "landlock":
        # TensorFlow insists on reading its command line. Held open, the rule for it stays valid.
        own = "/proc/self/cmdline"
        os.open(own, os.O_PATH)
        confine.landlock([*settings["readable"], own], folder)
    if confined:
        confine.seccomp(program)


def _seconds(process):
    """Seconds of computing that `process` has taken; None where the system does not say."""
    try:
        return time.clock_gettime(~process << 3 | 2)  # the clock of a process: clock_getcpuclockid
    except OSError:
        return None


def _end(process, grace):
    """Kill the process if it does not end by itself in `grace` seconds.

    How it ended: whether it was killed here, and its exit code (negative: the signal).
    """
    until = time.monotonic() + grace
    ended, status = os.waitpid(process, os.WNOHANG)
    while not ended and time.monotonic() < until:
        time.sleep(0.0005)
        ended, status = os.waitpid(process, os.WNOHANG)
    if not ended:
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)  # what it started; only "trusted" ones can
    return {"killed": not ended, "code": os.waitstatus_to_exitcode(status)}


def _wiped(home, mode):
    """Delete what a submission left in its folder, the only place where it could write.

    In bubblewrap that is all of the folder above, the sandbox's own: whether nothing is there.
    """
    for entry in home.iterdir():
        try:
            shutil.rmtree(entry)
        except (OSError, RecursionError):
            return False
    return mode != "bubblewrap" or [*home.parent.iterdir()] == [home]
