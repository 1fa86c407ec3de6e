"""A real JupyterLab on loopback, with a kernel that knows the course."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parent.parent
TOKEN = "a-token-for-this-test-alone"


@contextlib.contextmanager
def jupyter(folder, *cells):
    """Serve a notebook with `cells` from `folder`; yields its address in JupyterLab."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[*map(new_code_cell, cells)], metadata=kernel)
    nbformat.write(notebook, folder / "one.ipynb")
    homes = {f"JUPYTER_{n}_DIR": str(folder / n) for n in ("CONFIG", "DATA", "RUNTIME")}
    homes |= {"IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    options = [f"--IdentityProvider.token={TOKEN}", "--ServerApp.port=0", "--LabApp.news_url="]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=folder, env={**os.environ, **homes}, stdout=log, stderr=log
        )
        try:
            yield f"{_address(server, folder)}lab/tree/one.ipynb?token={TOKEN}&reset"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _address(server, folder, patience=60):
    """Where the server says that it listens."""
    for _ in range(10 * patience):
        for file in (folder / "RUNTIME").glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # half written
                return json.loads(file.read_text())["url"]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(folder / 'log').read_text()}")


def run(page, number, patience=60):
    """Run code cell `number` of the open notebook; returns its output, once there is some."""
    page.get_by_text("| Idle").wait_for(timeout=1000 * patience)
    cell = page.locator(".jp-CodeCell").nth(number)
    output = cell.locator(".jp-OutputArea-output").first
    running = cell.locator(".jp-InputPrompt", has_text="*")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    for _ in range(2 * patience):
        page.wait_for_timeout(500)
        if output.is_visible():
            return output
        if not running.is_visible():  # a notebook just opened forgets what it was asked
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
    raise TimeoutError(f"cell {number} did not answer")
