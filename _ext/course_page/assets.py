"""One style sheet, one script and small fonts, made of what the theme and its extensions ship."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

from course_page import fonts, node
from local import plots

HERE = Path(__file__).parent
KATEX = node.ROOT / "node_modules" / "katex" / "dist"

STYLES = [
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
]
"""In the theme's order. What is not named (thebe, toggle buttons, design grids) no page uses."""

SCRIPTS = [
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "clipboard.min.js",
    "copybutton.js",
    "scripts/sphinx-book-theme.js",
    "scripts/pydata-sphinx-theme.js",
]

SEARCH = ["searchtools.js", "language_data.js"]
"""Loaded by the search page alone."""

ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
FONT_FACE = re.compile(r"@font-face\s*{[^}]*}")


def shrink(site):
    """Replace the folder `_static` by what the pages use, and say in a line what that saved."""
    static = site.folder / "_static"
    before = weight(static)
    shipped = static.rename(site.folder / "_shipped")
    static.mkdir()
    for name in [*SEARCH, *(p.name for p in shipped.glob("favicon.*"))]:
        shutil.copy2(shipped / name, static / name)
    script = ";\n".join(
        without_source_map(path.read_text("utf-8"))
        for path in [*(shipped / name for name in SCRIPTS), HERE / "book.js"]
    )
    style = purge(site, merge_styles(shipped), script)
    style = cut_fonts(site, style, shipped)
    link(site, "book.js", script)
    link(site, "book.css", style)
    shutil.rmtree(shipped)
    print(f"Scripts, styles and fonts of the book: {before:.0f} KB, now {weight(static):.0f} KB")


def weight(folder):
    """KB of a folder as a static host sends them: text compressed, fonts as they are."""
    files = [p for p in folder.rglob("*") if p.suffix in {".js", ".css", ".woff2"}]
    sent = (
        p.read_bytes() if p.suffix == ".woff2" else gzip.compress(p.read_bytes()) for p in files
    )
    return sum(map(len, sent)) / 1000


def without_source_map(text):
    return re.sub(r"//# sourceMappingURL=\S+", "", text)


def merge_styles(shipped):
    paths = [path for name in STYLES for path in sorted(shipped.glob(name))]
    sheets = [path.read_text("utf-8") for path in [*paths, KATEX / "katex.css"]]
    sheets += [plots.theme_rules(), (HERE / "book.css").read_text("utf-8")]
    # All comments but those that say whose it is: the licences ask for these.
    dropped = r"/\*(?:(?!\*/|[Cc]opyright).)*\*/|@charset[^;]*;"
    return re.sub(dropped, "", "\n".join(sheets), flags=re.DOTALL)


def purge(site, style, script):
    """The style sheet without the rules that match no page and that no script can make match."""
    names = set()
    for text in site.texts.values():
        names.update(re.findall(r"<([a-z][\w-]*)", text))
        for name, value in ATTRIBUTE.findall(text):
            if name not in ("href", "d", "content", "style", "points"):
                names.update((name, *value.split()))
    task = {"css": style, "names": " ".join(sorted(names)), "scripts": script}
    return site.memory.answers(purged, [task])[0]


def purged(tasks):
    return [node.run("purge.mjs", task) for task in tasks]


def cut_fonts(site, style, shipped):
    """Write the fonts that the style sheet still names, each with the characters it may show."""
    icons = shipped / "vendor" / "fontawesome" / "webfonts"
    shown = [(KATEX / "fonts", site.symbols), (icons, fonts.escaped(style))]
    sources = {path.name: (path, chars) for home, chars in shown for path in home.glob("*.woff2")}
    rules = FONT_FACE.sub("", style)

    def face(rule):
        family = re.search(r"""font-family:\s*["']?([^;"'}]+)""", rule[0])[1].replace("\\", "")
        source, characters = sources[re.search(r"[\w-]+\.woff2", rule[0])[0]]
        if family not in rules:
            return ""
        [font] = site.memory.answers(fonts.cut, [(source, "".join(sorted(characters)))])
        if not font:
            return ""
        (site.folder / "_static" / source.name).write_bytes(font)
        kept = re.findall(r"font-(?:family|style|weight):[^;}]*", rule[0])
        made = ["font-display:block", f'src:url({source.name}) format("woff2")']
        return "@font-face{" + ";".join([*kept, *made]) + "}"

    return FONT_FACE.sub(face, style)


def link(site, name, text):
    """Write an asset, and name its content in every page's link: a changed one is fetched anew."""
    (site.folder / "_static" / name).write_text(text, "utf-8")
    stamp = hashlib.sha256(text.encode()).hexdigest()[:8]
    for page, page_text in site.texts.items():
        site.texts[page] = page_text.replace(f'_static/{name}"', f'_static/{name}?v={stamp}"')
