"""Find a browser for the tests, or install one: python -m tools.browser.

Any installed one that starts will do. Otherwise playwright's own is installed, and where that does
not start, root on Debian installs Debian's.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from tools import faults

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find():
    """The path of a browser of the Chromium family that starts here, or None.

    It asks playwright for its own browser, so it must not be called while playwright is running.
    """
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    candidates = [*map(shutil.which, NAMES), ON_MACOS, own]
    return next((path for path in candidates if path and starts(path)), None)


def starts(path):
    """Whether the browser at `path` starts: it may be a stub, or lack libraries of the system."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def install():
    """Install playwright's own browser, then the system's; returns whether one starts now."""
    ways = {"playwright's own": [sys.executable, "-m", "playwright", "install", "chromium"]}
    if shutil.which("apt-get") and os.geteuid() == 0:
        packages = "apt-get update && apt-get install -y --no-install-recommends chromium"
        ways["Debian's"] = ["sh", "-c", packages]
        # Ubuntu has no such package, but it has the libraries that playwright's own lacks.
        libraries = [sys.executable, "-m", "playwright", "install-deps", "chromium"]
        ways["what playwright's own lacks"] = libraries
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for name, way in ways.items():
        print(f"No browser for the tests yet: installing {name}", flush=True)
        subprocess.run(way, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if find():
            return True
    return False


def main():
    if not (find() or install()):
        sys.exit(
            "The tests need a browser and none could be installed: install Chromium or Chrome "
            "(Debian: sudo apt-get install chromium; Ubuntu: sudo .venv/bin/playwright "
            "install-deps chromium) and run this again."
        )


if __name__ == "__main__":
    with faults.in_one_line():
        main()
