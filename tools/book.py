"""Make the book: execute the notebooks that changed, collect their claims, build the site.

Usage: python -m tools.book. All in one process, because an edited sentence should be seen soon:
the libraries of the three take longer to import than a page takes to build.
"""

import os

from tools import execute, ledger
from tools.notebooks import ROOT

STRICT = ["--quiet", "-W", "-n", "--keep-going"]
"""A warning fails the build, so does a link to nowhere; all of them are named first."""


def main():
    execute.main()
    ledger.main()
    from jupyter_book.cli.main import main as jupyter_book  # here: no executing process needs it

    os.chdir(ROOT)
    jupyter_book(["build", ".", *STRICT])


if __name__ == "__main__":
    main()
