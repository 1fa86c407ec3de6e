"""The questions of the assignments: points, cases, judges. Nothing here runs a reader's code."""

from local.questions import backward, bug_hunt, diagnosis, forward, layer
from local.questions.hints import MISCONCEPTIONS

__all__ = ["MISCONCEPTIONS", "QUESTIONS"]

QUESTIONS = {
    forward.SLUG: forward.QUESTIONS + backward.QUESTIONS,
    "layer": layer.QUESTIONS,
    "diagnosis": diagnosis.QUESTIONS,
    "bug-hunt": bug_hunt.QUESTIONS,
}
"""By assignment, in the order of its notebook."""
