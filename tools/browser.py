"""Find a browser for the tests, or install one: python -m tools.browser.

Best is Chromium's headless shell, a browser without windows, in which the tests take half the time:
root on Debian gets it. Any other of the Chromium family that starts will do; where there is none,
playwright's own is installed.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from tools import faults

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
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


def on_debian_as_root():
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def install_shell():
    """Install Debian's headless shell."""
    print(f"Installing {SHELL} for the tests", flush=True)
    apt = "apt-get -o Acquire::Retries=0 -o Acquire::http::Timeout=10"  # there may be no network
    quietly(["sh", "-c", f"{apt} update && {apt} install -y --no-install-recommends {SHELL}"])


def install():
    """Install playwright's own browser, and what it lacks; returns whether one starts now."""
    playwright = [sys.executable, "-m", "playwright"]
    ways = {"playwright's own": [*playwright, "install", "chromium"]}
    if on_debian_as_root():  # Ubuntu, too, which has no headless shell, but the libraries
        ways["what playwright's own lacks"] = [*playwright, "install-deps", "chromium"]
    for name, way in ways.items():
        print(f"No browser for the tests yet: installing {name}", flush=True)
        quietly(way)
        if find():
            return True
    return False


def quietly(command):
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def main():
    if on_debian_as_root() and not shutil.which(SHELL):
        install_shell()
    if not (find() or install()):
        sys.exit(
            "The tests need a browser and none could be installed: install Chromium or Chrome "
            "(Debian: sudo apt-get install chromium-headless-shell; Ubuntu: sudo "
            ".venv/bin/playwright install-deps chromium) and run this again."
        )


if __name__ == "__main__":
    with faults.in_one_line():
        main()
