"""Trainings that do not depend on each other, side by side in threads."""

import os
import threading

from tqdm import tqdm
from tqdm.contrib.concurrent import thread_map


def side_by_side(function, *arguments):
    """[function(*each) for each in zip(*arguments)], in as many threads as there are cores.

    The nets of this course are so small that a core is often enough for one of them. After an
    interrupt (Ctrl-C, the stop button) no further call begins, and KeyboardInterrupt is raised.
    Raises ValueError where the arguments are not equally long.
    """
    jobs = list(zip(*arguments, strict=True))
    return thread_map(
        lambda job: function(*job), jobs, tqdm_class=tqdm, leave=False, max_workers=os.cpu_count()
    )


def in_thread():
    """Is this a thread beside the main one? Then the caller shows one bar for all of them."""
    return threading.current_thread() is not threading.main_thread()
