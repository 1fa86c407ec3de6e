"""Templates of HTML pages, in which every value is escaped: students choose names and texts."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

_all = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name):
    """The template in the file `name` beside this module."""
    return _all.get_template(name)
