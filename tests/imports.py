"""Which module of the course imports which, read from its source without running it."""

import ast
import graphlib
import sys
from typing import NamedTuple


class Import(NamedTuple):
    """An import statement: the module in which it stands, and the one that it names."""

    importer: str
    imported: str
    in_function: bool


def modules(root, package):
    """{dotted name: path} of all modules in the folder `package` of `root`."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        *parents, name = path.relative_to(root).with_suffix("").parts
        found[".".join(parents if name == "__init__" else [*parents, name])] = path
    return found


def imports(root, *packages):
    """Every import in the modules of `packages`, also inside functions.

    In `from a import b`, the module that is named is a.b if `packages` have such a module, else a.
    """
    known = {name: path for package in packages for name, path in modules(root, package).items()}
    return [
        Import(importer, imported, in_function)
        for importer, path in known.items()
        for statement, in_function in statements(ast.parse(path.read_text("utf-8")))
        for imported in named(statement, importer, path, known)
    ]


def statements(tree, in_function=False):
    """(import statement, whether it is inside a function) for each of a syntax tree, in order."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, in_function
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from statements(node, inside)


def named(statement, importer, path, known):
    """The modules that an import statement in the module `importer` names."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    base = statement.module or ""
    if statement.level:
        package = importer.split(".") if path.name == "__init__.py" else importer.split(".")[:-1]
        package = package[: len(package) + 1 - statement.level]
        base = ".".join([*package, *filter(None, [base])])
    names = [f"{base}.{alias.name}" for alias in statement.names]
    return [name if name in known else base for name in names]


def against(order, found):
    """The imports of another package that does not stand left of the importer's in `order`.

    order: groups of packages; those of one group must not import each other.
    """
    rank = {package: number for number, group in enumerate(order) for package in group}

    def wrong(one):
        source, target = top(one.importer), top(one.imported)
        return source != target and rank.get(target, -1) >= rank[source]

    return list(filter(wrong, found))


def circle(found):
    """Modules each of which is imported by the next, the first being the last; else empty."""
    graph = {}
    for one in found:
        graph.setdefault(one.importer, set()).add(one.imported)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def beyond(allowed, found):
    """The imports that are neither of the standard library nor of the modules in `allowed`."""

    def within(name):
        return any(f"{name}.".startswith(f"{module}.") for module in allowed)

    standard = sys.stdlib_module_names
    return [o for o in found if top(o.imported) not in standard and not within(o.imported)]


def effects(root, package):
    """What importing the modules of `package` does, but for giving names to things: [statement].

    An error that stops the import is no effect, nor is what only runs as a program.
    """
    return [
        f"{name}, line {statement.lineno}: {ast.unparse(statement)}"
        for name, path in modules(root, package).items()
        for statement in ast.parse(path.read_text("utf-8")).body
        if not is_definition(statement)
    ]


def is_definition(statement):
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.Assign(targets=[ast.Name() | ast.Tuple()]) | ast.AnnAssign(target=ast.Name()):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))) | ast.If(body=[ast.Raise()]):
            return True
    return False


def top(name):
    return name.split(".")[0]
