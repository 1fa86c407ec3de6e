"""The Sphinx extension that makes the pages small, complete and accessible.

Jupyter Book's own pages weigh megabytes, load scripts from third parties, cannot open their menu on
a phone and do not tell a screen reader what a button does. The templates beside this file correct
what the theme writes, and a directive shows live figures without a kernel (`live`). At the end of a
build, the notebooks' conventions become classes and names in the HTML (`annotations`), code that is
scaffolding and the answers to guesses are folded (`cells`, `guesses`), mathematics and figures are
rendered into the pages (`rendering`, `figures`), and the theme's styles, scripts and fonts are
merged and reduced to what the pages use (`assets`, `fonts`). The index of the book's search is made
from the finished pages (`search`).

`_config.yml` puts the folder of the course on the import path, for `tools` and `local`.
"""

from pathlib import Path

from _ext.course_page import (
    address,
    annotations,
    assets,
    builder,
    cells,
    guesses,
    live,
    menu,
    moved,
    pages,
    paper,
    paths,
    python,
    rendering,
)
from local import plots
from tools import assignments
from tools.paths import minutes


def setup(app):
    app.add_builder(builder.FlatBuilder, override=True)
    app.add_html_math_renderer(
        "course",
        inline_renderers=(rendering.visit_math, None),
        block_renderers=(rendering.visit_math_block, None),
    )
    app.add_directive("live", live.LiveFigure)
    app.connect("config-inited", configure)
    app.connect("html-page-context", address.add_to_page, priority=600)
    app.connect("html-collect-pages", pages.without_source)
    app.connect("build-finished", finish, priority=900)  # after the theme's handlers
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    config.html_math_renderer = "course"
    config.html_context["colors"] = plots.COLORS
    address.configure(app, config)
    config.myst_substitutions = assignments.substitutions() | {"paths": minutes()}


def finish(app, exception):
    """Change the pages that Sphinx has written, and let them take the place of the last site."""
    if exception or app.builder.name != "html":
        return
    site = pages.read(app)
    live.share(site)
    annotations.add(site)
    moved.add(site)
    paths.add(site)
    python.add(site)
    for tree in site.trees.values():
        menu.prepare(tree)
        cells.fold(tree)
        guesses.fold(tree)
        paper.add(tree)
    address.add_card(site)
    rendering.render(site)
    assets.shrink(site)
    pages.write(site)
    site.memory.save()
    address.write_site_map(site)
    address.stamp_downloads(site)
    app.builder.publish()
