"""What runs inside the sandbox: the only part of `grading` that a submission's process can see.

server     the fork server: one process for each submission
child      a submission's process: it answers the grader's messages
sources    from the cells of a notebook to the function that a question asks for: only what it needs
whole      the second reading: the notebook is run from top to bottom, as IPython runs it
standins   modules that stand in for the course's own while a notebook runs
confine    how a process gives up rights, files and resources
messages   the format of messages, which the grader uses, too

The modules here import NumPy, the standard library and each other, and nothing else of the course;
only `whole` imports IPython, when it is needed.
They hold no case and no answer.
"""
