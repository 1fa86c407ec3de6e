"""From the cells of a notebook to the one function or class that a question asks for.

A notebook holds more than its solutions: plots, trainings, `input()`, magics, half-finished trials.
None of that is run. For a name, only the statements are run that define it and, in turn, those that
define what they use. So only what the solution needs can cost points or time.
"""

import __future__

import ast
import builtins
import functools
import re
import symtable
import sys
import types
from typing import NamedTuple

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What the compiler can raise for a text that is not Python."""
TIMED = ("%%time", "%%capture", "%%timeit")
"""Cell magics after which the rest of the cell is Python."""
SHELL = re.compile(r"^(\s*)(?:([\w, ]+=)\s*)?(?:[%!].*|\?.*|[\w.]+\?{1,2}\s*)$")
"""A line that only IPython understands; groups: its indent, and the names it is assigned to."""
BUILTINS = frozenset(dir(builtins))
"""Names that Python gives, as `sum`, which no cell further down gives to those above it."""


class NotDefinedError(Exception):
    """The cells do not define the name; the text says why."""


class NotPythonError(NotDefinedError):
    """The cell that should define the name is not Python."""


class Statement(NamedTuple):
    """A statement at the top level of a cell, and the global names that matter to it.

    cell: number of the cell, None before it is known.  changes: objects a part of which is
    assigned.  touches: objects whose method is called, as in `table.append(3)`, which may change
    them.  runs: functions that are called or used as decorators.  effects: what a call of this
    function changes.
    """

    cell: int | None
    node: ast.stmt
    defines: set
    changes: set
    touches: set
    uses: set
    runs: set
    effects: set


def statements(cells):
    """The statements of all cells that are Python, and {number of the cell: why} for the others."""
    found, broken = [], {}
    for number, source in enumerate(cells):
        try:
            found += [each._replace(cell=number) for each in _described_cell(source)]
        except UNREADABLE as error:
            line = f" (line {error.lineno} of the cell)" if isinstance(error, SyntaxError) else ""
            broken[number] = f"{type(error).__name__}: {getattr(error, 'msg', error)}{line}"
    return _with_changes(found), broken


def _with_changes(found):
    """`found`, with all that calls of methods and functions may change added to `changes`."""
    imports = (each for each in found if isinstance(each.node, ast.Import | ast.ImportFrom))
    modules = {module for each in imports for module in each.defines}
    effects = {name: each.effects for each in found if each.effects for name in each.defines}

    def changed(statement):
        by_calls = (effects.get(name, ()) for name in statement.runs)
        # A call of a module's function, such as `np.testing.assert_equal(...)`, changes nothing.
        return statement.changes | (statement.touches.union(*by_calls) - modules)

    return [each._replace(changes=changed(each)) for each in found]


@functools.cache
def _described_cell(source):
    """The statements of a cell, without its number; cached, since most notebooks share cells."""
    return [_described(*each) for each in _parsed(source)]


def _parsed(source):
    """The statements of a cell, each as a node and as text."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:
        source = _without_magics(_unindented(source))
        nodes = ast.parse(source).body
    lines = re.split("\r\n?|\n", source)
    for node in nodes:
        first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
        text = [line.encode() for line in lines[first - 1 : node.end_lineno]]
        text[-1] = text[-1][: node.end_col_offset]
        text[0] = text[0][node.col_offset :]  # after a semicolon
        yield node, b"\n".join(text).decode()


def _unindented(source):
    """`source` without the indent of its first line, as IPython reads it."""
    space = re.match(r"(?:[ \t]*\r?\n)*([ \t]*)", source)[1]
    return re.sub(rf"^{space}", "", source, flags=re.M)


def _without_magics(source):
    """`source` without what only IPython understands; of a cell in another language, nothing."""
    lines = source.split("\n")
    if lines[0].startswith("%%"):
        if not lines[0].startswith(TIMED):
            return ""
        lines[0] = ""
    replaced, continued = [], False
    for line in lines:
        new = SHELL.sub(lambda m: f"{m[1]}{m[2]} None" if m[2] else f"{m[1]}pass", line)
        replaced.append("" if continued else new)
        continued = (continued or new != line) and line.rstrip().endswith("\\")
    return "\n".join(replaced)


