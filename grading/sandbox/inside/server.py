"""The fork server: it imports modules once, and then forks a new process for every submission.

It only *imports* NumPy and TensorFlow: a fork of a process that has computed with TensorFlow hangs.
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

from . import child, confine, sources, whole


def main(settings):
    """Serve on the control socket until the grader closes its end.

    settings: control       the file descriptor of the control socket
              modules       names of modules to import at the start
              probes        the source of the module with the probes
              common_cells  cells that most notebooks have, which are analysed at the start, too
              mode          "bubblewrap", "landlock" or "trusted"
              folder        where each submission finds an empty folder; the server deletes all
                            that is written into the folder above
              readable      folders that a submission may read (Landlock forbids the others)
              user          number of the user that a submission becomes, or None
              keep_reading  see `confine.drop`
              filter        the compiled filter of system calls, in hexadecimal
              memory, file_size, cpu   see `confine.bounds`

    Orders and replies are lines of JSON. Each order has one reply:

    "start"  fork a process, whose socket is the file descriptor that is sent with the order, and
             which may run a notebook as IPython does if the order says `whole`;
             reply: cpu, the seconds that the process has computed
    "time"   reply: cpu, as above
    "end"    kill the process if it does not end within `grace` seconds; reply: killed, code
             (see `_end`), and clean (see `_wipe`)
    """
    os.umask(0o077)
    control = socket.socket(fileno=settings["control"])
    folder = Path(settings["folder"])
    home = folder.parent
    home.mkdir(exist_ok=True)
    home.chmod(0o711)  # as root: the ordinary user must reach its own folder in it
    folder.mkdir()
    probes = _imported(settings["modules"], settings["probes"])
    sources.statements(settings["common_cells"])
    # Numbers drawn without a seed are then the same in every process; see `_confine`, too.
    np.random.seed(0)  # noqa: NPY002
    program = confine.program(bytes.fromhex(settings["filter"]))
    _wipe(home, settings["mode"])  # the import of Keras may have written into it
    gc.collect()
    gc.freeze()
    _reply(control, ready=True)
    process = None
    while True:
        order, descriptor = _next_order(control)
        if not order:
            break
        if order["order"] == "start":
            if order["whole"]:
                whole.shell_class()  # imported here, it is there for all that follow
            process = _started(control, descriptor, settings, program, probes)
            _reply(control, cpu=_seconds(process))
        elif order["order"] == "time":
            _reply(control, cpu=_seconds(process))
        else:
            ending = _end(process, order["grace"])
            _reply(control, **ending, clean=_wipe(home, settings["mode"]))
            process = None
    if process:
        _end(process, 0)
    shutil.rmtree(home, ignore_errors=True)


def _started(control, descriptor, settings, program, probes):
    """The number of a new process that serves a submission at `descriptor`, in an empty folder."""
    folder = Path(settings["folder"])
    folder.mkdir()
    if settings["user"] is not None:
        os.chown(folder, settings["user"], settings["user"])
    bounds = confine.bounds(*(settings[name] for name in ("memory", "file_size", "cpu")))
    process = os.fork()
    if process == 0:
        control.close()
        _confine(descriptor, folder, settings, bounds, program)
        child.serve(child.Channel(descriptor), probes)
    os.close(descriptor)
    return process


def _imported(modules, source):
    """Import the modules by their names, then the probes from their source; returns the probes."""
    for name in modules:
        importlib.import_module(name)
    probes = types.ModuleType("probes")
    sys.modules["probes"] = probes
    exec(compile(source, "probes", "exec"), vars(probes))
    return probes


def _next_order(control):
    """The grader's next order (None at its end), and the file descriptor sent with it, or None."""
    text, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 1)
    return (json.loads(text) if text else None), (descriptors[0] if descriptors else None)


def _reply(control, **values):
    control.sendall(json.dumps(values).encode() + b"\n")


def _confine(channel, folder, settings, bounds, program):
    """In the new process: give up all that a submission does not need.

    channel: the one file descriptor that stays open.
    """
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, channel)
    os.closerange(channel + 1, 1 << 16)
    os.chdir(folder)
    random.seed(0)  # Python draws another seed in every fork
    confined = settings["mode"] != "trusted"
    if settings["user"] is not None:
        confine.drop(settings["user"], settings["keep_reading"])
    if confined:
        confine.die_with_parent()
    confine.limit(bounds)
    if settings["mode"] == "landlock":
        # TensorFlow must be able to read its command line. The file is held open because the rule
        # holds for its inode, and /proc may replace the inode of a file that nobody has open.
        own = "/proc/self/cmdline"
        os.open(own, os.O_PATH)
        confine.landlock([*settings["readable"], own], folder)
    if confined:
        confine.seccomp(program)
    if settings["mode"] == "landlock":
        confine.blind()


def _seconds(process):
    """Seconds that `process` has computed; None if the system cannot tell."""
    try:
        return time.clock_gettime(~process << 3 | 2)  # as clock_getcpuclockid(3) numbers clocks
    except OSError:
        return None


def _end(process, grace):
    """Kill the process if it does not end by itself within `grace` seconds.

    Returns a dict: whether it was killed here, and its exit code (negative: the signal).
    """
    deadline = time.monotonic() + grace
    ended, status = os.waitpid(process, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(0.0005)
        ended, status = os.waitpid(process, os.WNOHANG)
    if not ended:
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)  # processes that it started, possible in "trusted" only
    return {"killed": not ended, "code": os.waitstatus_to_exitcode(status)}


def _wipe(home, mode):
    """Delete what a submission wrote below `home`, and return whether nothing of it is left.

    Under bubblewrap a submission can write into the folder above, too, which is the sandbox's own.
    """
    for entry in home.iterdir():
        try:
            shutil.rmtree(entry)
        except (OSError, RecursionError):
            return False
    return mode != "bubblewrap" or [*home.parent.iterdir()] == [home]
