"""What the built pages lose and gain: one small Sphinx extension.

Jupyter Book's stock pages weigh megabytes, ask third parties for scripts, cannot open their menu
on a phone and hide from a screen reader what a button does. The templates beside this file mend
what the theme writes, and a directive shows live figures where no kernel runs (`live`). At the
end of a build the notebooks' conventions get their marks (`marks`), mathematics and figures are
rendered into the pages (`rendering`, `figures`), and the theme's styles, scripts and fonts are
merged and cut down to what some page uses (`assets`, `fonts`).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # where `local` and `tools` are
from course_page import address, assets, builder, live, marks, pages, rendering
from local import plots
from tools import assignments


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
    app.connect("html-collect-pages", pages.not_found)
    app.connect("build-finished", finish, priority=900)  # after the theme has written its last
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    config.html_math_renderer = "course"
    config.html_context["colors"] = plots.COLORS
    address.configure(app, config)
    config.myst_substitutions = assignments.substitutions()


def finish(app, exception):
    """Finish the pages that Sphinx has written."""
    if exception or app.builder.name != "html":
        return
    site = pages.read(app)
    marks.add(site)
    address.add_card(site)
    rendering.render(site)
    assets.shrink(site)
    pages.write(site)
    site.memory.keep()
    address.write_site_map(site)
    address.stamp_downloads(site)
    app.builder.publish()
