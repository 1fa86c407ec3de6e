"""HTML tags in Markdown come in pairs: one that is not closed swallows what stands below it."""

from html.parser import HTMLParser

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

ALONE = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
"""Tags that HTML never closes."""

MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).use(deflist_plugin)


class _Tags(HTMLParser):
    """The tags that are open, and a sentence for each that closes none of them."""

    def __init__(self):
        super().__init__()
        self.open, self.problems = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):  # <details/>, which HTML reads as <details>
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if tag not in self.open:
            self.problems.append(f"</{tag}> closes nothing that was opened before it")
            return
        while (inner := self.open.pop()) != tag:
            self.problems.append(f"<{inner}> is not closed before </{tag}>")


def problems(markdown):
    """A sentence for every HTML tag in the text `markdown` that has no partner in its place.

    Code, fenced or in line, and formulas hold no tags.
    """
    tags = _Tags()
    for token in MARKDOWN.parse(markdown):
        for part in token.children or [token]:
            if part.type in ("html_block", "html_inline"):
                tags.feed(part.content)
    tags.close()
    return [*tags.problems, *(f"<{tag}> is never closed" for tag in tags.open)]
