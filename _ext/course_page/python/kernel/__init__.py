"""What runs a cell on a page: it does what IPython does, as far as a page can show it.

The worker that loads Python calls `begin` once and `run` for each cell. What a cell says and shows
goes to the page at once, as messages: {"kind": "stream", "name", "text"}, {"kind": "display",
"data"} with texts by MIME type, {"kind": "error", "text"}.

It runs in Pyodide and imports nothing but the standard library until a cell does.
"""

import ast
import builtins
import linecache
import logging
import os
import sys

from kernel import outputs, tracebacks

import __main__

counted = {"cells": 0}


def begin(post):
    """Prepare the process. post: takes a message for the page as JSON."""
    outputs.post = post
    outputs.streams[:] = [outputs.Stream("stdout"), outputs.Stream("stderr")]
    sys.stdout, sys.stderr = outputs.streams
    builtins.display = outputs.display
    builtins.input = refuse_input
    sys.modules["IPython.display"] = sys.modules["IPython"] = outputs.ipython()
    fonts = logging.getLogger("matplotlib.font_manager")  # which lists them anew for each page
    fonts.addFilter(lambda record: "building the font cache" not in record.msg)
    os.environ["MPLBACKEND"] = "module://kernel.figures"
    __main__.__dict__.update({"_": "", "__name__": "__main__"})


def run(source, alt):
    """Run the code of a cell; returns whether it reached its end.

    alt: in words what its figure shows.
    """
    counted["cells"] += 1
    number = counted["cells"]
    name = f"<cell {number}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    outputs.alt = alt
    for stream in outputs.streams:
        stream.begin()
    try:
        execute(source, name)
        if "matplotlib.pyplot" in sys.modules:
            from kernel import figures

            figures.show()
    except BaseException as error:  # SystemExit, too, must not end the worker
        outputs.send(kind="error", text=tracebacks.text(error))
        return False
    finally:
        outputs.flush()
    return True


def execute(source, name):
    """Run code in the reader's names, and display the value of a last line that is one."""
    names = __main__.__dict__
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    shown = isinstance(last, ast.Expr) and not silenced(source)
    if shown:
        tree.body.pop()
    exec(compile(tree, name, "exec"), names)
    if shown:
        value = eval(compile(ast.Expression(last.value), name, "eval"), names)
        if value is not None:
            names["_"] = value
            outputs.display(value)


def silenced(source):
    """Whether the last line of code ends in a semicolon, as where a value is not wanted."""
    code = source.rstrip().splitlines()[-1].partition("#")[0]
    return code.rstrip().endswith(";")


def refuse_input(prompt=""):
    raise RuntimeError("A page cannot wait for an input: write the value into the cell.")
