"""The questions of the assignments: points, cases, judges. Nothing here runs a reader's code."""

from local.exercises.ideas import MISCONCEPTIONS
from local.exercises.questions import backward, bug_hunt, diagnosis, forward, layer

__all__ = ["MISCONCEPTIONS", "QUESTIONS"]

QUESTIONS = {
    forward.SLUG: forward.QUESTIONS + backward.QUESTIONS,
    "layer": layer.QUESTIONS,
    "diagnosis": diagnosis.QUESTIONS,
    "bug-hunt": bug_hunt.QUESTIONS,
}
"""By assignment, in the order of its notebook."""
