"""Settings of all tests: the environment, what nbval does not compare, and which tests go first."""

import os

import pytest

pytest_plugins = ["tests.store_executed"]

os.environ.setdefault("MINI_CIFAR", "textures")  # the data of the committed outputs
# Tests reach their servers on loopback without the proxy that the machine may have.
os.environ["no_proxy"] = f"127.0.0.1,{os.environ.get('no_proxy', '')}"
for name in ("GITHUB_REPOSITORY", "COURSE_REMOTE", "COURSE_SITE"):
    os.environ.pop(name, None)  # they name this repository, and tests make clones with other names
if "PYTEST_XDIST_WORKER" in os.environ:  # each has one core, where more threads would only wait
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

SLOWEST = ("tests/test_grading", "tests/test_live", "tests/test_run_here", "tests/test_s")
"""Where the slowest tests are. They go first, so that at the end no core waits for another."""

NOT_COMPARED = ("image/svg+xml", "text/html", "stderr")
"""Types of outputs that are not committed, so nbval cannot compare them."""


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    collected = yield
    for file in collected:
        if hasattr(file, "skip_compare"):  # a notebook of nbval's
            file.skip_compare += NOT_COMPARED
    return collected


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))
