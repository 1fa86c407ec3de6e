"""Pages that compute: Python in the reader's own browser, for notebooks that need no more than it.

A notebook that imports only what PACKAGES has gets the button "Run here" on its page. Which these
are is read from their code (`needs`). What the button loads stands in a folder of its own in the
site: Pyodide, from npm; packages of its release, fetched and verified (`wheels`); packages in pure
Python, from the environment that builds the book; and the course's own code (`parcels`). Packages
are compiled at build, by Pyodide itself (`compiling`). In the page, `page/` holds editors and
outputs, and `worker.js` runs `kernel/` in a worker.

Where a package cannot be had, the book has no such button, and the build says so in one line.
"""

import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import nbformat
from lxml.builder import E
from sphinx.errors import ExtensionError

from _ext.course_page import node
from _ext.course_page.pages import to_root
from _ext.course_page.python import needs, parcels, wheels
from tools import launch
from tools.files import ROOT
from tools.notebooks import is_setup

HERE = Path(__file__).parent
START = (HERE / "start.js").read_text("utf-8")

PACKAGES = {
    "matplotlib": "matplotlib",
    "mpmath": "mpmath",
    "numpy": "numpy",
    "packaging": "packaging",
    "sympy": "sympy",
    "traitlets": "traitlets",
}
"""What a notebook may import in a browser, and the package that holds it."""

FROM_ENVIRONMENT = {"mpmath": (), "sympy": ("mpmath",), "traitlets": ()}
"""Packages in pure Python that the environment has, with what they need."""

CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
COURSE = "course.zip"
NOTICES = "licences.txt"

PYODIDE = """\
Pyodide, by its developers and Mozilla, under the Mozilla Public License 2.0, with CPython under the
PSF License: https://github.com/pyodide/pyodide. The packages (*.whl) hold their own licences.
"""


@dataclass
class Notebook:
    """A notebook whose page computes: its cells, the files of the course and packages it needs."""

    cells: list
    files: set
    packages: list


def add(site):
    """Give each page whose notebook runs in a browser its button, and the site what it loads."""
    notebooks = {name: one for name in site.trees if (one := notebook_of(site, name))}
    if not notebooks:
        return
    try:
        names = {one for each in notebooks.values() for one in each.packages}
        entries, files = packages(names, site.memory)
    except wheels.UnavailableError as error:
        print(f"No page computes (“Run here”): {error}.")
        return
    files |= own(set().union(*(each.files for each in notebooks.values())), site.memory)
    files["pyodide-lock.json"] = json.dumps({"info": wheels.release()["info"], "packages": entries})
    files |= {name: (wheels.PYODIDE / name).read_bytes() for name in CORE}
    files = {k: text.encode() if isinstance(text, str) else text for k, text in files.items()}
    folder = f"_python/{wheels.digest(b''.join(files[k] for k in sorted(files)))[:8]}"
    home = site.folder / folder
    home.mkdir(parents=True)
    for name, content in files.items():
        (home / name).write_bytes(content)
    for name, notebook in notebooks.items():
        needed = closure(notebook.packages, {one: entries[one]["depends"] for one in entries})
        fetched = [*CORE, COURSE, "pyodide-lock.json", "worker.js"]
        fetched += [entries[package]["file_name"] for package in needed]
        size = sum(len(files[one]) for one in fetched) / 1e6
        add_button(site.trees[name], name, notebook, folder, size)
    whole = sum(map(len, files.values())) / 1e6
    print(f"{len(notebooks)} pages compute (“Run here”): {whole:.1f} MB, loaded when it is pressed")


def notebook_of(site, page):
    """The notebook of a page, if a browser has all that it imports; else None."""
    path = ROOT / "content" / Path(page).with_suffix(".ipynb")
    if not path.is_file():
        return None
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if all(map(is_setup, code)) or not any(map(is_setup, code)):  # nothing to run, or not alone
        return None
    files, imported = needs.of(notebook)
    if not imported <= PACKAGES.keys():
        return None
    launch.student_copy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return Notebook(code, files, sorted({PACKAGES[name] for name in imported}))


