"""A sweep on a cluster: what one machine finds, also when workers die or somebody interrupts."""

import contextlib
import itertools
import os
import signal

import numpy as np
import pytest
import tensorflow as tf

from local.ensembles import cluster
from tests.small_sweeps import SCALES, assert_same, run


@contextlib.contextmanager
def workers(**settings):
    """A cluster of two workers on this machine."""
    from distributed import Client, LocalCluster

    local = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs="CRITICAL",
        **settings,
    )
    with local, Client(local) as client:
        yield client


@pytest.fixture(scope="module")
def client():
    """Two workers in this process, which need not import TensorFlow anew."""
    with workers(processes=False) as client:
        yield client


def test_a_cluster_finds_what_one_machine_finds(client):
    options = {
        "seeds": (1, 2),
        "init_scales": SCALES,
        "keep_weights": True,
        "precise": True,
        "watch": {"norm": lambda layer: tf.norm(layer.kernel, axis=[-2, -1])},
    }
    spread, whole = (run("batch", client=where, **options) for where in (client, None))
    assert spread.finished.all()
    assert_same(spread, whole)
    np.testing.assert_allclose(spread.watched["norm"], whole.watched["norm"], rtol=1e-5)
    np.testing.assert_allclose(spread.precise_test_accuracy, whole.precise_test_accuracy)
    for ours, theirs in zip(spread.weights, whole.weights, strict=True):
        for name, array in theirs.items():
            np.testing.assert_allclose(ours[name], array, atol=1e-5)


def interrupted_after(parts):
    """What stands in for the progress bar until the interrupt comes."""

    def progress(all_parts, **_):
        yield from itertools.islice(all_parts, parts)
        raise KeyboardInterrupt

    return progress


def test_a_cluster_keeps_finished_parts_when_interrupted(client, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "tqdm", interrupted_after(1))
    results = run(seeds=(1, 2), client=client)
    assert "1 of 4 parts are done" in capsys.readouterr().out
    assert 1 <= results.finished.sum() <= 2
    whole = run(seeds=(1, 2)).loss[results.finished]
    np.testing.assert_allclose(results.loss[results.finished], whole, atol=1e-5)
    assert np.isnan(results.loss[~results.finished]).all()
    assert not results.diverged[~results.finished].any()


def test_an_interrupt_before_the_first_part_goes_on(client, monkeypatch):
    monkeypatch.setattr(cluster, "tqdm", interrupted_after(0))
    with pytest.raises(KeyboardInterrupt):
        cluster.completed(client, max, [1], (2,))


def test_an_error_in_a_part_is_raised(client):
    with pytest.raises(ZeroDivisionError):
        cluster.completed(client, divmod, [1, 1], (0,))


def test_nothing_is_lost_when_a_worker_dies(tmp_path):
    """Its part is done again, from data that died with it."""

    def work(part, data):
        (tmp_path / f"{part} {os.getpid()}").touch()
        if part == 3 and len(list(tmp_path.glob("3 *"))) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return part * data.sum()

    with workers(processes=True) as client:
        done = cluster.completed(client, work, list(range(8)), (np.ones(1000),))
    assert done == {part: 1000 * part for part in range(8)}
    assert len(list(tmp_path.glob("3 *"))) == 2
