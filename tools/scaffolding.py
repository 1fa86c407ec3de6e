"""Which code cells are scaffolding, and what their code is called where it is folded.

A reader follows the experiment. The cell that finds the course, imports before the first section,
the drawing of a figure, assertions and claims hold it up: on the page their code is folded, in
Colab it is a closed form. Their outputs stay. The rule reads the code, so that no author has to tag
it.
"""

import ast
import builtins
import re

from tools.notebooks import is_setup

SETUP = "Set-up: run this first"

CAPTION = re.compile(r"\*(Figure \d+\.\d+)")
"""The beginning of the prose below a figure."""

SECTION = re.compile(r"(?m)^## ")
"""The beginning of a section."""

DRAWN_BY_ONE_CALL = 3
"""So many statements at most draw a figure by a call that is worth reading."""

PARTS = {"ax", "axes", "fig", "figure"}
"""What functions that draw call their first argument."""

MODULES = {"keras", "np", "tf"}
"""Names in assertions that are not what is asserted, like those of functions."""


def titles(notebook):
    """Yield (code cell, title of its code) for every cell of `notebook` whose code is folded.

    Cells of nbgrader are not among them: their code is the student's, or locked.
    """
    head = True
    for cell, below in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        head = head and not (cell.cell_type == "markdown" and SECTION.search(cell.source))
        if cell.cell_type != "code" or "nbgrader" in cell.metadata:
            continue
        caption = CAPTION.match(below.source) if below else None
        tagged = "hide-input" in cell.metadata.get("tags", ())
        figure = caption and caption[1]
        found = SETUP if is_setup(cell) else title(cell.source, figure, tagged, head)
        if found:
            yield cell, found


def title(source, figure=None, tagged=False, head=False):
    """What the code of a cell is, such as "The check of losses"; None where it stays open.

    figure: the figure that the cell shows, as its caption calls it, "Figure 2.1".
    tagged: whether its author folds it, whatever it holds.
    head: whether it stands before the first section.
    """
    kinds = {}
    for statement in _flat(ast.parse(source).body):
        kinds.setdefault(_kind(statement), []).append(statement)
    claims, checks, named = (kinds.get(kind, []) for kind in ("claim", "check", "name"))
    if claims and kinds.keys() <= {"claim", "check", "print", "name"}:
        keys = [ast.unparse(claim.value.args[0]).strip("'").replace("-", " ") for claim in claims]
        return f"The code of the claim{'s' * (len(keys) > 1)}: {', '.join(keys)}"
    if checks and kinds.keys() <= {"check", "name"} and len(named) <= len(checks):
        return " of ".join(filter(None, ["The check", " and ".join(_asserted(checks)[:2])]))
    defined, statements = kinds.get("define", []), sum(map(len, kinds.values()))
    shows = source.rstrip().endswith("plt.show()") and statements > DRAWN_BY_ONE_CALL
    helps = kinds.keys() == {"define"} and all(map(_draws, defined))
    if tagged or shows or helps:
        names = " and ".join(one.name for one in defined)
        comment = re.match(r"# (.+)\n", source)
        if tagged and comment and not figure:
            return f"The code: {comment[1][0].lower()}{comment[1][1:]}"
        return f"The code of {figure.lower() if figure else names or 'the figure'}"
    if head and _imports(ast.parse(source).body):
        return "The set-up: imports"
    return None


def _imports(body):
    """Whether a cell imports, and does not end in a figure or another value that it shows."""
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    called = last.func if isinstance(last, ast.Call) else last
    shows = called and not isinstance(called, ast.Attribute) and ast.unparse(called) != "print"
    return not shows and any(isinstance(one, ast.Import | ast.ImportFrom) for one in body)


def _flat(statements):
    """The statements, and in the place of a loop or a block those inside it."""
    for statement in statements:
        if isinstance(statement, ast.For | ast.With | ast.If):
            yield from _flat(statement.body)
        else:
            yield statement


def _kind(statement):
    if isinstance(statement, ast.Assert):
        return "check"
    if isinstance(statement, ast.Assign | ast.Import | ast.ImportFrom):
        return "name"
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return "define"
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = ast.unparse(statement.value.func)
        if called.startswith("np.testing."):
            return "check"
        return called if called in ("claim", "print") else "other"
    return "other"


def _draws(defined):
    """Whether a function draws on what it is given: its first argument is a part of a figure."""
    arguments = defined.args.args if isinstance(defined, ast.FunctionDef) else []
    return bool(arguments) and arguments[0].arg in PARTS


def _asserted(checks):
    """The names of the variables in assertions, in their order."""
    nodes = [node for check in checks for node in ast.walk(check)]
    called = {node.func.id for node in nodes if isinstance(getattr(node, "func", None), ast.Name)}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}  # of comprehensions
    left_out = called | own | MODULES | set(dir(builtins))
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    return [name for name in dict.fromkeys(node.id for node in names) if name not in left_out]
