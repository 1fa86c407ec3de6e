"""What a submission's process gives up before it reads its first line: rights, files, resources.

    limit(...)     resources: memory, processes, the size of files, within `bounds(...)`
    drop(...)      as root: the rights of root
    landlock(...)  all files but those named (where no namespace hides them)
    seccomp(...)   all system calls but those that computing needs

None of it can be taken back by the process itself. Linux only, but for `bounds` and `limit`.
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
"""Threads of a submission, beside those that run already; TensorFlow starts a handful."""
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 8, 22, 38
LANDLOCK_NEEDED = 3
"""The version of Landlock that guards against truncating files: Linux 6.2."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _call(number, *arguments):
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def bounds(memory, file_size, cpu):
    """What `limit` is to set: asked for before the process is there, whose every step costs more.

    memory: bytes of address space, of which TensorFlow takes 2 GB.  file_size: bytes of any one
    file.  cpu: seconds in all, the last resort; the grader looks sooner.
    """
    found = {}
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
        if kind is not None:  # not every system knows all
            _, hard = resource.getrlimit(kind)
            found[kind] = most if hard == resource.RLIM_INFINITY else min(most, hard)
    return found


def limit(bounds):
    """Bound the process, which cannot raise the bounds again."""
    for kind, most in bounds.items():
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:  # macOS knows a bound and does not take it
            if sys.platform == "linux":
                raise


def _running():
    """How many threads there are, of all users; 0 where there is no /proc."""
    with contextlib.suppress(FileNotFoundError):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    return 0


def drop(user, keep_reading=False):
    """Become the ordinary user with the number `user`, for good. Needs root.

    keep_reading: keep one right of root, to read what lies in folders closed to others. Only
    together with `landlock`, and where Python itself lies in such a folder, as below /root.
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
    """The version of Landlock in this kernel; 0 where there is none."""
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
    """Close all files but those below the folders `readable`, and `writable` for writing too.

    landlock(7): https://docs.kernel.org/userspace-api/landlock.html. Raises OSError.
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
    """The filter of system calls that `grading.sandbox.systemcalls` compiled, as Linux takes it."""
    instructions = ctypes.create_string_buffer(compiled, len(compiled))
    told = _Program(len(compiled) // 8, ctypes.addressof(instructions))
    told.kept = instructions  # the address alone would not keep it
    return told


def seccomp(program):
    """Load the filter of system calls `program`. Raises OSError."""
    _checked(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))
