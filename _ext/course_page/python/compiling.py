"""Compiled modules in the place of their source: run by Pyodide, whose bytecode it is.

A page that imports matplotlib or SymPy would spend most of the time on compiling them.
"""

import base64
import io
import zipfile
from importlib.util import MAGIC_NUMBER
from marshal import dumps

WITHOUT_DOCSTRINGS = ("sympy/", "mpmath/")
"""Their bytecode would be twice as large as their source; what is a result of theirs is printed."""

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
                kept = 2 if name.startswith(WITHOUT_DOCSTRINGS) else 0
                try:
                    code = compile(content, name, "exec", dont_inherit=True, optimize=kept)
                except SyntaxError:  # a template, say: it is no module
                    pass
                else:
                    name += "c"
                    content = MAGIC_NUMBER + HASHED_AND_UNCHECKED + dumps(code)
            new.writestr(name, content)
    return base64.b64encode(made.getvalue()).decode()
