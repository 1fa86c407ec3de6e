"""Prove that no test passes by luck: python -m tools.soak, with REPEATS=20 in the environment.

`make test` runs twice in a row. Then every notebook that makes a claim runs REPEATS times on the
embedded photographs; its outputs are dropped. What was done is recorded in _build/soak.json, so an
interrupted soak continues where it stopped. After the end of a soak, or a change of the tree, the
next one starts from the beginning.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import as_completed

import nbformat
from tqdm import tqdm

from tools import execute, faults, notebooks, repository
from tools.files import ROOT, write

PROGRESS = ROOT / "_build" / "soak.json"
SUITES = 2
COUNTS = re.compile(r"=+ (?P<counts>\d+ (?:passed|failed).*?) =+\s*")


def tree():
    """A digest of every file that a commit would hold."""
    digest = hashlib.sha256()
    for path in (ROOT / name for name in sorted(repository.files())):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def claiming():
    """The paths of the notebooks that make claims."""
    found = []
    for path in notebooks.paths():
        code = (c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
        if any(re.search(r"\bclaim\(", cell.source) for cell in code):
            found.append(path)
    return found


class Progress:
    """What was done so far, read from the file `path` if it is about the same `tree`.

    suites: what `suite` returned each time; runs: [name of a notebook, its error or None] each.
    """

    def __init__(self, path, tree):
        self.path, self.tree, self.suites, self.runs = path, tree, [], []
        if path.exists() and (stored := json.loads(path.read_text()))["tree"] == tree:
            self.suites, self.runs = stored["suites"], stored["runs"]

    def save(self):
        stored = {"tree": self.tree, "suites": self.suites, "runs": self.runs}
        write(self.path, json.dumps(stored, indent=1))


def suite():
    """Run `make test`, show what it prints, and return pytest's counts and whether it passed."""
    counts = []
    command = ["make", "--no-print-directory", "test"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            if found := COUNTS.fullmatch(line):
                counts.append(found["counts"])
    return {
        "counts": "; ".join(counts) or "nothing was counted",
        "passed": running.returncode == 0,
    }


def repeat(progress, paths, repeats):
    """Run each notebook of `paths` until it ran `repeats` times, one per core, saving each run."""
    done = Counter(name for name, _ in progress.runs)
    missing = [path for turn in range(repeats) for path in paths if done[path.name] <= turn]
    os.environ["MINI_CIFAR"] = notebooks.DATA
    with execute.pool(len(missing), PROGRESS.with_suffix(".log")) as workers:
        running = execute.submit(workers, missing)
        total = len(paths) * repeats
        bar = {"initial": total - len(missing), "total": total, "unit": "run"}
        for ended in tqdm(as_completed(running), **bar):
            _, _, error = ended.result()
            progress.runs.append([running[ended].name, error])
            progress.save()


def summary(progress):
    """The counts in a few lines, and whether everything passed."""
    lines = [f"Suite {n}: {suite['counts']}" for n, suite in enumerate(progress.suites, start=1)]
    runs = Counter(name for name, _ in progress.runs)
    failed = Counter(name for name, error in progress.runs if error)
    for name in sorted(runs):
        lines.append(f"{name}: {runs[name]} runs, {failed[name]} failed")
    lines += sorted({f"{name}:\n{error}" for name, error in progress.runs if error})
    failed_suites = sum(not suite["passed"] for suite in progress.suites)
    lines.append(
        f"The suite {len(progress.suites)} times, {failed_suites} failed; "
        f"claims {len(progress.runs)} runs, {failed.total()} failed"
    )
    return "\n".join(lines), failed.total() == failed_suites == 0


def main():
    repeats = int(os.environ.get("REPEATS") or 20)
    progress = Progress(PROGRESS, tree())
    while len(progress.suites) < SUITES:
        progress.suites.append(suite())
        progress.save()
    repeat(progress, claiming(), repeats)
    text, passed = summary(progress)
    PROGRESS.unlink()
    print(text)
    sys.exit(not passed)


if __name__ == "__main__":
    with faults.in_one_line():
        main()
