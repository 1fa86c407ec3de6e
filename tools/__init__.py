"""What builds, checks and publishes the course: `python -m tools.NAME`, mostly called by `make`.

A fault of the machine, or an interruption, ends each of them with one line and no traceback.
Whatever they write is written whole or not at all, so they can be run again.
"""

import errno
import os
import sys

FAULTS = {
    errno.ENOSPC: "the disk is full. Make room",
    errno.EDQUOT: "your share of the disk is used up. Make room",
    errno.EROFS: "the disk can only be read. Copy the course to another",
    errno.EACCES: "you may not write or read this. Copy the course to a folder of your own",
}


def fault(error):
    """What the machine refused, in words, if that is what lies behind `error`; else None."""
    while error:
        if isinstance(error, OSError) and error.errno in FAULTS:
            return f"{error.filename2 or error.filename or 'Writing failed'}: {FAULTS[error.errno]}"
        if "disk is full" in str(error):  # as SQLite says it
            return f"The cache of notebooks: {FAULTS[errno.ENOSPC]}"
        error = error.__cause__ or error.__context__
    return None


def one_line(kind, error, traceback):
    """Say in a line what the machine refused. Everything else keeps its traceback."""
    if kind is KeyboardInterrupt:
        print("Interrupted: what is done is kept. Run this again.", file=sys.stderr, flush=True)
        os._exit(130)  # at once: threads that are stopped like this may complain on their way out
    elif said := fault(error):
        print(f"{said} and run this again.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


def write_text(path, text):
    """Put `text` into the file `path`: all of it or nothing, wherever this is interrupted."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


sys.excepthook = one_line
# Behind nbformat, jsonschema has this module compile a grammar of web addresses at its import: most
# of a second in every process, for texts that no notebook's form asks about. It does without.
sys.modules.setdefault("rfc3987_syntax", None)
