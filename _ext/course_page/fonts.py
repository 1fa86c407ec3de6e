"""Fonts cut down to the characters that the book shows."""

import io
import logging
import re

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table

ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})")


def cut(wishes):
    """Fonts as woff2, each cut down. wishes: [(path of a font, the characters it may keep)].

    None stands for a font that has none of them.
    """
    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    fonts = []
    for path, characters in wishes:
        font = subset.load_font(path, options)
        unicodes = {ord(c) for c in characters} & font.getBestCmap().keys()
        file = io.BytesIO()
        if unicodes:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=unicodes)
            subsetter.subset(font)
            subset.save_font(font, file, options)
        fonts.append(file.getvalue() or None)
    return fonts


def escaped(css):
    """The characters that a style sheet writes as escapes: where icon fonts get theirs."""
    return {chr(int(code, 16)) for code in ESCAPE.findall(css)}
