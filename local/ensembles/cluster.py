"""A long piece of work in parts, on a Dask cluster: one call, and a lost worker costs no result.

One machine needs no Dask, so it is not installed unless it is asked for, and imported here alone.
"""

from tqdm import tqdm


class DaskMissingError(ImportError):
    """A cluster was asked for, and Dask is not installed."""


def import_dask():
    """The packages dask and distributed.

    Raises DaskMissingError, whose one line says how to install them, where one cannot be imported.
    """
    try:
        import dask
        import distributed
    except ModuleNotFoundError as error:
        raise DaskMissingError(
            f"A cluster needs the package {error.name}, which is not installed: run `make cluster` "
            "or `pip install -r requirements-cluster.lock` in the course's folder."
        ) from None
    return dask, distributed


def completed(client, work, parts, data):
    """{index of a part: work(part, *data)} for every part, computed by the workers of `client`.

    work: a function that the workers can import: start them where the course's folder is on their
    path, as `dask worker` in that folder does.  parts: a list; they are handed out as workers get
    free, so a few more than workers are best.  data: a tuple that all parts share.

    What a worker had not yet handed over when it died is done again by another. An interrupt
    (Ctrl-C, the stop button) calls off the parts that are missing and returns the rest; where
    there is nothing to return, it goes on. An error inside `work` is raised here. Raises
    DaskMissingError where Dask is not installed.
    """
    dask, distributed = import_dask()
    # As a task, and not scattered, the data survive the worker that holds them: Dask makes them
    # again. They are large for a task, which Dask would warn of.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        shared = client.submit(tuple, data, pure=False)
        futures = client.map(_on_data, range(len(parts)), parts, work=work, data=shared, pure=False)
    done = {}
    try:
        finished = distributed.as_completed(futures, with_results=True)
        for _, (index, result) in tqdm(finished, desc="parts", total=len(parts), leave=False):
            done[index] = result
    except KeyboardInterrupt:
        if not done:
            raise
        print(f"Interrupted: {len(done)} of {len(parts)} parts are done.")
    finally:
        client.cancel([*futures, shared])
    return done


def _on_data(index, part, work, data):
    return index, work(part, *data)
