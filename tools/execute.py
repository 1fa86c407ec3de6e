"""Execute the notebooks that changed, one per core, into the cache from which the book is built.

The cache knows a notebook by its code cells. What else decides its outputs (the course's own code,
the installed packages, the data set) stands in a stamp beside it: a new stamp empties the cache.
"""

import hashlib
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from filelock import FileLock
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from nbclient.exceptions import DeadKernelError
from nbformat import NO_CONVERT, read
from tqdm import tqdm

from local import data
from tools.cache import opened
from tools.notebooks import CACHE, ROOT, paths

MESSAGES = ROOT / "_build" / "execute.log"
GRACE = 3
"""Seconds that an interrupted worker is given to end its kernel, and itself."""


def stamp():
    """One digest of everything outside the notebooks that their outputs depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for array in data.load_mini_cifar():  # and is there when the notebooks ask, all at once
        digest.update(array.tobytes())
    for path in [ROOT / "requirements.lock", *sorted((ROOT / "local").rglob("*.*"))]:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def forget_if_stale():
    """Empty the cache where its stamp is not today's, and forget the pages made from it."""
    note, today = CACHE / "stamp", stamp()
    if not note.exists() or note.read_text() != today:
        shutil.rmtree(CACHE, ignore_errors=True)
        # What Sphinx has read, too: it looks at the notebooks, not at the cache, for what changed.
        shutil.rmtree(CACHE.with_name(".doctrees"), ignore_errors=True)
        CACHE.mkdir(parents=True)
        note.write_text(today)


def place(notebook):
    """Which cell of an executed notebook failed, and of what; readers count code cells from 1."""
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, cell in enumerate(code, start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                first = cell.source.strip().splitlines()[0]
                return f"code cell {number} ({first}): {output.ename}: {output.evalue}"
    return "the kernel ended (is there memory enough?), or a cell took longer than 300 s"


def is_cached(cache, path):
    try:
        cache.match_cache_notebook(read(path, NO_CONVERT))
    except KeyError:
        return False
    return True


def prepare(messages, threads):
    """Send what kernels and TensorFlow mutter to a file, away from the progress bar."""
    log = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    os.environ |= {f"TF_NUM_{kind}OP_THREADS": str(threads) for kind in ("INTRA", "INTER")}


@contextmanager
def pool(jobs, messages):
    """A process per core. They share the cores fairly: threads that wait for each other cost.

    Whatever stops the `with` block, an interruption too, stops them, and starts no further job.
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
            worker.kill()  # asked to end, it may only end its kernel: nbclient hears that signal
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def run(path):
    """Execute one notebook; returns it, the seconds it took, and the traceback if it failed."""
    notebook = read(path, NO_CONVERT)
    try:
        result = single_nb_execution(notebook, cwd=path.parent, timeout=300, allow_errors=False)
    except DeadKernelError as error:  # killed, or out of memory
        return notebook, None, str(error)
    return notebook, result.time, result.exc_string


def keep(notebook, path, seconds):
    """Put an executed notebook into the cache."""
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    with opened(CACHE) as cache:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def keep_tested(notebook, path, seconds):
    """Put a notebook that a test has executed into the cache, if the book would come out the same.

    Where the book is made from other data than the tests (mini CIFAR itself), nothing is kept.
    """
    CACHE.parent.mkdir(exist_ok=True)
    with FileLock(CACHE.parent / "tested.lock"):
        note = CACHE / "stamp"
        if not note.exists():
            forget_if_stale()
        if note.read_text() == stamp():
            keep(notebook, path, seconds)


def main():
    forget_if_stale()
    with opened(CACHE) as cache:
        waiting = [path for path in paths() if not is_cached(cache, path)]
    if not waiting:
        return
    MESSAGES.unlink(missing_ok=True)
    print(f"Executing {len(waiting)} of {len(paths())} notebooks, one per core", flush=True)
    failed = []
    with pool(len(waiting), MESSAGES) as workers:
        running = {workers.submit(run, path): path for path in waiting}
        for done in tqdm(as_completed(running), total=len(running), unit="notebook"):
            notebook, seconds, traceback = done.result()
            if traceback:
                failed.append((running[done].name, place(notebook), traceback))
                continue
            keep(notebook, running[done], seconds)
    for name, _, traceback in failed:
        print(f"\n{name} did not run:\n{traceback}")
    for name, where, _ in failed:
        print(f"{name}, {where}")
    if failed:
        sys.exit(f"The book stops here: {', '.join(name for name, _, _ in failed)}.")


if __name__ == "__main__":
    main()
