"""Report in one issue what the weekly check found broken: python -m tools.report.

.github/workflows/weekly.yml runs it, without the course's environment and with GitHub's command
line `gh`. The variable JOBS holds the results of the jobs before it as JSON, {name: {"result":
...}}. The issue is opened at the first failure, gets a comment at each further one, and is closed
when everything works again.
"""

import json
import os
import subprocess
import sys

from tools import faults

TITLE = "The weekly check found something broken"

CHECKS = {
    "colab": "make colab-versions test-colab",
    "newest": "make lock test lint",
    "links": "make links",
    "container": "make container",
    "multiverse": "make multiverse",
}
"""Each job, and the command that repeats it on any machine."""


def gh(*arguments):
    """What GitHub's command line prints; raises CalledProcessError where it fails."""
    done = subprocess.run(["gh", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def open_issue():
    """The number of the open issue, or None."""
    listed = gh("issue", "list", "--state", "open", "--limit", "500", "--json", "number,title")
    return next((str(i["number"]) for i in json.loads(listed) if i["title"] == TITLE), None)


def body(broken, run):
    """The text about the `broken` jobs of the workflow's run at the address `run`."""
    repeat = "\n".join(f"- **{name}**: repeat it with `{CHECKS[name]}`" for name in broken)
    return f"{repeat}\n\nIts output: {run}"


def update_issue(broken, run):
    """Open the issue about the `broken` jobs, comment on it, or, where nothing is, close it."""
    number = open_issue()
    if broken and number:
        gh("issue", "comment", number, "--body", body(broken, run))
    elif broken:
        gh("issue", "create", "--title", TITLE, "--body", body(broken, run))
    elif number:
        gh("issue", "close", number, "--comment", f"All is well again: {run}")


def main():
    jobs = json.loads(os.environ["JOBS"])
    broken = [name for name in CHECKS if jobs[name]["result"] != "success"]
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(
        os.environ
    )
    print(f"Broken: {', '.join(broken) or 'nothing'}", flush=True)
    try:
        update_issue(broken, run)
    except subprocess.CalledProcessError as error:
        reason = " ".join(error.stderr.split())
        sys.exit(f"`gh` failed ({reason}). In a fork, allow issues: Settings, General, Issues.")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
