"""Live figures: on pages of Markdown, which have no kernel, and what is the same on every page."""

from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class LiveFigure(SphinxDirective):
    """`{live} train.Train` shows that figure of local/live as on a notebook's page.

    What stands behind it, as in `{live} question.Question misconception-1`, the figure is made of.
    """

    required_arguments = 1
    optional_arguments = 1

    def run(self):
        name, *made_of = self.arguments
        module, name = name.split(".")
        home = import_module(f"local.live.{module}")
        for path in Path(home.__file__).parent.iterdir():
            self.env.note_dependency(str(path))
        return [nodes.raw("", getattr(home, name)(*made_of).page(), format="html")]


def share(site):
    """Leave the style and each module once on a page, however many figures have it.

    The first script of a module wakes all of its figures.
    """
    for tree in site.trees.values():
        seen = set()
        for part in tree.xpath("//*[@data-live]/*[self::style or self::script[@type='module']]"):
            if part.text in seen:
                part.drop_tree()
            seen.add(part.text)
