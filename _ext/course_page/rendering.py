"""Mathematics and figures become part of the page: no script, no request, both themes."""

import html as markup
import re

from docutils import nodes
from lxml import html
from sphinx.util import logging

from _ext.course_page import figures, node
from _ext.course_page.annotations import MATH

logger = logging.getLogger(__name__)

UNSHOWN = re.compile("<math.*?</math>|<[^>]*>", re.DOTALL)
"""The parts of a formula's markup that are not characters in the mathematical fonts."""

PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}{}\N{OBJECT REPLACEMENT CHARACTER}"
"""Text in a tree that rendered markup replaces at the end, so that no HTML parser changes it."""


def visit_math(self, element):
    self.body.append(f'<span class="math">{markup.escape(element.astext())}</span>')
    raise nodes.SkipNode


def visit_math_block(self, element):
    tex = element.astext()
    if element["number"]:
        tex += rf"\tag{{{element['number']}}}"
    self.body.append(self.starttag(element, "div", CLASS="math") + markup.escape(tex) + "</div>\n")
    raise nodes.SkipNode


def render(site):
    """Render every formula and figure of the book, and serialize the pages."""
    maths = take_maths(site)
    drawings = figures.take(site, PLACEHOLDER)
    tasks = [{"tex": tex, "display": display} for tex, display in maths]
    tasks += [{"svg": drawing.svg, "prefix": drawing.prefix} for drawing in drawings]
    results = site.memory.results(rendered, tasks)
    replacements = {}
    for ((tex, _), (name, page)), result in zip(maths.items(), results, strict=False):
        if isinstance(result, dict):
            logger.warning("%s: %s in %r", page, result["error"], tex)
            result = markup.escape(tex)
        site.symbols.update(markup.unescape(UNSHOWN.sub("", result)))
        replacements[name] = result
    for drawing, svg in zip(drawings, results[len(maths) :], strict=True):
        replacements[drawing.placeholder] = figures.finish(site, drawing, svg)
    for name, tree in site.trees.items():
        text = html.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>")
        site.texts[name] = re.sub(PLACEHOLDER.format("(.*?)"), lambda p: replacements[p[1]], text)


def rendered(tasks):
    """Formulas as HTML and figures as SVG, in one run of Node."""
    return node.run("render.mjs", tasks)


def take_maths(site):
    """{(tex, display): (name of its placeholder, page)}, each formula once.

    Placeholders take the places of the formulas in the pages.
    """
    maths = {}
    for name, tree in site.trees.items():
        for element in tree.xpath(MATH):
            key = element.text_content(), element.tag == "div"
            placeholder, _ = maths.setdefault(key, (f"math {len(maths)}", name))
            element.text = PLACEHOLDER.format(placeholder)
    return maths
