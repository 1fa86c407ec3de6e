"""The second reading of a notebook: all its cells are run in order, as IPython runs them.

What a cell leaves stays, whatever becomes of the next one; a cell that fails is passed over. What
grading does not have (commands of the system, magics of extensions) is left out and reported.
"""

import functools
import importlib
import signal
import sys
import time
import types
from pathlib import Path

from . import standins

TICK = 0.1
"""Seconds between two looks at how long a cell has run."""
SHOWN = 80
"""Characters of a command that was left out which are reported."""
NO_CHANGE = ("matplotlib", "autosave")
"""Magics that change only where figures appear, and notebooks are saved."""


class OverlongError(KeyboardInterrupt):
    """The cell has computed or waited for longer than half of what was left for all cells."""


BEFOREHAND = (
    *("IPython.core.completerlib", "IPython.core.crashhandler", "IPython.core.logger"),
    *("IPython.core.magics.execution", "IPython.core.magics.osm", "IPython.core.oinspect"),
    *("tempfile", "urllib.request", "zipfile"),
)
"""What the shell, and the set-up cell of every notebook, import at last: it is shared by forks."""


def run_to_end(coroutine):
    """Run a cell that awaits something, without an event loop, which would need a socket."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


@functools.cache
def shell_class():
    """The class of IPython's shell, whose import takes a quarter of a second: it waits for need."""
    for name in BEFOREHAND:
        importlib.import_module(name)
    from IPython.core.error import UsageError
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        """IPython's shell without a system to command, which notes in `left_out` what it lacks."""

        def enable_gui(self, gui=None):
            """There are no windows."""

        def showtraceback(self, *args, **kwargs):
            """Nobody reads it."""

        showsyntaxerror = showindentationerror = showtraceback

        def system(self, command):
            self.leave_out(f"!{command}")
            self.user_ns["_exit_code"] = 0

        system_piped = system_raw = system

        def getoutput(self, command, split=True, depth=0):
            self.leave_out(f"= !{command}")
            return [] if split else ""

        def leave_out(self, text):
            self.left_out.append([self.number, text[:SHOWN]])

        def run_line_magic(self, magic_name, line, _stack_depth=1):
            if magic_name in NO_CHANGE:
                return None
            if magic_name == "timeit" and not line.lstrip().startswith("-n"):
                line = f"-n1 -r1 {line}"  # its numbers are nobody's, and seven rounds take long
            try:
                return super().run_line_magic(magic_name, line, _stack_depth + 1)
            except (UsageError, ImportError, OSError, NotImplementedError):
                self.leave_out(f"%{magic_name} {line}")
                return None

        def run_cell_magic(self, magic_name, line, cell):
            try:
                return super().run_cell_magic(magic_name, line, cell)
            except (UsageError, ImportError, OSError, NotImplementedError):
                self.leave_out(f"%%{magic_name} {line}")
                return None

    return Shell


class Notebook:
    """A notebook that is run from top to bottom.

    cells: their sources.  most: seconds for all cells together: of computing, of waiting, and on
    the clock.
    check: check(name of the checker, what it was given) is called for each check in a cell.
    """

    def __init__(self, cells, most, check):
        self.cells, self.left, self.check = cells, most, check
        self.standins = standins.StandIns(self._checked)
        self.interrupted, self.lacking = [], []
        """The numbers of the cells that were interrupted, and [number, name of the package] of
        those that an import has stopped."""
        self.module = types.ModuleType("__main__")
        self.shell = self._shell()

    def _shell(self):
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        folder = str(Path.cwd() / ".ipython")
        shell = shell_class().instance(config=config, ipython_dir=folder, user_module=self.module)
        shell.left_out, shell.number = [], 0
        shell.loop_runner = run_to_end
        for formatter in (shell.InteractiveTB, shell.SyntaxTB):
            formatter.structured_traceback = lambda *args, **kwargs: []
        shell.compile.get_code_name = lambda *_: f"<cell {shell.number}>"
        sys.modules["__main__"] = self.module
        return shell

    def run(self):
        """Run all cells."""
        signal.signal(signal.SIGALRM, self._tick)
        with self.standins.there():
            for number, source in enumerate(self.cells):
                self.shell.number = number
                try:
                    self._start()
                    result = self.shell.run_cell(source, store_history=True)
                    self._note(number, result.error_before_exec or result.error_in_exec)
                except BaseException:  # one that IPython does not expect
                    continue
                finally:
                    self._stop()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _note(self, number, error):
        if isinstance(error, ImportError):
            self.lacking.append([number, str(error.name or "").partition(".")[0]])

    def get(self, name):
        """What the notebook has left under `name`. Raises KeyError."""
        return vars(self.module)[name]

    @property
    def left_out(self):
        """[[number of a cell, a command or magic]] of those that were left out."""
        return self.shell.left_out

    # A cell may use half of what is left, so that no cell takes everything from those after it.

    def _start(self):
        self.began = [time.process_time(), time.monotonic()]
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def _stop(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.left = [a - b for a, b in zip(self.left, self._used(), strict=True)]

    def _used(self):
        computed, passed = time.process_time() - self.began[0], time.monotonic() - self.began[1]
        return computed, max(0.0, passed - 10 * computed), passed

    def _tick(self, *_):
        if any(used > left / 2 for used, left in zip(self._used(), self.left, strict=True)):
            self.interrupted.append(self.shell.number)
            raise OverlongError

    def _checked(self, checker, written=None):
        self._stop()
        with self.standins.away():
            self.check(checker, written)
        self._start()
