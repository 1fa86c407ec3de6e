"""Pages of `content/` stand at the top of the site, so that `/` is the index."""

import shutil

from sphinx.builders.html import StandaloneHTMLBuilder

FOLDER = "content/"


class FlatBuilder(StandaloneHTMLBuilder):
    """Jupyter Book's HTML builder with the folder `content/` left out of every address.

    Every build writes every page into an empty folder, because the pages are changed again once
    all of them are known, and because nothing stale may be published. Reading, the slow half, is
    still done for changed sources only.
    """

    def init(self):
        shutil.rmtree(self.outdir)
        self.outdir.mkdir()
        super().init()

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
