"""The address of this repository. It is looked up and stands in no file, so a fork edits nothing.

GitHub's workflows name the repository in ``GITHUB_REPOSITORY``; a clone names it in the URL of its
remote ``origin``. Where neither is there, there is no address, and the book has no links to it.

Two variables are for publishing elsewhere. ``COURSE_REMOTE``, the name or the URL of another
remote, takes precedence over both; ``COURSE_SITE`` is the address of a site outside GitHub Pages.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.files import ROOT

SERVER = "https://github.com"
BRANCH = "launch"
"""The branch with the executed notebooks, which Colab and Binder open."""

UNCOMMITTED = "Colab would fetch other code than this: commit your changes and run this again."

NAME = r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)"
REMOTE = re.compile(
    rf"(?:(?:https?|ssh|git)://(?:[^@/]+@)?(?:www\.|ssh\.)?github\.com(?::\d+)?/|"
    rf"(?:[^@/]+@)?github\.com:/?){NAME}(?:\.git)?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub at one commit (40 hexadecimal digits; empty before the first)."""

    owner: str
    name: str
    commit: str = ""

    @property
    def url(self) -> str:
        return f"{SERVER}/{self.owner}/{self.name}"

    @property
    def site(self) -> str:
        """The book's address with the closing slash: ``COURSE_SITE``, or else GitHub Pages'."""
        if named := named_site():
            return named
        host = f"{self.owner.lower()}.github.io"
        return f"https://{host}/" if self.name.lower() == host else f"https://{host}/{self.name}/"


def parse(remote: str) -> tuple[str, str] | None:
    """(owner, name) from a GitHub remote's URL in any of git's spellings; None for other hosts."""
    found = REMOTE.fullmatch(remote.strip())
    return (found["owner"], found["name"]) if found else None


def find(root: Path = ROOT) -> Repository | None:
    """The repository that holds the folder `root`, or None where nothing names it.

    Raises ValueError where ``GITHUB_REPOSITORY`` does not read OWNER/NAME.
    """
    remote = os.environ.get("COURSE_REMOTE")
    named = os.environ.get("GITHUB_REPOSITORY")
    if not remote and named and os.environ.get("GITHUB_SERVER_URL", SERVER) == SERVER:
        found = re.fullmatch(NAME, named)
        if not found:
            raise ValueError(f"GITHUB_REPOSITORY must read OWNER/NAME; received {named!r}")
        return Repository(found["owner"], found["name"], git(root, "rev-parse", "HEAD"))
    # A copy of the course inside another project's clone must not use that project's address.
    top = git(root, "rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != root.resolve():
        return None
    remote = remote or "origin"
    names = parse(git(root, "config", "--get", f"remote.{remote}.url") or remote)
    return Repository(*names, git(root, "rev-parse", "HEAD")) if names else None


def site(root: Path = ROOT) -> str:
    """Where the book in `root` is served, with the closing slash; empty where nothing names it."""
    found = find(root)
    return found.site if found else named_site()


def named_site() -> str:
    """The address in ``COURSE_SITE`` with the closing slash, or nothing."""
    named = os.environ.get("COURSE_SITE", "").rstrip("/")
    return f"{named}/" if named else ""


def files(root: Path = ROOT) -> list[str]:
    """The names of all files that a commit of the working tree in `root` would hold."""
    command = ["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [name for name in names if name and (root / name).is_file()]


def committed(root: Path = ROOT, *names: str) -> bool:
    """Whether HEAD holds the clone at `root` as it is now, or, where given, the `names` in it."""
    commit = git(root, "rev-parse", "HEAD")
    return bool(commit) and not git(root, "status", "--porcelain", "--", *names)


def pushed(root: Path = ROOT) -> bool:
    """Whether a branch of a remote holds HEAD, as far as the clone knows."""
    return bool(git(root, "branch", "--remotes", "--contains", "HEAD"))


def git(root: Path, *arguments: str) -> str:
    """What git prints about the clone at `root`; empty where git fails or is missing."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
