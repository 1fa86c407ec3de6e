"""The packages that run in a browser, fetched from their release and verified.

Pyodide, in `node_modules`, names each with its SHA-256. They come from the address of that release,
or from where PYODIDE_WHEELS says: a mirror's address or a folder. What was fetched is kept in the
course's cache (COURSE_CACHE).
"""

import hashlib
import json
import os
import urllib.request
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from tools.files import ROOT, write

PYODIDE = ROOT / "node_modules" / "pyodide"
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
TIMEOUT = 20
"""Seconds without an answer or a byte."""

UNUSED = {"fonttools", "matplotlib-pyodide", "pytz"}
"""What the release would bring along, and figures in SVG never import: two megabytes."""


class UnavailableError(Exception):
    """The packages cannot be had; says which, from where, and why."""


@cache
def release():
    """What Pyodide says of its release: `info`, and `packages` by name."""
    return json.loads((PYODIDE / "pyodide-lock.json").read_text("utf-8"))


def closure(names):
    """The entries of the release for `names` and for what they need, by name."""
    entries, waiting = {}, list(names)
    while waiting:
        name = waiting.pop()
        if name not in entries and name not in UNUSED:
            entries[name] = release()["packages"][name]
            waiting += entries[name]["depends"]
    return dict(sorted(entries.items()))


def get(entry):
    """The bytes of a wheel that are what the release says they are.

    Raises UnavailableError, with the wheel's name, where they cannot be had or are others.
    """
    name, source = entry["file_name"], os.environ.get("PYODIDE_WHEELS") or address()
    if "://" not in source:
        try:
            wheel = Path(source, name).expanduser().read_bytes()
        except OSError as error:
            raise UnavailableError(
                f"{name} cannot be read from {source}: {error.strerror}"
            ) from None
        return verified(entry, wheel, source)
    kept = folder() / name
    if kept.is_file() and digest(wheel := kept.read_bytes()) == entry["sha256"]:
        return wheel
    wheel = verified(entry, fetched(source, name), source)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write(kept, wheel)
    return wheel


def fetched(source, name):
    """The bytes at an address. Raises UnavailableError where they do not arrive whole."""
    try:
        with urllib.request.urlopen(f"{source.rstrip('/')}/{name}", timeout=TIMEOUT) as answer:
            return answer.read()
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise UnavailableError(f"{name} did not arrive from {source}: {error}") from None


def verified(entry, wheel, source):
    if digest(wheel) != entry["sha256"]:
        raise UnavailableError(
            f"{entry['file_name']} from {source} is not the release's: it has {len(wheel)} bytes "
            f"and the SHA-256 {digest(wheel)[:12]}... instead of {entry['sha256'][:12]}..."
        )
    return wheel


def digest(content):
    return hashlib.sha256(content).hexdigest()


def address():
    return RELEASE.format(version=release()["info"]["version"])


def folder():
    """Where fetched wheels are kept: a folder of this release in the course's cache."""
    home = os.environ.get("COURSE_CACHE") or Path.home() / ".cache" / "batch-normalization"
    return Path(home).expanduser() / f"pyodide-{release()['info']['version']}"
