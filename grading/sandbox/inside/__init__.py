"""What runs inside the sandbox: all of `grading` that a submission's process can see.

The modules here import NumPy, the standard library and each other, nothing else of the course, and
know no case and no answer.
"""
