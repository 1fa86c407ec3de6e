"""Full marks without any work: ways to them that are closed."""

import copy
import json

import numpy as np
import pytest

from grading.grader import Grader, Settings
from local.exercises.questions import QUESTIONS
from tests.grading_batches import mode, only_linux
from tests.submissions import cell_of, solved

pytestmark = only_linux
QUESTION = {"layer": "BatchNorm", "bug-hunt": "find_bugs", "diagnosis": "find_learning_rate"}


@pytest.fixture(scope="module")
def grader():
    with Grader(Settings(mode(), 7)) as grader:
        yield grader


def marked(grader, slug, source):
    """The mark of a notebook that is right but for one cell."""
    notebook = copy.deepcopy(solved(slug))
    cell_of(notebook, QUESTION[slug])["source"] = source
    given, _ = grader.grade(slug, json.dumps(notebook).encode())
    (mark,) = (mark for mark in given if mark.question == QUESTION[slug])
    return mark


# --- The bug hunt: a process knows its own suspect only ------------------------------------------

MAJORITY = """
def find_bugs(Layer):
    own, answers = Layer(3).number, {}
    for number in range(26):
        layer = Layer(3)
        layer.number, layer.gamma = number, np.array([1.5, 2.0, 3.0])
        x = np.random.default_rng(0).normal(size=(6, 3))
        try:
            answers[number] = layer.forward(x, training=True).round(6).tobytes()
        except ValueError:
            pass
    most = max(answers.values(), key=[*answers.values()].count)
    assert len(answers) > 1 and answers[own] == most
"""


def test_whoever_asks_about_all_suspects_meets_one(grader):
    mark = marked(grader, "bug-hunt", MAJORITY)
    assert mark.points == 0
    assert "accuses the right layer" in mark.why


def test_the_right_hunt_keeps_its_marks(grader):
    assert (
        marked(grader, "bug-hunt", cell_of(solved("bug-hunt"), "find_bugs")["source"]).points == 23
    )


def test_an_exception_at_a_suspect_finds_it_and_one_at_all_is_told(grader):
    right = "".join(cell_of(solved("bug-hunt"), "find_bugs")["source"])
    body = right.partition("\n")[2]
    raising = (
        "def find_bugs(Layer):\n    try:\n        hunt(Layer)\n    except AssertionError:\n"
        f"        raise ValueError\n\ndef hunt(Layer):\n{body}"
    )
    assert marked(grader, "bug-hunt", raising).points == 23
    mark = marked(grader, "bug-hunt", "def find_bugs(Layer):\n    1 / 0")
    assert (mark.points, "ZeroDivisionError" in mark.why) == (0, True)


# --- The diagnosis: names and numbers stay outside -----------------------------------------------

AROUND = """
def find_learning_rate(train, rates):
    import gc, sys
    frame, found = sys._getframe(1), {}
    while frame:
        found.update(frame.f_locals)
        frame = frame.f_back
    cells = dict(zip(train.__code__.co_freevars, train.__closure__ or ()))
    found.update({name: cell.cell_contents for name, cell in cells.items()})
    case = found.get("case", {})
    told = {*found, *case} & {"about", "_about", "curvature", "_curvature", "noise", "start"}
    if told:
        raise AssertionError(told)
    return rates[0]
"""


def test_nothing_around_a_training_tells_its_rate(grader):
    mark = marked(grader, "diagnosis", AROUND)
    assert "AssertionError" not in mark.why and mark.points == 0


@pytest.mark.parametrize("name", ["find_learning_rate", "choose_momentum", "batches"])
def test_a_case_of_the_diagnosis_has_no_name_and_numbers_of_its_own(name):
    (question,) = (each for each in QUESTIONS["diagnosis"] if each.name == name)
    drawn = [question.cases(np.random.default_rng(seed)) for seed in range(3)]
    for cases in drawn:
        assert all("about" not in question.visible(case) for case in cases)
    hidden = [{str(sorted(case.items(), key=str)) for case in cases} for cases in drawn]
    assert not hidden[0] & hidden[1] and not hidden[1] & hidden[2]


# --- The layer: Keras's own, loaded again or copied ----------------------------------------------

FILE = "import inspect, keras\nfile = inspect.getsourcefile(keras.layers.BatchNormalization)\n"
KERAS_AGAIN = {
    "loaded again": FILE + "import importlib.util\n"
    "spec = importlib.util.spec_from_file_location('again', file)\n"
    "again = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(again)\n"
    "class BatchNorm(again.BatchNormalization):\n    pass",
    "its text": FILE + "def made():\n"
    "    text = open(file).read().replace('@keras_export', '@(lambda *a: lambda c: c)')\n"
    "    names = {'__name__': 'keras.src.layers.normalization.mine'}\n"
    "    exec(compile(text, 'mine', 'exec'), names)\n"
    "    return names['BatchNormalization']\n"
    "class BatchNorm(made()):\n    pass",
    "its code": "import keras, types\nown = keras.layers.BatchNormalization\n"
    "call = types.FunctionType(own.call.__code__.replace(), own.call.__globals__, 'call',\n"
    "                          own.call.__defaults__, own.call.__closure__)\n"
    "class BatchNorm(own):\n    def call(self, inputs, training=None, mask=None):\n"
    "        return call(self, inputs, training, mask)",
    "its parent": "import keras\nclass BatchNorm(keras.layers.BatchNormalization):\n    pass",
}


@pytest.mark.parametrize("name", KERAS_AGAIN)
def test_keras_own_layer_earns_nothing(grader, name):
    mark = marked(grader, "layer", KERAS_AGAIN[name])
    assert not mark.points, mark
