"""The pages of `content/` are at the top of the site, so that `/` is the index."""

import shutil
from pathlib import Path

from sphinx.builders.html import StandaloneHTMLBuilder

FOLDER = "content/"


class FlatBuilder(StandaloneHTMLBuilder):
    """Jupyter Book's HTML builder without the folder `content/` in addresses.

    Each build writes all pages into an empty folder beside the site: they are changed again once
    all of them are there, and no page of an older build may stay. Only a finished build takes the
    place of the site. Sources, whose reading is the slow half, are read only where they changed.
    """

    search = False  # the book has its own: see search.py

    def __init__(self, app, env):
        self.site = Path(app.outdir)
        app.outdir = self.site.with_name("unfinished")
        shutil.rmtree(app.outdir, ignore_errors=True)
        app.outdir.mkdir()
        super().__init__(app, env)

    def publish(self):
        """Let the finished build take the place of the last site."""
        last = self.site.with_name("last")
        shutil.rmtree(last, ignore_errors=True)
        self.site.rename(last)
        self.outdir.rename(self.site)
        shutil.rmtree(last)

    def get_outdated_docs(self):
        return sorted(self.env.found_docs)

    def get_target_uri(self, docname, typ=None):
        return super().get_target_uri(docname.removeprefix(FOLDER), typ)

    def get_outfilename(self, pagename):
        return super().get_outfilename(pagename.removeprefix(FOLDER))
