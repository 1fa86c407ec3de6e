"""Make the book: execute the notebooks that changed, collect their claims, build site and slides.

Usage: python -m tools.book. They run in one process, because whoever edits a page waits for
them, and their libraries take longer to import than a page takes to build. They are imported where
they are used: an interruption meanwhile is one line, too.
"""

import contextlib
import io
import shutil
import sys

from tools import faults
from tools.files import ROOT, SITE


def build():
    """Build the site with Jupyter Book. A warning, or a link that leads nowhere, stops the book.

    Sphinx reports a fault of the machine, or an interruption, as a mistake in the book or in Sphinx
    itself; here the original error is raised instead.
    """
    from jupyter_book.sphinx import build_sphinx

    settings = {"external_toc_path": str(ROOT / "_toc.yml"), "nitpicky": True}
    settings["latex_individualpages"] = False  # Jupyter Book reads it even for HTML
    messages = io.StringIO()
    with contextlib.redirect_stderr(messages):
        result = build_sphinx(
            ROOT, SITE, noconfig=True, path_config=ROOT / "_config.yml", confoverrides=settings,
            quiet=True, warningiserror=True, keep_going=True,
        )  # fmt: skip
    failed = isinstance(result, BaseException)  # otherwise it is Sphinx's exit code
    if failed and (isinstance(result, KeyboardInterrupt) or faults.explanation(result)):
        raise result
    if result:  # without its cache, the next build reads these pages again and warns again
        shutil.rmtree(SITE.with_name(".doctrees"), ignore_errors=True)
    print(messages.getvalue(), end="", file=sys.stderr)
    if result:
        sys.exit("The book stops here: the lines above say why.")


def main():
    from tools import execute, ledger, slides

    execute.main()
    ledger.main()
    build()
    if slides.LESSON.exists():  # a fork may go without it
        slides.main()
    print(f"The book: {SITE / 'index.html'}")


if __name__ == "__main__":
    with faults.in_one_line():
        main()
