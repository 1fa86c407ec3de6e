"""Grading of notebooks from people one does not know: `python -m grading --help`.

batch         grades a folder of submissions, on many cores or machines; can be resumed
worker        grades one submission, in a process of its own
grader        reads a submission and has its assignment's questions marked
readings      marks the questions, by the better of two readings of the notebook
second        the second reading, which runs the whole notebook
doubts        reasons to ask a person instead of giving nothing
attempt       runs the submission's code in a sandbox, case by case
cases         the hidden cases of the questions
marks         points, and the sentences that explain them
similarity    lists solutions that are unusually alike, for people to read
release       makes the notebooks that students get
submissions/  finds and reads what students hand in
sandbox/      runs a submission's code, separated from the system
records/      stores marks, and makes tables and pages of them
"""

import sys

if sys.platform == "win32":
    raise ImportError("Grading needs Linux; on Windows there is one inside: use WSL.")
