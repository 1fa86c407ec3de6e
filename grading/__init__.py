"""Grading of notebooks by people one does not know: `python -m grading --help`.

Many at a time (batch), submissions are found and read (submissions) and marked question by question
(grader, marks) in processes that are shut in (sandbox, systemcalls, forkserver, inside/). Every
mark is kept (gradebook) and passed on (nbgraderbook, feedback, summary). release makes the
notebooks that students get.
"""

import sys

if sys.platform == "win32":
    raise ImportError("Grading needs Linux; on Windows there is one inside: use WSL.")
