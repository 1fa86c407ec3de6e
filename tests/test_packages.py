"""The packages of the course stand in one order, and each imports only what stands left of it."""

import pytest

from tests.imports import Import, against, beyond, circle, effects, imports, modules
from tools.files import ROOT

ORDER = (("local",), ("tools",), ("grading", "_ext"), ("tests",), ("benchmarks",))
"""The benchmarks measure pages with the browser of the tests, so these stand left of them."""

PACKAGES = [package for group in ORDER for package in group]
INSIDE = "grading.sandbox.inside"
PROBES = "local.exercises.probes"


def found_in(package):
    """The imports in a package, or in one module, of the course."""
    top, *_ = package.split(".")
    return [one for one in imports(ROOT, top) if f"{one.importer}.".startswith(f"{package}.")]


def test_no_package_imports_what_stands_right_of_it_or_beside_it():
    assert against(ORDER, imports(ROOT, *PACKAGES)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_of_a_package_import_each_other_in_a_circle(package):
    assert circle(found_in(package)) == []


def test_no_test_imports_another_test():
    tests = [one for one in found_in("tests") if one.imported.split(".")[-1].startswith("test_")]
    assert tests == []


def test_what_runs_in_the_sandbox_needs_only_numpy_until_a_whole_notebook_is_run():
    found = found_in(INSIDE)
    assert found
    assert beyond(["numpy", INSIDE], [one for one in found if not one.in_function]) == []
    own = [one for one in found if one.importer != f"{INSIDE}.whole"]
    assert beyond(["numpy", INSIDE], own) == []
    assert beyond(["numpy", INSIDE, "IPython", "traitlets"], found) == []


def test_the_probes_need_only_numpy_until_one_of_a_layer_is_called():
    found = found_in(PROBES)
    assert beyond(["numpy"], [one for one in found if not one.in_function]) == []
    assert beyond(["numpy", "keras", "tensorflow"], found) == []
    assert {one.imported for one in found if one.in_function} >= {"keras", "tensorflow"}


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "tests"])
def test_an_import_has_no_effects(package):
    found = effects(ROOT, package)
    # The source of a cell, which is never imported.
    assert [one for one in found if not one.startswith("tools.setup_cell,")] == []


@pytest.fixture
def made_up(tmp_path):
    """Writes {path: source} of made-up packages; returns their imports."""

    def write(files, *packages):
        for name, source in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(source)
        return imports(tmp_path, *packages)

    return write


@pytest.mark.parametrize(
    "source",
    [
        "import high.a",
        "from high import a",
        "from high.a import name",
        "def f():\n    from high import a",
        "class C:\n    def f(self):\n        if self:\n            import high.a as b",
        "try:\n    import high.a\nexcept ImportError:\n    pass",
    ],
)
def test_an_import_against_the_order_is_found(source, made_up):
    files = {"low/__init__.py": "", "low/a.py": source, "high/a.py": "from low import a\nimport os"}
    (wrong,) = against((("low",), ("high",)), made_up(files, "low", "high"))
    assert (wrong.importer, wrong.imported) == ("low.a", "high.a")


def test_packages_beside_each_other_must_not_import_each_other(made_up):
    found = made_up({"a/x.py": "import b.x", "b/x.py": ""}, "a", "b")
    assert against((("a", "b"),), found) == [Import("a.x", "b.x", False)]
    assert against((("b",), ("a",)), found) == []


@pytest.mark.parametrize(
    "last",
    ["from p import a", "from . import a", "from .a import f", "def g():\n    import p.a"],
)
def test_a_circle_is_found(last, made_up):
    files = {"p/__init__.py": "", "p/a.py": "from p import b\nf = 1", "p/b.py": "import p.c"}
    found = made_up(files | {"p/c.py": last}, "p")
    assert set(circle(found)) == {"p.a", "p.b", "p.c"}
    assert circle([one for one in found if one.importer != "p.c"]) == []


def test_a_package_that_imports_its_modules_is_no_circle(made_up):
    files = {
        "p/__init__.py": "from .q import a",
        "p/q/__init__.py": "",
        "p/q/a.py": "from ..b import c",
    }
    assert circle(made_up(files | {"p/b.py": "c = 1"}, "p")) == []


def test_what_is_beyond_the_allowed_is_found(made_up):
    source = "import os.path, numpy.linalg, numpyro\nfrom p import a\ndef f():\n    import keras"
    found = made_up({"p/a.py": "", "p/b.py": source, "q/a.py": "from p.b import f"}, "p", "q")
    assert [one.imported for one in beyond(["numpy", "p.a"], found)] == ["numpyro", "keras", "p.b"]
    assert [one.imported for one in found if one.in_function] == ["keras"]


def test_a_module_of_a_package_has_its_dotted_name(made_up, tmp_path):
    made_up({"p/__init__.py": "", "p/q/__init__.py": "", "p/q/a.py": ""})
    assert list(modules(tmp_path, "p")) == ["p", "p.q", "p.q.a"]


@pytest.mark.parametrize(
    "effect",
    [
        "sys.excepthook = f",
        "f(1)",
        "if a:\n    f()",
        "a.b = 1",
        "for a in b:\n    f(a)",
    ],
)
def test_an_effect_is_found(effect, made_up, tmp_path):
    harmless = '"""D."""\nfrom a import f\nb = {}\n"""D."""\nif __name__ == "__main__":\n    f()\n'
    made_up({"p/a.py": harmless, "p/b.py": f"{harmless}{effect}"})
    (found,) = effects(tmp_path, "p")
    assert found.startswith("p.b, line 7: ")
