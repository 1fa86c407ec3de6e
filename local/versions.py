"""Are the installed packages new enough? Asked once, by the setup cell of every notebook.

On Colab nothing that is preinstalled is installed again, so this says what is too old there before
something fails with an error that is harder to read. `requirements.txt` holds the lowest versions.
"""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
FOR_BUILDING = "# --- What builds the book"
"""In `requirements.txt`, the packages that notebooks import stand above this line."""


def check(path=REQUIREMENTS):
    """Raise ImportError if an installed package is older than its lowest version in `path`.

    Packages that are not installed are skipped: a notebook needs only those that it imports. Of a
    version that only its builder can read, such as 2.2.0-custom-build, the first numbers count; a
    package whose version says nothing is refused, too.
    """
    for_notebooks = path.read_text().partition(FOR_BUILDING)[0]
    lines = (line.partition("#")[0].strip() for line in for_notebooks.splitlines())
    for requirement in map(Requirement, filter(None, lines)):
        records = [*map(recorded, metadata.distributions(name=requirement.name))]
        if not records:
            continue
        installed = next(filter(None, map(readable, records)), None)
        if installed is None:
            raise ImportError(
                f"{requirement.name} is installed, but its record has no version that can be read "
                f"({records[0]!r}), as after an interrupted installation. Remove it (pip uninstall "
                f"{requirement.name}, and what it leaves in the folder of packages), install it "
                f"(pip install '{requirement}') and restart."
            )
        if not requirement.specifier.contains(installed, prereleases=True):
            raise ImportError(
                f"{requirement.name} {installed} is installed, but the course needs "
                f"{requirement}. Upgrade it (pip install -U '{requirement}') and restart."
            )


def recorded(package):
    """The version in a package's record; None where the record, or that line of it, is missing."""
    try:
        return (package.metadata or {}).get("Version")
    except FileNotFoundError:  # raised by the newest versions of the backport
        return None


def readable(record):
    """The `Version` in a package's record, or the numbers it begins with; None without them."""
    try:
        return Version(record or "")
    except InvalidVersion:
        numbers = re.match(r"\d+(\.\d+)*", record or "")
        return Version(numbers[0]) if numbers else None
