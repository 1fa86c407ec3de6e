"""Are the installed packages new enough? Asked once, by the setup cell of every notebook.

On Colab nothing that is preinstalled is installed again, so this says what is too old there before
something fails with an error that is harder to read. `requirements.txt` holds the lowest versions.
"""

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
FOR_BUILDING = "# --- What builds the book"
"""In `requirements.txt`, the packages that notebooks import stand above this line."""


def check(path=REQUIREMENTS):
    """Raise ImportError if an installed package is older than its lowest version in `path`.

    Packages that are not installed are skipped: a notebook needs only those that it imports.
    """
    for_notebooks = path.read_text().partition(FOR_BUILDING)[0]
    lines = (line.partition("#")[0].strip() for line in for_notebooks.splitlines())
    for requirement in map(Requirement, filter(None, lines)):
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            raise ImportError(
                f"{requirement.name} {installed} is installed, but the course needs "
                f"{requirement}. Upgrade it (pip install -U '{requirement}') and restart."
            )
