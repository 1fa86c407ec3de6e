"""From the cells of a notebook to the one function or class that a question asks for.

A notebook holds more than its solutions: plots, trainings, `input()`, magics, half-finished trials.
None of that is run. For a name, only those statements are run that define it, and, in turn, those
that define what they use. So nothing costs a mark, or time, but what the solution needs.
"""

import __future__

import ast
import functools
import re
import symtable
import sys
import types
from typing import NamedTuple

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What compiling can raise for a text that is not Python."""
TIMED = ("%%time", "%%capture", "%%timeit")
"""Cell magics whose cell is Python all the same."""
SHELL = re.compile(r"^(\s*)(?:([\w, ]+=)\s*)?(?:[%!].*|\?.*|[\w.]+\?{1,2}\s*)$")
"""A line that only IPython understands, with its indent and what it is assigned to."""


class NotDefined(Exception):
    """The name does not come to be; the text says why."""


class Statement(NamedTuple):
    """A statement at the top level of a cell, and the global names that matter to it.

    cell: its number, None before it is known.  changes: what is assigned into.  touches: what has a
    method called, as in `table.append(3)`, and may change.  runs: functions that are called or
    decorate.  effects: what running this function changes.
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
    """The statements of all cells that are Python, and {cell: why} of the others."""
    found, broken = [], {}
    for number, source in enumerate(cells):
        try:
            found += [one._replace(cell=number) for one in described_cell(source)]
        except UNREADABLE as error:
            line = f" (line {error.lineno} of the cell)" if isinstance(error, SyntaxError) else ""
            broken[number] = f"{type(error).__name__}: {getattr(error, 'msg', error)}{line}"
    return _with_changes(found), broken


def _with_changes(found):
    """`found`, where `changes` holds what a method or a function that is called may change, too."""
    imports = (one for one in found if isinstance(one.node, ast.Import | ast.ImportFrom))
    modules = {module for one in imports for module in one.defines}
    effects = {each: one.effects for one in found if one.effects for each in one.defines}

    def changed(one):
        # `np.testing.assert_equal(...)` calls what was imported: a trial, no change.
        touched = one.touches.union(*(effects.get(each, ()) for each in one.runs)) - modules
        return one.changes | touched

    return [one._replace(changes=changed(one)) for one in found]


@functools.cache
def described_cell(source):
    """The statements of a cell, without its number. Kept, for most cells are the same for all."""
    return [described(*each) for each in _parsed(source)]


def _parsed(source):
    """The statements of a cell, each as a node and as text."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:
        source = without_magics(unindented(source))
        nodes = ast.parse(source).body
    lines = re.split("\r\n?|\n", source)
    for node in nodes:
        first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
        text = [line.encode() for line in lines[first - 1 : node.end_lineno]]
        text[-1] = text[-1][: node.end_col_offset]
        text[0] = text[0][node.col_offset :]  # after a semicolon
        yield node, b"\n".join(text).decode()


def unindented(source):
    """`source` without the indent of its first line, which IPython takes away, too."""
    space = re.match(r"(?:[ \t]*\r?\n)*([ \t]*)", source)[1]
    return re.sub(rf"^{space}", "", source, flags=re.M)


def without_magics(source):
    """`source` without what only IPython understands; a cell in another language is empty."""
    lines = source.split("\n")
    if lines[0].startswith("%%"):
        if not lines[0].startswith(TIMED):
            return ""
        lines[0] = ""
    put, continued = [], False
    for line in lines:
        new = SHELL.sub(lambda m: f"{m[1]}{m[2]} None" if m[2] else f"{m[1]}pass", line)
        put.append("" if continued else new)
        continued = (continued or new != line) and line.rstrip().endswith("\\")
    return "\n".join(put)


def described(node, text):
    """The Statement of a node, which is written `text`; of which cell is not known here."""
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
        makers = [getattr(each, "func", each) for each in node.decorator_list]
        runs = {each.id for each in makers if isinstance(each, ast.Name)}
        changes = set()  # nothing, before it is run
        touches = {_base(each) for each in makers if isinstance(each, ast.Attribute)}
    return Statement(None, node, defines, changes, touches, uses, runs, effects)


def _names(table):
    """The global names that are defined and used in a table of symbols and those inside it."""
    top, symbols = table.get_type() == "module", table.get_symbols()
    made = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    declared = {s.get_name() for s in symbols if top or s.is_declared_global()}
    used = {s.get_name() for s in symbols if s.is_referenced() and (top or s.is_global())}
    defines = made & declared
    for inner in table.get_children():
        deeper, further = _names(inner)
        defines |= deeper
        used |= further
    return defines, used


def _base(node):
    """The name whose part or method this is; what a function returned is new, and nobody's."""
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


def needed(name, found, homes=()):
    """Those of `found` that define `name`, and what it uses, in order.

    homes: the cells whose definition of `name`, and of its helpers, counts where there are several;
    empty for any.
    """
    own = {each for one in found if one.cell in homes for each in one.defines} - {"*"}
    last = max(homes, default=float("inf"))
    before = {each for one in found if one.cell <= last for each in one.defines} - {"*"}
    wanted, chosen, grown = {name, "*"}, set(), True  # `from numpy import *` may define anything
    while grown:
        grown = False
        for place, one in enumerate(found):
            elsewhere = own if name in own and one.cell not in homes else set()
            if one.cell > last:  # an experiment after the fact
                elsewhere = elsewhere | before
            reasons = one.defines - elsewhere | one.changes
            if one.cell in homes:  # `Check.__subclasses__()` finds what no name leads to
                reasons |= {_base(each) for each in getattr(one.node, "bases", ())}
            if place not in chosen and reasons & wanted:
                chosen.add(place)
                wanted |= one.uses
                grown = True
    return [found[place] for place in sorted(chosen)]


def define(name, found, broken, homes=()):
    """Run what `name` needs in a fresh module: the object of that name, and the first error.

    An error on the way costs nothing where the name comes to be; later it may explain another.
    Raises NotDefined where it does not, with the first error as its cause.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    flags, first = 0, None
    for one in needed(name, found, homes):
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
    here = [broken[cell] for cell in homes if cell in broken]
    if first is None and here:
        raise NotDefined(f"the cell of {name} is not Python: {here[0]}")
    raise NotDefined(f"no cell defines {name}") from first