def _described(node, text):
    """The Statement of a node whose source is `text`, without the number of its cell."""
    defines, uses = _names(symtable.symtable(text, "cell", "exec"))
    changes, touches, runs, effects = set(), set(), set(), set()
    if isinstance(node, ast.ImportFrom) and (
        node.names[0].name == "*" or node.module == "__future__"
    ):
        defines.add("*")
    for part in ast.walk(node):
        match part:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                changes.add(_base(part))
            case ast.Expr(
                value=ast.Call(func=ast.Attribute() as method)
                | ast.ListComp(elt=ast.Call(func=ast.Attribute() as method))
            ):
                touches.add(_base(method))
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
                runs.add(name)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        effects = ((changes | touches) & uses) | (defines - {node.name})
        decorators = [getattr(each, "func", each) for each in node.decorator_list]
        runs = {each.id for each in decorators if isinstance(each, ast.Name)}
        changes = set()  # a definition changes nothing until it is called
        touches = {_base(each) for each in decorators if isinstance(each, ast.Attribute)}
    return Statement(None, node, defines, changes, touches, uses, runs, effects)


def _names(table):
    """The global names that are defined and used in a table of symbols and those inside it."""
    top, symbols = table.get_type() == "module", table.get_symbols()
    assigned = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    declared = {s.get_name() for s in symbols if top or s.is_declared_global()}
    used = {s.get_name() for s in symbols if s.is_referenced() and (top or s.is_global())}
    defines = assigned & declared
    for inner in table.get_children():
        deeper, further = _names(inner)
        defines |= deeper
        used |= further
    return defines, used


def _base(node):
    """The name of the object whose part or method this is; None for a value without a name."""
    while True:
        match node:
            case (
                ast.Attribute(value=inner)
                | ast.Subscript(value=inner)
                | ast.Call(func=ast.Attribute(value=inner))
            ):
                node = inner
            case ast.Name(id=name):
                return name
            case _:
                return None


def needed(name, found, cells=()):
    """The statements among `found` that define `name` and what it uses, in order.

    cells: numbers of the cells whose definitions count, of `name` and of its helpers, if other
    cells define them, too; empty if all definitions count.
    """
    own = {each for one in found if one.cell in cells for each in one.defines} - {"*"}
    last = max(cells, default=float("inf"))
    before = {each for one in found if one.cell <= last for each in one.defines} - {"*"}
    before |= BUILTINS
    wanted, chosen, grown = {name, "*"}, set(), True  # `from numpy import *` may define anything
    while grown:
        grown = False
        for place, one in enumerate(found):
            elsewhere = own if name in own and one.cell not in cells else set()
            if one.cell > last:  # an experiment further down must not redefine anything
                elsewhere = elsewhere | before
            reasons = one.defines - elsewhere | one.changes
            if one.cell in cells:  # the solution may find classes by `Parent.__subclasses__()`
                reasons |= {_base(each) for each in getattr(one.node, "bases", ())}
            if place not in chosen and reasons & wanted:
                chosen.add(place)
                wanted |= one.uses
                grown = True
    return [found[place] for place in sorted(chosen)]


def define(name, found, broken, cells=()):
    """Run what `name` needs in a new module; returns the object of that name, and the first error.

    found, broken: from `statements`. cells: see `needed`. An error does no harm if the name is
    defined in the end, but it may explain a later one. Raises NotDefinedError if the name is not
    defined, with the first error as its cause.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    flags, first = 0, None
    for one in needed(name, found, cells):
        if isinstance(one.node, ast.ImportFrom) and one.node.module == "__future__":
            flags |= sum(getattr(__future__, each.name).compiler_flag for each in one.node.names)
            continue
        try:
            tree = ast.Module([one.node], [])
            exec(compile(tree, f"<cell {one.cell}>", "exec", flags), vars(module))
        except BaseException as error:  # a submission may raise anything, SystemExit too
            first = first or error
    if name in vars(module):
        return vars(module)[name], first
    why = [broken[cell] for cell in cells if cell in broken]
    if first is None and why:
        raise NotPythonError(f"the cell of {name} is not Python: {why[0]}")
    raise NotDefinedError(f"no cell defines {name}") from first
