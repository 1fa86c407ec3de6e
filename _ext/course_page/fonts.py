"""Fonts cut down to the characters that the book shows."""

import logging
import re

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table

ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})")


def cut(source, target, characters):
    """Write the font `source` with `characters` only as woff2; False where it has none of them."""
    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    font = subset.load_font(source, options)
    unicodes = {ord(c) for c in characters} & font.getBestCmap().keys()
    if not unicodes:
        return False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(font)
    subset.save_font(font, target, options)
    return True


def escaped(css):
    """The characters that a style sheet writes as escapes: where icon fonts get theirs."""
    return {chr(int(code, 16)) for code in ESCAPE.findall(css)}
