"""The built pages as trees, read from Sphinx's output and written back to it."""

from dataclasses import dataclass, field
from pathlib import Path

from lxml import html

from _ext.course_page.memory import Memory
from tools.repository import Repository


@dataclass
class Site:
    """A built book. Its pages are `trees` by file name while they are changed, and then `texts`."""

    folder: Path
    home: Repository | None
    base: str
    """The address of the site with the closing slash; empty where it is not known."""
    memory: Memory
    trees: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    symbols: set = field(default_factory=set)
    """Every character in the book's formulas."""


def read(app):
    memory = Memory(app.builder.site.with_name(".rendered"))
    home = app.config.html_context["repository"]
    site = Site(Path(app.outdir), home, app.config.html_baseurl, memory)
    for path in sorted(site.folder.rglob("*.html")):
        name = path.relative_to(site.folder).as_posix()
        if not name.startswith("_"):
            site.trees[name] = html.document_fromstring(path.read_text("utf-8"))
    return site


def write(site):
    for name, text in site.texts.items():
        (site.folder / name).write_text(text, "utf-8")


def to_root(name):
    """The relative path from the page `name` to the top of the site."""
    return "../" * name.count("/")


def without_source(app):
    """The search, and the page that a static host serves for an address that does not exist."""
    yield "search", {}, "search.html"
    yield "404", {"base": app.config.html_baseurl}, "not-found.html"
