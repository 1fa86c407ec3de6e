"""Find a browser for the tests, or install one: python -m tools.browser [--install].

Taken is one already there, else playwright's own, else, as root on Debian, the distribution's.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find():
    """The path of a browser of the Chromium family, or None."""
    for path in map(shutil.which, NAMES):
        if path:
            return path
    if ON_MACOS.exists():
        return str(ON_MACOS)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install():
    """Try playwright's own browser, then Debian's, saying so; return whether one is there now."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = "apt-get update && apt-get install -y --no-install-recommends chromium"
        ways.append(["sh", "-c", apt])
    for way in ways:
        print("No browser for the tests yet:", *way[-2:], flush=True)
        subprocess.run(way, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if find():
            return True
    return False


def main():
    if not (find() or install()):
        sys.exit(
            "The tests need a browser and none could be installed: install Chromium or Chrome "
            "(Debian, Ubuntu: sudo apt-get install chromium) and run this again."
        )


if __name__ == "__main__":
    main()
