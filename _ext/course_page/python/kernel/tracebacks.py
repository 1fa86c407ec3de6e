"""What went wrong in a cell, in IPython's words: where, with the lines around it, and why."""

import linecache
import re
import traceback
from itertools import dropwhile

WIDTH = 75
CONTEXT = 2
"""Lines shown before and after the one that failed."""
MOST = 12
"""Calls shown of a long chain, as where a function calls itself without end."""

HEADING = "Traceback (most recent call last)"
CAUSED = "The above exception was the direct cause of the following exception:"
MEANWHILE = "During handling of the above exception, another exception occurred:"

CELL = re.compile(r"<cell (\d+)>")


def text(error):
    """All that is shown of an exception, after its cause, or the one during which it came."""
    parts = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        parts += [text(before), CAUSED if error.__cause__ else MEANWHILE]
    calls = [*dropwhile(outside, traceback.walk_tb(error.__traceback__))]
    frames = [frame(*call) for call in calls[:MOST]]
    if len(calls) > MOST:
        left_out = f"    ... {len(calls) - MOST} calls ..."
        frames[MOST // 2 :] = [left_out, *(frame(*call) for call in calls[-MOST // 2 :])]
    last = "".join(traceback.format_exception_only(error)).rstrip()
    last = re.sub(r'File "<cell (\d+)>"', r"Cell In[\1]", last)
    if frames:
        name = type(error).__name__
        heading = "-" * WIDTH + f"\n{name}{HEADING:>{WIDTH - len(name)}}\n"
        last = heading + "\n\n".join([*frames, last])
    return "\n\n".join([*parts, last])


def outside(call):
    """Whether a call is none of a cell's, but one of the page's own, which run the cell."""
    return not CELL.fullmatch(call[0].f_code.co_filename)


def frame(of, line):
    """Where a call stood: its file or cell, the function, and the lines around it."""
    code = of.f_code
    cell = CELL.fullmatch(code.co_filename)
    place = f"Cell In[{cell[1]}], line {line}" if cell else f"File {code.co_filename}:{line}"
    if code.co_name != "<module>":
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        place += f", in {code.co_name}({', '.join(names)})"
    lines = []
    for number in range(max(1, line - CONTEXT), line + CONTEXT + 1):
        source = linecache.getline(code.co_filename, number, of.f_globals).rstrip()
        if source or number == line:
            mark = f"----> {number} " if number == line else f"{number:>7} "
            lines.append(f"{mark:>8}{source}".rstrip())
    return "\n".join([place, *lines])
