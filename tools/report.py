"""Say in one issue what the weekly check found broken: python -m tools.report.

Run by .github/workflows/weekly.yml, with GitHub's command line `gh`. JOBS holds the jobs before it
as JSON, {name: {"result": ...}}. The issue is opened at the first failure, added to at each further
one, and closed when all is well again.
"""

import json
import os
import subprocess
import sys

TITLE = "The weekly check found something broken"

CHECKS = {
    "colab": "make colab-versions test-colab",
    "newest": "make lock test lint",
    "links": "make links",
    "container": "make container",
}
"""Each job, and what repeats it on any machine."""


def gh(*arguments):
    done = subprocess.run(["gh", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def open_issue():
    """The number of the open issue, or None."""
    listed = gh("issue", "list", "--state", "open", "--limit", "500", "--json", "number,title")
    return next((str(i["number"]) for i in json.loads(listed) if i["title"] == TITLE), None)


def body(broken, run):
    repeat = "\n".join(f"- **{name}**: repeat it with `{CHECKS[name]}`" for name in broken)
    return f"{repeat}\n\nWhat it said: {run}"


def keep(broken, run):
    """Open the issue, add to it, or close it, as the jobs of `broken` demand."""
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
        keep(broken, run)
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())
        sys.exit(f"`gh` failed ({said}). In a fork, allow issues: Settings, General, Issues.")


if __name__ == "__main__":
    main()
