"""What a notebook imports, read from its code: the course's own files, and packages of others.

What a function imports when it is called is not needed before, and does not count.
"""

import ast
import pkgutil
import re
import sys
from functools import cache

from tools.files import ROOT

NAMED = re.compile(r"""["'](?:\./)?([\w-]+\.(?:css|js|toml))["']""")
"""A file in the same folder that a module names, such as "lag.js"."""

FINDS_ITS_MODULES = "iter_modules(__path__)"
"""What a package says that imports all of its modules."""

TESTED = "local/data.py"
"""By this file the set-up cell of every notebook knows the folder of the course."""


def of(notebook):
    """(files, packages): the names below the course's folder, and the top names of the others."""
    files, packages = of_code(c.source for c in notebook.cells if c.cell_type == "code")
    return files | {TESTED, "requirements.txt"}, packages  # which the set-up cell reads


def of_code(sources):
    """The same of pieces of code."""
    files, packages = set(), set()
    for source in sources:
        _follow(source, files, packages)
    return files, packages - sys.stdlib_module_names


def _follow(source, files, packages):
    for name in _imported(source):
        top = name.partition(".")[0]
        if top != "local":
            packages.add(top)
            continue
        for path in _modules(name):
            file = path.relative_to(ROOT).as_posix()
            if file not in files:
                files.add(file)
                text = _text(path)
                files |= _data(path, text)
                _follow(text, files, packages)
                if FINDS_ITS_MODULES in text:
                    below = {
                        ".".join([*path.relative_to(ROOT).parent.parts, m.name])
                        for m in pkgutil.iter_modules([str(path.parent)])
                    }
                    _follow("\n".join(f"import {name}" for name in sorted(below)), files, packages)


def _imported(source):
    """The modules that code imports when it runs, "a.b" also for what `from a import b` names."""
    waiting = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)


def _modules(name):
    """The files of a module of `local` and of the packages around it; a name in it has none."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        home = ROOT.joinpath(*parts[:end])
        for path in (home / "__init__.py", home.with_suffix(".py")):
            if path.is_file():
                yield path


def _data(path, text):
    """The files beside a module that it names, and those that they name."""
    found, waiting = set(), [text]
    while waiting:
        for name in NAMED.findall(waiting.pop()):
            file = path.with_name(name)
            if file not in found and file.is_file():
                found.add(file)
                waiting.append(_text(file))
    return {file.relative_to(ROOT).as_posix() for file in found}


@cache
def _text(path):
    return path.read_text("utf-8")
