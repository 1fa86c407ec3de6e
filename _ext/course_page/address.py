"""The repository's address in the pages: launch buttons, source links, site map, social card."""

import nbformat
from lxml.builder import E

from tools import launch, notebooks, repository

LAUNCHERS = {"Colab": "colab_url", "Binder": "binder_url", ".ipynb": "notebook_url"}
"""The text of the theme's launch buttons, and the names of their addresses in our template."""

CARD = "card.png"
"""The social card, a picture of 1200 x 630 pixels at the top of the site."""

UNLISTED = {"search.html", "404.html"}
"""Pages that are not in the site map."""


def configure(app, config):
    """Tell the theme the repository's address; where it is not known, there are no links to it."""
    found = repository.find()
    options = config.html_theme_options
    options["use_fullscreen_button"] = False
    config.html_context["repository"] = found
    config.html_baseurl = repository.site()
    if found:
        options["repository_url"] = found.url
        options["repository_branch"] = repository.BRANCH
    else:
        options["repository_url"], options["launch_buttons"] = "", {}
        print(
            "No address on GitHub found (GITHUB_REPOSITORY, or the clone's `origin`): "
            "the book has no launch buttons and no links to its source."
        )


def add_to_page(app, pagename, templatename, context, doctree):
    """Give a page's template its address, its source's, and those in the theme's launch menus."""
    if app.config.html_baseurl:
        context["pageurl"] = public(app.config.html_baseurl, app.builder.get_target_uri(pagename))
    if pagename in app.env.found_docs:
        context["source_path"] = app.env.doc2path(pagename, base=False)
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if button["text"] in LAUNCHERS:
                context[LAUNCHERS[button["text"]]] = button["url"]


def public(base, name):
    """The public address of a page; the index is at the address of the site itself."""
    return base + ("" if name == "index.html" else name)


def stamp_downloads(site):
    """Prepare the notebooks for download as for Colab: they run alone, and have no solutions."""
    cited = launch.citations()
    sources = site.folder / "_sources"
    for path in sources.rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        folder = path.parent.relative_to(sources).as_posix()
        launch.student_copy(notebook)
        if site.home:
            launch.stand_alone(notebook, site.home, cited, folder)
        launch.fold(notebook)
        notebooks.write(notebook, path)


def add_card(site):
    """Add what is shown where a page is shared; the picture needs the address of the site."""
    for tree in site.trees.values():
        (head,) = tree.xpath("/html/head")
        card = {"og:type": "article", "og:title": head.findtext("title")}
        for description in head.xpath("meta[@name='description']/@content"):
            card["og:description"] = description
        if site.base:
            card["og:image"] = site.base + CARD
        head.extend(E.meta(property=name, content=value) for name, value in card.items())


def write_site_map(site):
    """Write `robots.txt` and, where the address of the site is known, `sitemap.xml`."""
    robots = "User-agent: *\nAllow: /\n"
    if site.base:
        names = sorted(site.trees.keys() - UNLISTED)
        lines = [f"<url><loc>{public(site.base, name)}</loc></url>" for name in names]
        lines.insert(0, '<?xml version="1.0" encoding="utf-8"?>')
        lines.insert(1, '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
        lines.append("</urlset>\n")
        (site.folder / "sitemap.xml").write_text("\n".join(lines), "utf-8")
        robots += f"Sitemap: {site.base}sitemap.xml\n"
    (site.folder / "robots.txt").write_text(robots, "utf-8")
