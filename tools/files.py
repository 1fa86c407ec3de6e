"""Where the course is, and how its files are written: whole, or not at all."""

import os
import secrets
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the course."""

SITE = ROOT / "_build" / "html"
"""The built book."""


@contextmanager
def replacing(path):
    """A name for a temporary file beside `path`, which takes its place if the block succeeds.

    Whatever interrupts the block, `path` is the old file or the new one, never a part of it.
    """
    temporary = path.with_name(f".{path.name[:100]}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write(path, content, mode=0o666):
    """Write `content`, a text or bytes, into the file `path`: all of it or nothing.

    mode: the rights of a new file, from which the system takes its umask.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path) as temporary:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
