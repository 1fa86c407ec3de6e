"""Prove that nothing holds by luck: python -m tools.soak, with REPEATS=20 in the environment.

`make test` runs twice in a row, then every notebook that makes a claim REPEATS times, on the
embedded photographs, into nowhere. What was done is noted in _build/soak.json, so an interrupted
soak goes on where it stopped; one that is finished, or a change of the tree, begins anew.
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

from tools import execute, notebooks, repository, write_text
from tools.notebooks import ROOT

NOTE = ROOT / "_build" / "soak.json"
SUITES = 2
CLOSING = re.compile(r"=+ (?P<counts>\d+ (?:passed|failed).*?) =+\s*")


def tree():
    """A digest of every file that a commit would hold."""
    digest = hashlib.sha256()
    for path in (ROOT / name for name in sorted(repository.files())):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def claiming():
    """The notebooks that make claims."""
    found = []
    for path in notebooks.paths():
        code = (c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
        if any(re.search(r"\bclaim\(", cell.source) for cell in code):
            found.append(path)
    return found


class Note:
    """What was done so far: `suites`, one line each, and `runs`, [notebook, its error or None]."""

    def __init__(self, path, tree):
        self.path, self.tree, self.suites, self.runs = path, tree, [], []
        if path.exists() and (kept := json.loads(path.read_text()))["tree"] == tree:
            self.suites, self.runs = kept["suites"], kept["runs"]

    def keep(self):
        kept = {"tree": self.tree, "suites": self.suites, "runs": self.runs}
        write_text(self.path, json.dumps(kept, indent=1))


def suite():
    """Run `make test`, let it speak, and return its closing lines and whether it passed."""
    closing = []
    command = ["make", "--no-print-directory", "test"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            if found := CLOSING.fullmatch(line):
                closing.append(found["counts"])
    return {"said": "; ".join(closing) or "nothing was counted", "passed": running.returncode == 0}


def repeat(note, paths, repeats):
    """Run each of `paths` until it ran `repeats` times, one per core, noting each run."""
    done = Counter(name for name, _ in note.runs)
    missing = [path for turn in range(repeats) for path in paths if done[path.name] <= turn]
    os.environ["MINI_CIFAR"] = notebooks.STANDS_IN
    with execute.pool(len(missing), NOTE.with_suffix(".log")) as pool:
        running = {pool.submit(execute.run, path): path for path in missing}
        whole = len(paths) * repeats
        started = {"initial": whole - len(missing), "total": whole, "unit": "run"}
        for ended in tqdm(as_completed(running), **started):
            _, _, error = ended.result()
            note.runs.append([running[ended].name, error])
            note.keep()


def summary(note):
    """The counts in a few lines, and whether all was well."""
    lines = [f"Suite {n}: {suite['said']}" for n, suite in enumerate(note.suites, start=1)]
    runs = Counter(name for name, _ in note.runs)
    failed = Counter(name for name, error in note.runs if error)
    for name in sorted(runs):
        lines.append(f"{name}: {runs[name]} runs, {failed[name]} failed")
    lines += sorted({f"{name}:\n{error}" for name, error in note.runs if error})
    lines.append(
        f"The suite {len(note.suites)} times, {sum(not s['passed'] for s in note.suites)} failed; "
        f"claims {len(note.runs)} runs, {failed.total()} failed"
    )
    return "\n".join(lines), failed.total() == 0 and all(s["passed"] for s in note.suites)


def main():
    repeats = int(os.environ.get("REPEATS") or 20)
    note = Note(NOTE, tree())
    while len(note.suites) < SUITES:
        note.suites.append(suite())
        note.keep()
    repeat(note, claiming(), repeats)
    text, well = summary(note)
    NOTE.unlink()
    print(text)
    sys.exit(not well)


if __name__ == "__main__":
    main()
