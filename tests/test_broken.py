"""Every wrong copy of the layer is found by at least one of the checks in test_equations.py."""

from functools import cache

import numpy as np
import pytest
from test_equations import CHECKS

from local.exercises.broken import BROKEN
from local.exercises.ideas import MISCONCEPTIONS


@cache
def finds(check, layer_class):
    """Whether the check fails for this layer; wrong shapes count, misspelt names do not."""
    try:
        with np.errstate(all="ignore"):
            check(layer_class=layer_class)
    except (AssertionError, ValueError):
        return True
    return False


@pytest.mark.parametrize("name", BROKEN)
def test_is_found_and_yet_nearly_right(name):
    finders = [check_name for check_name, check in CHECKS.items() if finds(check, BROKEN[name])]
    print(f"{name}: {', '.join(finders) or 'found by no check'}")
    assert finders
    assert len(finders) <= 2 * len(CHECKS) / 3, "a wrong copy differs in one idea only"


def test_every_copy_says_what_is_wrong():
    for layer_class in BROKEN.values():
        assert layer_class.__doc__.endswith(".")
        assert layer_class.idea.misconception in {None, *MISCONCEPTIONS}


def test_every_check_finds_something():
    for name, check in CHECKS.items():
        assert any(finds(check, layer_class) for layer_class in BROKEN.values()), name
