"""Mathematics and figures become part of the page: no script, no request, both themes."""

import html as markup
import re

from docutils import nodes
from lxml import html
from sphinx.util import logging

from course_page import figures, node

logger = logging.getLogger(__name__)

UNSHOWN = re.compile("<math.*?</math>|<[^>]*>", re.DOTALL)
"""What of a formula's markup the mathematical fonts do not show."""

HOLE = "\N{OBJECT REPLACEMENT CHARACTER}{}\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in the tree where rendered markup goes: no HTML parser ever sees, or bends, that."""


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
    """Render every formula and figure of the book, and serialise the pages."""
    maths = take_maths(site)
    drawings = figures.take(site, HOLE)
    tasks = [{"tex": tex, "display": display} for tex, display in maths]
    tasks += [{"svg": drawing.svg, "prefix": drawing.prefix} for drawing in drawings]
    answers = site.memory.answers(rendered, tasks)
    fillings = {}
    for ((tex, _), (hole, page)), answer in zip(maths.items(), answers, strict=False):
        if isinstance(answer, dict):
            logger.warning("%s: %s in %r", page, answer["error"], tex)
            answer = markup.escape(tex)
        site.symbols.update(markup.unescape(UNSHOWN.sub("", answer)))
        fillings[hole] = answer
    for drawing, svg in zip(drawings, answers[len(maths) :], strict=True):
        fillings[drawing.hole] = figures.finish(site, drawing, svg)
    for name, tree in site.trees.items():
        text = html.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>")
        site.texts[name] = re.sub(HOLE.format("(.*?)"), lambda hole: fillings[hole[1]], text)


def rendered(tasks):
    """Formulas and figures, in one run of Node."""
    return node.run("render.mjs", tasks)


def take_maths(site):
    """{(tex, display): (hole, page)}, each formula once; the pages are left with the holes."""
    maths = {}
    for name, tree in site.trees.items():
        for element in tree.xpath("//*[@class='math'] | //*[starts-with(@class, 'math ')]"):
            key = element.text_content(), element.tag == "div"
            hole, _ = maths.setdefault(key, (f"math {len(maths)}", name))
            element.text = HOLE.format(hole)
    return maths
