"""What a submission's process gives up before it runs any code: rights, files, resources.

    limit(...)     resources beyond `bounds(...)`: memory, processes, the size of files
    drop(...)      the rights of root, if it has them
    landlock(...)  all files but those named (where no namespace hides the others)
    seccomp(...)   all system calls but those that computing needs
    blind()        `os.stat` of what may not be read (where no namespace hides it)

The process itself can undo none of it. Only `bounds` and `limit` work on systems other than Linux.
"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
import sys
from pathlib import Path

THREADS = 256
"""Threads that a submission may have, besides those that run already; TensorFlow needs a few."""
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 8, 22, 38
LANDLOCK_NEEDED = 3
"""The first version of Landlock that can forbid to truncate files: Linux 6.2."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _call(number, *arguments):
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def bounds(memory, file_size, cpu):
    """The bounds for `limit`. The server computes them, since a new process is slower at first.

    memory: bytes of address space, of which TensorFlow takes 2 GB.  file_size: bytes of any one
    file.  cpu: seconds in all; only a last resort, since the grader stops a submission sooner.
    """
    bounds = {}
    for name, most in {
        "RLIMIT_AS": memory,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_CPU": int(cpu) + 1,
        "RLIMIT_NPROC": THREADS + _running(),
        "RLIMIT_NOFILE": 256,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
    }.items():
        kind = getattr(resource, name, None)
        if kind is not None:  # some systems lack some of them
            _, hard = resource.getrlimit(kind)
            bounds[kind] = most if hard == resource.RLIM_INFINITY else min(most, hard)
    return bounds


def limit(bounds):
    """Set bounds to the process, which cannot raise them again."""
    for kind, most in bounds.items():
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:  # macOS has some of these bounds but cannot set them
            if sys.platform == "linux":
                raise


def _running():
    """How many threads run, of all users; 0 on systems without /proc."""
    with contextlib.suppress(FileNotFoundError):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    return 0


def drop(user, keep_reading=False):
    """Become the ordinary user with the number `user`, for good. Needs root.

    keep_reading: keep one right of root, to read files in folders that are closed to others. It is
    needed where Python itself lies in such a folder, as below /root; use it only with `landlock`.
    """
    _checked(_libc.prctl(PR_SET_KEEPCAPS, ctypes.c_ulong(keep_reading), 0, 0, 0))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if keep_reading:
        right = 1 << 2  # CAP_DAC_READ_SEARCH
        version = (ctypes.c_uint32 * 2)(0x20080522, 0)
        effective_permitted_inheritable = (ctypes.c_uint32 * 6)(right, right)
        _checked(_libc.capset(version, effective_permitted_inheritable))


def die_with_parent():
    """Ask to be killed when the parent ends, and never to gain rights by starting a program."""
    for option, value in ((PR_SET_PDEATHSIG, signal.SIGKILL), (PR_SET_NO_NEW_PRIVS, 1)):
        _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def landlock_version():
    """The version of Landlock in this kernel; 0 if it has none."""
    try:
        return _call(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


class _Rules(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock(readable, writable):
    """Allow to read below the paths `readable`, to read and write below `writable`, nothing else.

    See https://docs.kernel.org/userspace-api/landlock.html. Raises OSError.
    """
    version = landlock_version()
    if version < LANDLOCK_NEEDED:
        raise OSError(errno.EOPNOTSUPP, f"Landlock {LANDLOCK_NEEDED} needed, found {version}")
    every = (1 << (16 if version >= 5 else 15)) - 1
    read = 1 << 2 | 1 << 3  # a file; the list of a folder
    # Write, truncate and remove files, remove folders, make folders and plain files, move.
    write = read | 1 << 1 | 1 << 14 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13
    rules = _Rules(every, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0)
    size = 8 * (1 + (version >= 4) + (version >= 6))
    ruleset = _call(444, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path, allowed in [*((path, read) for path in readable), (writable, write)]:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        plain = 1 << 2 | (1 << 1 if Path(path).is_char_device() else 0)
        rule = _Beneath(allowed if Path(path).is_dir() else plain, folder)
        _call(445, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
        os.close(folder)
    _call(446, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def program(compiled):
    """The compiled filter of `grading.sandbox.systemcalls`, as the structure that Linux expects."""
    instructions = ctypes.create_string_buffer(compiled, len(compiled))
    filter_ = _Program(len(compiled) // 8, ctypes.addressof(instructions))
    filter_.buffer = instructions  # without this reference Python would free the memory
    return filter_


def seccomp(program):
    """Allow only the system calls of `program`, the result of `program()`. Raises OSError."""
    _checked(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))


def blind():
    """Let `os.stat` and `os.lstat` open what they are asked about, as the filter demands it.

    What may not be read then raises PermissionError; see `grading.sandbox.systemcalls`.
    """

    def stat(path, *, dir_fd=None, follow_symlinks=True):
        if isinstance(path, int):
            return os.fstat(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    for module in (os, sys.modules["posix"]):  # Python's own import calls the second
        module.stat = module.lstat = stat
