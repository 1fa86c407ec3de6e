"""Push the notebooks that Colab and Binder open to the branch `launch`: python -m tools.publish.

The branch is one commit on top of the published one, which differs from it by the notebooks alone:
executed, with figures, stamped (tools.launch). So it holds whatever a container needs, and the
commit that a setup cell fetches comes along to any remote. Publishing again replaces the branch.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import launch, repository
from tools.repository import BRANCH


def push(root, executed, remote):
    """Push HEAD of the clone at `root`, with the notebooks of the folder `executed`, to `remote`.

    Neither the clone's files nor its index and branches change. Ends the program with one line
    where the remote refuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        who = git(root, "log", "-1", "--format=%an%n%ae").splitlines()
        aside = {
            "GIT_INDEX_FILE": str(Path(folder, "index")),
            "GIT_WORK_TREE": str(executed),
            **{f"GIT_{role}_{kind}": value for role in ("AUTHOR", "COMMITTER")
               for kind, value in zip(("NAME", "EMAIL"), who, strict=True)},
        }  # fmt: skip
        git(root, "read-tree", "HEAD", **aside)
        notebooks = sorted(p.relative_to(executed).as_posix() for p in executed.rglob("*.ipynb"))
        if notebooks:
            git(root, "add", "--force", "--", *notebooks, **aside)
        tree = git(root, "write-tree", **aside)
        message = "The notebooks, executed and stamped"
        commit = git(root, "commit-tree", tree, "-p", "HEAD", "-m", message, **aside)
    # A workflow's checkout leaves its own token behind, which would go before that in a URL.
    apart = [] if remote == "origin" else ["-c", f"http.{repository.SERVER}/.extraheader="]
    command = ["push", "--quiet", "--force", remote, f"{commit}:refs/heads/{BRANCH}"]
    refused = subprocess.run(
        ["git", "-C", root, *apart, *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if refused.returncode:
        said = f"The branch `{BRANCH}` could not be pushed to {remote}: {refused.stderr}"
        sys.exit(" ".join(re.sub(r"//[^/@\s]+@", "//", said).split()))  # without a password in it


def git(root, *arguments, **environment):
    done = subprocess.run(
        ["git", "-C", root, *arguments], env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def main():
    launch.main()
    push(repository.ROOT, launch.FOLDER, os.environ.get("COURSE_REMOTE") or "origin")
    print(f"Pushed to the branch `{BRANCH}` of {repository.find().url}")


if __name__ == "__main__":
    main()
