"""Make the book: execute the notebooks that changed, collect their claims, build the site.

Usage: python -m tools.book. All in one process, because an edited sentence should be seen soon:
the libraries of the three take longer to import than a page takes to build.
"""

import contextlib
import io
import shutil
import sys

from tools import execute, fault, ledger
from tools.notebooks import ROOT

SITE = ROOT / "_build" / "html"


def build():
    """Build the site with Jupyter Book; a warning, or a link to nowhere, ends it with an error.

    Sphinx words a fault of the machine, or an interruption, as a mistake of the book's or its own.
    """
    from jupyter_book.sphinx import build_sphinx  # here: no executing process needs it

    settings = {"external_toc_path": str(ROOT / "_toc.yml"), "nitpicky": True}
    settings["latex_individualpages"] = False  # Jupyter Book asks, whatever it builds
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        result = build_sphinx(
            ROOT, SITE, noconfig=True, path_config=ROOT / "_config.yml", confoverrides=settings,
            quiet=True, warningiserror=True, keep_going=True,
        )  # fmt: skip
    broken = isinstance(result, BaseException)  # else the number that Sphinx ends with
    if broken and (isinstance(result, KeyboardInterrupt) or fault(result)):
        raise result
    if result:  # or the next build would neither read these pages again nor warn of them
        shutil.rmtree(SITE.with_name(".doctrees"), ignore_errors=True)
    print(said.getvalue(), end="", file=sys.stderr)
    if result:
        sys.exit("The book stops here: the lines above say why.")


def main():
    execute.main()
    ledger.main()
    build()
    print(f"The book: {SITE / 'index.html'}")


if __name__ == "__main__":
    main()
