"""Compiled modules in the place of their source: run by Pyodide, whose bytecode it is.

A page that imports matplotlib or SymPy would spend most of the time on compiling them.
"""

import ast
import base64
import io
import zipfile
from importlib.util import MAGIC_NUMBER
from marshal import dumps
from sysconfig import get_path

WITHOUT_DOCSTRINGS = ("sympy/", "mpmath/")
"""With docstrings, their bytecode would be twice as large as their source."""

HASHED_AND_UNCHECKED = (1).to_bytes(4, "little") + bytes(8)
"""What says in a compiled module that no source is to be compared with it (PEP 552)."""


def compiled(wheel):
    """A zip archive in base64 -> the same with NAME.pyc for each NAME.py that can be compiled."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base64.b64decode(wheel))) as old,
        zipfile.ZipFile(made, "w") as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".py"):
                place = f"{get_path('purelib')}/{name}"  # what a traceback names
                try:
                    tree = ast.parse(content)
                    if name.startswith(WITHOUT_DOCSTRINGS):
                        remove_docstrings(tree)
                    code = compile(tree, place, "exec", dont_inherit=True, optimize=0)
                except SyntaxError:  # a template, say: it is no module
                    pass
                else:
                    name += "c"
                    content = MAGIC_NUMBER + HASHED_AND_UNCHECKED + dumps(code)
            new.writestr(name, content)
    return base64.b64encode(made.getvalue()).decode()


def remove_docstrings(tree):
    """Take docstrings out of a module, and nothing else: Python's own -OO drops assertions, too."""
    for node in ast.walk(tree):
        described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, described) and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.copy_location(ast.Pass(), node.body[0])
