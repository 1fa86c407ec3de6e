"""The cases of the questions: the inputs that a submission's code is run on."""

import zlib

import numpy as np

from grading.sandbox.inside import messages

PUBLIC_SEED = 2015
"""Of the cases that the checks in the notebooks use, too."""


class HiddenCases:
    """The hidden cases, the same for all submissions. seed: the gradebook's."""

    def __init__(self, seed):
        self.seed, self.by_name = seed, {}

    def of(self, question):
        """The hidden cases of a question, as `requested` returns them; drawn once."""
        if question.name not in self.by_name:
            rng = np.random.default_rng([self.seed, zlib.crc32(question.name.encode())])
            self.by_name[question.name] = requested(question, rng)
        return self.by_name[question.name]


def requested(question, rng):
    """The cases of a question, each with the message that asks for its outputs."""
    return [(case, request(question, case)) for case in question.cases(rng)]


def request(question, case):
    """The message that has a case probed, without the entries that are for the judge alone."""
    visible = question.visible(case)
    arrays = {name: value for name, value in visible.items() if isinstance(value, np.ndarray)}
    values = {name: value for name, value in visible.items() if name not in arrays}
    values = {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
    return messages.encode({"kind": "probe", "probe": question.name, "values": values}, arrays)
