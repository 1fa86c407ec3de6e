"""Ask every claim in every world: python -m tools.multiverse.

Each notebook that makes claims is executed once in each world of `local.worlds`, one a core, or on
the workers of a Dask cluster whose scheduler SCHEDULER names. What was done is recorded in
_build/multiverse.json, so an interrupted run goes on where it stopped. At the end the verdicts are
written to content/multiverse.json, which is committed: the pages show them.

MINI_CIFAR names the file for the world "mini CIFAR"; without it, the original is downloaded. DATA
names a file of your own, which becomes one world more, in the note and not in the committed file.
"""

import hashlib
import json
import os
import re
import sys
from concurrent.futures import as_completed
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_cache.executors.utils import single_nb_execution
from nbclient.exceptions import DeadKernelError
from tqdm import tqdm

from local.ensembles.cluster import DaskMissingError, import_dask
from local.worlds import WORLDS
from tools import execute, faults, ledger, notebooks, soak, verdicts
from tools.files import ROOT, write

PROGRESS = ROOT / "_build" / "multiverse.json"
OWN_FILE = "your file"
"""The world of the file that DATA names."""
TIMEOUT = 900
"""Seconds for a cell: two notebooks share two cores."""


def environment(world):
    """The variables that make `world`, where the experiments of a notebook look for it."""
    if world == OWN_FILE:
        return {"WORLD": "mini CIFAR", "MINI_CIFAR": str(Path(os.environ["DATA"]).resolve())}
    if WORLDS[world].mini_cifar:
        return {"WORLD": world, "MINI_CIFAR": os.environ.get("MINI_CIFAR", "")}
    return {"WORLD": world, "MINI_CIFAR": notebooks.DATA}


def run(name, variables):
    """Execute one notebook in a world: the records of its claims, and what stopped a cell.

    Cells that raise are passed over, as a claim elsewhere may still be asked.
    """
    path = ROOT / name
    os.environ |= variables
    notebook = nbformat.read(path, as_version=4)
    try:
        single_nb_execution(notebook, cwd=path.parent, timeout=TIMEOUT, allow_errors=True)
    except DeadKernelError as error:
        return [], [str(error)]
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    raised = [what_stopped(out) for out in outputs if out.output_type == "error"]
    return [vars_of(claim) for claim in ledger.claims_of(notebook)], raised


def what_stopped(error):
    """The exception of an output, and the line of the cell where it was raised."""
    said = ": ".join(filter(None, [error.ename, *error.evalue.splitlines()[:1]]))
    plain = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback))  # without its colours
    arrows = re.findall(r"(?m)^-+> *\d+ *(.+)$", plain)
    return f"{said}, at `{arrows[0].strip()}`" if arrows else said


def vars_of(claim):
    """What the verdicts need of a claim."""
    names = ("key", "text", "predicted", "value", "low", "high", "holds")
    return {name: getattr(claim, name) for name in names}


@contextmanager
def workers(jobs):
    """An executor: processes of this machine, or the workers of the cluster."""
    scheduler = os.environ.get("SCHEDULER")
    if not scheduler:
        with execute.pool(jobs, PROGRESS.with_suffix(".log")) as pool:
            yield pool
        return
    _, distributed = import_dask()
    with distributed.Client(scheduler) as client, client.get_executor(pure=False) as executor:
        yield executor


def stamp(path):
    """What decides the claims of the notebook at `path`: its code, the library, the packages."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for module in sorted((ROOT / "local").rglob("*.py")):
        digest.update(module.read_bytes())
    for cell in nbformat.read(path, as_version=4).cells:
        digest.update(cell.source.encode() if cell.cell_type == "code" else b"")
    return digest.hexdigest()


def rounded(record):
    """A record whose numbers have four digits: more would only differ from machine to machine."""
    numbers = ("value", "low", "high")
    short = {n: record[n] and float(f"{record[n]:.4g}") for n in numbers}
    return record | short


def main():
    worlds = [*WORLDS, *([OWN_FILE] if os.environ.get("DATA") else [])]
    names = [path.relative_to(ROOT).as_posix() for path in soak.claiming()]
    stamps = {name: stamp(ROOT / name) for name in names}
    note = json.loads(PROGRESS.read_text("utf-8")) if PROGRESS.exists() else []
    note = [done for done in note if stamps.get(done["notebook"]) == done["stamp"]]
    there = {(done["world"], done["notebook"]) for done in note}
    waiting = [(w, n) for w in worlds for n in names if (w, n) not in there]
    PROGRESS.parent.mkdir(exist_ok=True)
    with workers(len(waiting)) as pool:
        running = {pool.submit(run, name, environment(w)): (w, name) for w, name in waiting}
        bar = {"initial": len(there), "total": len(there) + len(waiting), "unit": "notebook"}
        for ended in tqdm(as_completed(running), **bar):
            world, name = running[ended]
            records, raised = ended.result()
            about = {"world": world, "notebook": name, "stamp": stamps[name]}
            note.append(about | {"claims": [*map(rounded, records)], "raised": raised})
            write(PROGRESS, json.dumps(note, indent=1))
    runs = {(d["world"], d["notebook"]): d["claims"] for d in note if d["world"] in WORLDS}
    found = verdicts.collected(runs, WORLDS)
    write(verdicts.VERDICTS, verdicts.as_text(found))
    for done in note:
        for claim in done["claims"]:
            if not claim["holds"]:
                print(f"{done['world']}: {claim['key']} does not hold ({claim['value']})")
        for error in done["raised"]:
            print(f"{done['world']}: {done['notebook']}: {error.splitlines()[0]}")
    there = verdicts.VERDICTS.relative_to(ROOT)
    print(f"{len(found)} claims in {len(WORLDS)} worlds: {there}")


if __name__ == "__main__":
    with faults.in_one_line():
        try:
            main()
        except DaskMissingError as error:
            sys.exit(str(error))
