"""What nbval must not compare: the committed notebooks do not hold it (tools/notebooks.py)."""

import os

import pytest

os.environ.setdefault("MINI_CIFAR", "textures")  # what the stored outputs come from

NOT_STORED = ("image/svg+xml", "text/html", "stderr")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    collected = yield
    for file in collected:
        if hasattr(file, "skip_compare"):
            file.skip_compare += NOT_STORED
    return collected
