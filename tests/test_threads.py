"""Side by side in threads: the same results, in order; faults and interrupts are told."""

import time
from functools import partial

import keras
import numpy as np
import pytest

from local import threads, training
from local.models import SmallNet


def test_the_nets_are_those_of_one_after_the_other(capsys):
    random, y = np.random.default_rng(0), np.arange(90) % 3
    problem = random.normal(size=(90, 10)).astype("float32"), y

    def losses(rate, normalization):
        options = {"epochs": 2, "batch_size": 16, "optimizer": keras.optimizers.Adam(rate)}
        make = partial(SmallNet, hidden=6, normalization=normalization)
        found = training.fit_each(make, *problem, (0, 1), **options)
        return [history.loss for _, history in found]

    arms = [0.01, 0.02, 0.03], [None, "before", "after"]
    together = threads.side_by_side(losses, *arms)
    assert "epochs" not in capsys.readouterr().err  # bars of threads would write over one another
    np.testing.assert_array_equal(together, list(map(losses, *arms)))
    assert "epochs" in capsys.readouterr().err


def test_results_keep_their_order_and_a_fault_is_raised():
    def later_first(number):
        time.sleep(0.02 * (3 - number))
        return 10 // number

    assert threads.side_by_side(later_first, [1, 2, 3]) == [10, 5, 3]
    assert threads.side_by_side(later_first, []) == []
    with pytest.raises(ZeroDivisionError):
        threads.side_by_side(later_first, [1, 0])
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        threads.side_by_side(pow, [1, 2], [1])


def test_after_an_interrupt_nothing_more_begins():
    begun = []

    def first_interrupts(number):
        begun.append(number)
        if number == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        threads.side_by_side(first_interrupts, range(1000))
    assert len(begun) < 100
