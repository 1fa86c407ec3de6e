"""Fonts reduced to the characters that the book shows."""

import io
import logging
import re

from fontTools import subset

ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})")


def cut(tasks):
    """The reduced fonts as bytes of woff2 files. tasks: [(path of a font, the characters to keep)].

    The result is None for a font that has none of its characters.
    """
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table
    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    fonts = []
    for path, characters in tasks:
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
    """The characters that a style sheet writes as escapes, as the rules for icons do."""
    return {chr(int(code, 16)) for code in ESCAPE.findall(css)}
