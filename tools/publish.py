"""Push the notebooks that Colab and Binder open to the branch `launch`: python -m tools.publish.

The branch is one commit on top of HEAD. It changes only the notebooks, which tools.launch has
executed and stamped, so it has everything that a container needs. HEAD, which a setup cell fetches,
is pushed along with it to any remote. Publishing again replaces the branch.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import faults, launch, repository
from tools.files import ROOT
from tools.repository import BRANCH


def push(root, executed, remote):
    """Push HEAD of the clone at `root`, with the notebooks of the folder `executed`, to `remote`.

    The files, the index and the branches of the clone do not change. Where the remote refuses, the
    program ends with one line.
    """
    with tempfile.TemporaryDirectory() as folder:
        author = git(root, "log", "-1", "--format=%an%n%ae").splitlines()
        apart = {
            "GIT_INDEX_FILE": str(Path(folder, "index")),
            "GIT_WORK_TREE": str(executed),
            **{f"GIT_{role}_{kind}": value for role in ("AUTHOR", "COMMITTER")
               for kind, value in zip(("NAME", "EMAIL"), author, strict=True)},
        }  # fmt: skip
        git(root, "read-tree", "HEAD", **apart)
        notebooks = sorted(p.relative_to(executed).as_posix() for p in executed.rglob("*.ipynb"))
        if notebooks:
            git(root, "add", "--force", "--", *notebooks, **apart)
        tree = git(root, "write-tree", **apart)
        message = "The notebooks, executed and stamped"
        commit = git(root, "commit-tree", tree, "-p", "HEAD", "-m", message, **apart)
    # A workflow's checkout leaves a token in the settings, which git prefers to one in a URL.
    settings = [] if remote == "origin" else ["-c", f"http.{repository.SERVER}/.extraheader="]
    command = ["push", "--quiet", "--force", remote, f"{commit}:refs/heads/{BRANCH}"]
    done = subprocess.run(
        ["git", "-C", root, *settings, *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        message = f"The branch `{BRANCH}` could not be pushed to {remote}: {done.stderr}"
        without_password = re.sub(r"//[^/@\s]+@", "//", message)
        sys.exit(" ".join(without_password.split()))


def git(root, *arguments, **environment):
    """What git prints about the clone at `root`; raises CalledProcessError where it fails."""
    done = subprocess.run(
        ["git", "-C", root, *arguments], env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def main():
    launch.main()
    push(ROOT, launch.FOLDER, os.environ.get("COURSE_REMOTE") or "origin")
    print(f"Pushed to the branch `{BRANCH}` of {repository.find().url}")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
