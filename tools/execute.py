"""Execute the notebooks that changed, one per core, into the cache from which the book is built.

Usage: python -m tools.execute.
"""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from jupyter_cache.executors.utils import single_nb_execution
from nbclient.exceptions import DeadKernelError
from nbformat import NO_CONVERT, read
from tqdm import tqdm

from tools import cache, faults, freshness
from tools.files import ROOT
from tools.notebooks import paths

MESSAGES = ROOT / "_build" / "execute.log"
"""What the kernels and TensorFlow print while notebooks are executed."""

GRACE = 3
"""Seconds that an interrupted worker has to end its kernel and itself."""


def failure(notebook):
    """Which cell of an executed notebook failed, counted as readers do from 1, and why."""
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, cell in enumerate(code, start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                first = cell.source.strip().splitlines()[0]
                return f"code cell {number} ({first}): {output.ename}: {output.evalue}"
    return "the kernel ended (is there memory enough?), or a cell took longer than 300 s"


def prepare(messages, threads):
    """Prepare a worker: its standard error goes to a file, away from the progress bar."""
    log = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.environ |= {f"TF_NUM_{kind}OP_THREADS": str(threads) for kind in ("INTRA", "INTER")}


@contextmanager
def pool(jobs, messages):
    """A process pool with a worker per core, each with its share of TensorFlow's threads.

    More threads than cores would only wait for each other. Whatever ends the `with` block early, an
    interruption too, stops the workers, and no further job is started.
    """
    workers = max(1, min(os.cpu_count(), jobs))
    executor = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=prepare,
        initargs=[messages, os.cpu_count() // workers],
    )  # fmt: skip
    try:
        yield executor
    except BaseException:
        for worker in active_children():
            worker.join(GRACE)
            worker.kill()  # nbclient catches the interruption, so the worker itself may live on
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def submit(workers, paths):
    """Have the pool `workers` execute the notebooks at `paths`; returns {future: path}.

    The workers start with interruptions blocked, until `prepare`: while they import modules, an
    interruption would print a traceback of each.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return {workers.submit(run, path): path for path in paths}
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def run(path):
    """Execute one notebook; returns it, the seconds it took, and the traceback if it failed."""
    notebook = read(path, NO_CONVERT)
    try:
        result = single_nb_execution(notebook, cwd=path.parent, timeout=300, allow_errors=False)
    except DeadKernelError as error:  # killed, or out of memory
        return notebook, None, str(error)
    return notebook, result.time, result.exc_string


def main():
    freshness.empty_if_stale(freshness.stamp())
    with cache.opened(cache.CACHE) as stored:
        waiting = [path for path in paths() if not cache.holds(stored, path)]
    if not waiting:
        return
    MESSAGES.unlink(missing_ok=True)
    print(f"Executing {len(waiting)} of {len(paths())} notebooks, one per core", flush=True)
    failed = []
    with pool(len(waiting), MESSAGES) as workers:
        running = submit(workers, waiting)
        for done in tqdm(as_completed(running), total=len(running), unit="notebook"):
            notebook, seconds, traceback = done.result()
            if traceback:
                failed.append((running[done].name, failure(notebook), traceback))
                continue
            cache.store(notebook, running[done], seconds)
    for name, _, traceback in failed:
        print(f"\n{name} did not run:\n{traceback}")
    for name, where, _ in failed:
        print(f"{name}, {where}")
    if failed:
        sys.exit(f"The book stops here: {', '.join(name for name, _, _ in failed)}.")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
