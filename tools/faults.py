"""Faults of the machine, and interruptions, end a program with one line instead of a traceback.

Every program of the course is started through `in_one_line`. What a program writes, it writes whole
or not at all (tools.files), so after such an end it can be run again.
"""

import errno
import os
import sys
from contextlib import contextmanager

ADVICE = {
    errno.ENOSPC: "the disk is full. Make room",
    errno.EDQUOT: "your share of the disk is used up. Make room",
    errno.EROFS: "the disk can only be read. Copy the course to another",
    errno.EACCES: "you may not write or read this. Copy the course to a folder of your own",
}
"""By error number: what happened, and what to do before the program is run again."""


def explanation(error):
    """What the machine refused, in words, if `error` or one of its causes says so; else None."""
    while error:
        if isinstance(error, OSError) and error.errno in ADVICE:
            return f"{error.filename2 or error.filename or 'Writing failed'}: {ADVICE[error.errno]}"
        if "disk is full" in str(error):  # SQLite's words; its errors carry no number
            return f"The cache of notebooks: {ADVICE[errno.ENOSPC]}"
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def in_one_line():
    """Run the block. A fault of the machine ends the program with a line and the exit code 1.

    An interruption (Ctrl-C) ends it with a line and 130, the shell's code for it. Every other error
    passes through, with its traceback.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("Interrupted: what is done is kept. Run this again.", file=sys.stderr, flush=True)
        os._exit(130)  # no clean-up at exit, during which interrupted threads may print tracebacks
    except Exception as error:
        refused = explanation(error)
        if refused is None:
            raise
        sys.exit(f"{refused} and run this again.")
