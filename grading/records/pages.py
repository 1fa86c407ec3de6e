"""The templates of HTML pages, which all know the Python that grades as `python`.

All values in them are escaped, for students choose the texts.
"""

import platform
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name):
    """The template in the file `name` beside this module."""
    return _environment.get_template(name, globals={"python": platform.python_version()})
