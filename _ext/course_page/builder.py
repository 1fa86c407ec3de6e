"""Pages of `content/` stand at the top of the site, so that `/` is the index."""

import shutil
from pathlib import Path

from sphinx.builders.html import StandaloneHTMLBuilder

FOLDER = "content/"


class FlatBuilder(StandaloneHTMLBuilder):
    """Jupyter Book's HTML builder with the folder `content/` left out of every address.

    Every build writes every page into an empty folder beside the site, because the pages are
    changed again once all of them are known, and because nothing stale may be published. Only a
    finished one takes the site's place. Reading, the slow half, is still done for changed sources
    only.
    """

    def __init__(self, app, env):
        self.site = Path(app.outdir)
        app.outdir = self.site.with_name("unfinished")
        shutil.rmtree(app.outdir, ignore_errors=True)
        app.outdir.mkdir()
        super().__init__(app, env)

    def publish(self):
        """Let what was built take the place of the last site."""
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

    def dump_search_index(self):
        super().dump_search_index()
        index = self.outdir / self.searchindex_filename
        index.write_text(index.read_text("utf-8").replace(f'"{FOLDER}', '"'), "utf-8")
