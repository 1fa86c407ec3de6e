"""Live figures on pages of Markdown, which have no kernel."""

from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class LiveFigure(SphinxDirective):
    """`{live} train.Train` shows that figure of local/live as on a notebook's page."""

    required_arguments = 1

    def run(self):
        module, name = self.arguments[0].split(".")
        home = import_module(f"local.live.{module}")
        for path in Path(home.__file__).parent.iterdir():
            self.env.note_dependency(str(path))
        return [nodes.raw("", getattr(home, name)().page(), format="html")]