def packages(names, memory):
    """(entries, files): what Pyodide is told of `names` and of what they need, and their wheels."""
    released = wheels.closure(names - FROM_ENVIRONMENT.keys())
    fetched = [wheels.get(entry) for entry in released.values()]
    entries = {
        name: {**entry, "depends": [one for one in entry["depends"] if one not in wheels.UNUSED]}
        for name, entry in released.items()
    }
    installed = closure(sorted(names - released.keys()), FROM_ENVIRONMENT)
    versions = [(name, metadata.version(name)) for name in installed]
    for name, version in versions:
        entries[name] = {
            "name": name, "version": version, "file_name": f"{name}-{version}-py3-none-any.whl",
            "install_dir": "site", "package_type": "package", "imports": [name],
            "depends": list(FROM_ENVIRONMENT[name]), "unvendored_tests": False,
        }  # fmt: skip
    whole = memory.results(parcels.trimmed, fetched) + memory.results(parcels.installed, versions)
    made = memory.results(parcels.compiled, whole)
    for entry, wheel in zip(entries.values(), made, strict=True):
        entry["sha256"] = wheels.digest(wheel)
    files = {entry["file_name"]: w for entry, w in zip(entries.values(), made, strict=True)}
    return entries, files


def closure(names, depends):
    """`names`, and the packages that they need. depends: of each package, the names it needs."""
    found = list(names)
    for name in found:
        found += [one for one in depends[name] if one not in found]
    return found


def own(names, memory):
    """What the course itself brings: its code as an archive, the worker, and the page's scripts."""
    texts = {path.name: path.read_text("utf-8") for path in sorted((HERE / "page").iterdir())}
    [bundle] = memory.results(bundled, [texts])
    shown, _ = needs.of_code(path.read_text("utf-8") for path in (HERE / "kernel").glob("*.py"))
    worker = (HERE / "worker.js").read_bytes()
    style = texts["page.css"].encode()
    return {
        **bundle["files"],
        NOTICES: notices(bundle["used"]),
        COURSE: parcels.course(names | shown, HERE / "kernel"),
        "worker.js": worker,
        "page.css": style,
    }


def bundled(tasks):
    """The page's modules, with the packages that they import, as a few files; made from `page/`."""
    task = {"entry": str(HERE / "page" / "page.js"), "packages": str(ROOT / "node_modules")}
    return [node.run("bundle.mjs", task) for _ in tasks]


def notices(used):
    """Whose the packages of the page's scripts are, with their licences."""
    texts = [PYODIDE]
    for name in used:
        (licence, *_) = sorted((ROOT / "node_modules" / name).glob("LICENSE*"))
        texts.append(f"{name}\n\n{licence.read_text('utf-8')}")
    return f"\n{'-' * 79}\n\n".join(texts)


def add_button(tree, name, notebook, folder, size):
    """Put the button on top of a page, and into its cells what the button looks for."""
    cells = tree.xpath("//div[starts-with(@class, 'cell ')]")
    if len(cells) != len(notebook.cells):
        raise ExtensionError(
            f"{name} has {len(cells)} cells of code, its notebook {len(notebook.cells)}"
        )
    for element, cell in zip(cells, notebook.cells, strict=True):
        mark(element, cell)
    root = to_root(name)
    button = {
        "class": "pst-js-only d-print-none", "data-home": f"{root}{folder}/",
        "data-notebook": f"{root}_sources/content/{name.removesuffix('.html')}.ipynb",
        "data-packages": " ".join(notebook.packages), "data-course": COURSE,
        "data-size": f"{size:.0f}",
    }  # fmt: skip
    first = tree.xpath(
        "//h1/following-sibling::*[self::div[starts-with(@class, 'cell ')] or self::section]"
    )[0]
    first.addprevious(E("run-here", button))
    tree.find("head").append(E.script(START))


def mark(element, cell):
    """Name the parts of a cell's element. What a student writes gets a place of its own."""
    element.set("data-cell", cell.id)
    for output in element.xpath("div[starts-with(@class, 'cell_output')]"):
        output.set("data-output", cell.id)
    if cell.metadata.get("nbgrader", {}).get("solution"):
        code = E.div(E.div(E.pre(cell.source), {"class": "highlight"}), {"class": "cell_input"})
        element.insert(0, E.div(code, {"class": "own", "data-code": cell.id, "hidden": ""}))
        return
    for code in element.xpath("div[starts-with(@class, 'cell_input')] | details/div"):
        code.set("data-code", cell.id)
