"""Assignment 1: forward and backward in NumPy."""

from local.exercises.question import Assignment
from local.exercises.questions.forward_and_backward import backward, forward

ASSIGNMENT = Assignment(
    number=1,
    title="forward and backward in NumPy",
    about="five functions in NumPy, and a gradient check that can fail",
    minutes=90,
    questions=forward.QUESTIONS + backward.QUESTIONS,
)
