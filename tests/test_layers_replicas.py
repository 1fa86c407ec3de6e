"""Synchronized statistics: several replicas do what one does with the batches of all of them."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from local import layers
from tests.layer_steps import assert_equal, batch, step
from tools.files import ROOT

X, DY = batch((10, 3))
MASK = np.arange(10) % 3 > 0
CASES = {
    "equal shares": {"cut": 5},
    "unequal shares": {"cut": 2},
    "a replica without rows": {"cut": 10},
    "a mask": {"cut": 4, "mask": MASK.tolist()},
    "a replica whose rows are all hidden": {"cut": 2, "mask": (np.arange(10) >= 2).tolist()},
    "far from zero": {"cut": 3, "offset": 300.0},
    "renorm": {"cut": 3, "options": {"renorm": True, "renorm_clipping": {"rmax": 1.5}}},
}


@pytest.fixture(scope="module")
def on_two_replicas():
    cases = []
    for case in CASES.values():
        case = {"options": {}} | case
        cases.append({"x": (X + case.pop("offset", 0.0)).tolist(), "dy": DY.tolist()} | case)
    done = subprocess.run(
        [sys.executable, "-m", "tests.replicas_step"],
        cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_two_replicas_are_one_batch(name, on_two_replicas):
    case = CASES[name]
    layer = layers.BatchNormalization(**case.get("options", {}))
    mask = tf.constant(case["mask"]) if "mask" in case else None
    y, dx, dgamma, dbeta, _, _, *averages = step(
        layer, X + case.get("offset", 0.0), DY, training=True, mask=mask
    )
    two = [np.array(value) for value in on_two_replicas[name]]
    # Rounding of inputs near 300 is a few parts in 1e5 of their deviation.
    tolerance = 1e-4 if "offset" in case else 2e-6
    assert_equal(two, [y, dx, dgamma, dbeta, *averages], tolerance)


def test_outside_a_strategy_it_changes_nothing():
    x, dy = batch((6, 4, 3))
    results = [
        step(layers.BatchNormalization(synchronized=synchronized), x, dy, training=True)
        for synchronized in (True, False)
    ]
    assert_equal(*results, 2e-6)
