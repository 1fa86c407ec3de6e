"""What nbval must not compare, since no committed notebook holds it, and which tests go first."""

import os

import pytest

os.environ.setdefault("MINI_CIFAR", "textures")  # what the stored outputs come from
if "PYTEST_XDIST_WORKER" in os.environ:  # one for each core: more threads would only wait
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

SLOWEST = ("tests/test_grading", "tests/test_live", "tests/test_s", "content/")
"""Where the slowest tests are. They go first, so that at the end no core waits for another."""

NOT_STORED = ("image/svg+xml", "text/html", "stderr")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    collected = yield
    for file in collected:
        if hasattr(file, "skip_compare"):
            file.skip_compare += NOT_STORED
    return collected


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))
