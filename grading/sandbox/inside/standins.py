"""Modules that stand in for those which a notebook may import and grading does not have.

Without them a cell would stop at its first line, `from local.exercises import checks`, and all that
it defines further down would be lost.

    local                    the course's own: may be imported, and raises where it is called
    local.exercises.checks   the checks: each call is handed on
    google.colab             Colab's: whatever is called does nothing

They are there while a notebook runs, and not while its functions are asked for answers.
"""

import contextlib
import importlib
import importlib.machinery
import sys
import types

COURSE, CHECKS, COLAB = "local", "local.exercises.checks", "google.colab"


class Absent:
    """Something of the course's own. Raises ModuleNotFoundError where it is used."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __getitem__(self, key):
        return Absent(f"{self._name}[...]")

    def __call__(self, *args, **kwargs):
        raise ModuleNotFoundError(f"No module named {COURSE!r}: {self._name} is not there")

    __mro_entries__ = __call__


class Ignored:
    """Something of Colab's, which does nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __getitem__(self, key):
        return self

    def __iter__(self):
        return iter(())


class _Module(types.ModuleType):
    """A module whose every name is there."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.made(name)


class StandIns:
    """The stand-ins; `there()` is a context in which they can be imported.

    checked: called as checked(name of the checker, what it was given) for each call of a check.
    """

    def __init__(self, checked):
        self.checked, self.modules = checked, {}

    @contextlib.contextmanager
    def there(self):
        """In this context they can be imported, unless real modules of a name are there."""
        sys.meta_path.append(self)
        sys.modules.update(self.modules)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            self._put_away()

    @contextlib.contextmanager
    def away(self):
        """Within `there`: a context in which they are not."""
        sys.meta_path.remove(self)
        self._put_away()
        try:
            yield
        finally:
            sys.meta_path.append(self)
            sys.modules.update(self.modules)

    def _put_away(self):
        found = {name: module for name, module in sys.modules.items() if type(module) is _Module}
        for name in found:
            del sys.modules[name]
        self.modules |= found

    def find_spec(self, name, path=None, target=None):
        """As an importer's; see `importlib.abc.MetaPathFinder`."""
        if f"{name}.".startswith((f"{COURSE}.", f"{COLAB}.")):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        """As a loader's; see `importlib.abc.Loader`."""
        module, name = _Module(spec.name), spec.name
        if name == CHECKS:
            module.made = self._check
        elif name.startswith(COLAB):
            module.made = lambda _: Ignored()
        else:
            module.made = lambda part: self._part(f"{name}.{part}")
        return module

    def _check(self, checker):
        """The stand-in for a checker: `check_NAME(written)`, or `check(NAME, written)`."""

        def check(*given, **named):
            given = [*given, *named.values()]
            if checker == "check" and given:
                self.checked(f"check_{given[0]}", *given[1:2])
            else:
                self.checked(checker, *given[:1])

        return check

    def exec_module(self, module):
        """As a loader's: a stand-in has no code to run."""

    def _part(self, name):
        """What a module of the course has under this name, as in `from local import checks`."""
        if CHECKS.startswith(name):
            return importlib.import_module(name)
        return Absent(name)
