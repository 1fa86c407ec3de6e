"""One style sheet, one script and small fonts, made from those of the theme and its extensions."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

from sphinx.errors import ExtensionError

from _ext.course_page import fonts, guesses, node, python, search
from local import plots
from tools.files import ROOT

HERE = Path(__file__).parent
KATEX = ROOT / "node_modules" / "katex" / "dist"

STYLES = [
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
]
"""In the theme's order. The others (thebe, toggle buttons, design grids) are used by no page."""

SCRIPTS = [
    "documentation_options.js",
    "doctools.js",
    "clipboard.min.js",
    "copybutton.js",
    "scripts/sphinx-book-theme.js",
    "scripts/pydata-sphinx-theme.js",
]

OUR_SCRIPTS = [
    "book.js",
    "paper.js",
    "core-path.js",
    "marks.js",
    "contents.js",
    "read.js",
    "drawers.js",
]

ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
THEME_SEARCHES = {
    r'document\.querySelectorAll\(\["pre",[^\]]*\]\.join\(", "\)\)': "[]",
    r'document\.querySelectorAll\(n\.join\(", "\)\)': "[...document.querySelectorAll"
    '("aside,div,figure,table,p")].filter(e=>e.matches(n.join(", ")))',
}
"""Searches of the themes' scripts that hold a phone up, and what takes their place. One asks every
box that may scroll for its size, which lays out each fold by itself: our `book.js` does what it is
for. One asks every element, most of them in formulas, for 28 classes of the margin."""

FONT_FACE = re.compile(r"@font-face\s*{[^}]*}")


def shrink(site):
    """Reduce the folder `_static` to what the pages use, and print what that saved."""
    static = site.folder / "_static"
    before = weight(static)
    shipped = static.rename(site.folder / "_shipped")
    static.mkdir()
    for path in shipped.glob("favicon.*"):
        shutil.copy2(path, static / path.name)
    script = ";\n".join(
        without_source_map(path.read_text("utf-8"))
        for path in [*(shipped / name for name in SCRIPTS), *(HERE / name for name in OUR_SCRIPTS)]
    )
    for pattern, better in THEME_SEARCHES.items():
        script, found = re.subn(pattern, better, script)
        if found != 1:
            raise ExtensionError(
                f"The themes' scripts must hold {pattern} once, found {found}: see THEME_SEARCHES."
            )
    style = purge(
        site, merge_styles(shipped), script + guesses.SCRIPT + python.START + search.script()
    )
    style = cut_fonts(site, style, shipped)
    link(site, "book.js", script)
    link(site, "book.css", style)
    link(site, "search-index.js", search.index(site))  # only the search page loads these two
    link(site, "search.js", search.script())
    shutil.rmtree(shipped)
    print(f"Scripts, styles and fonts of the book: {before:.0f} KB, now {weight(static):.0f} KB")


def weight(folder):
    """The size of a folder in KB as a static host sends it: text compressed, fonts as they are."""
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
    # The licences ask for the comments that name the copyright; all others go.
    dropped = r"/\*(?:(?!\*/|[Cc]opyright).)*\*/|@charset[^;]*;"
    return re.sub(dropped, "", "\n".join(sheets), flags=re.DOTALL)


def purge(site, style, script):
    """The style sheet without rules that match nothing in the pages, even after scripts ran."""
    names = set()
    for text in site.texts.values():
        names.update(re.findall(r"<([a-z][\w-]*)", text))
        for name, value in ATTRIBUTE.findall(text):
            if name not in ("href", "d", "content", "style", "points"):
                names.update((name, *value.split()))
    task = {"css": style, "names": " ".join(sorted(names)), "scripts": script}
    return site.memory.results(purged, [task])[0]


def purged(tasks):
    return [node.run("purge.mjs", task) for task in tasks]


def cut_fonts(site, style, shipped):
    """Write the fonts that the style sheet uses, each reduced to the characters it may show."""
    icons = shipped / "vendor" / "fontawesome" / "webfonts"
    shown = [(KATEX / "fonts", site.symbols), (icons, fonts.escaped(style))]
    sources = {path.name: (path, chars) for home, chars in shown for path in home.glob("*.woff2")}
    rules = FONT_FACE.sub("", style)

    def face(rule):
        family = re.search(r"""font-family:\s*["']?([^;"'}]+)""", rule[0])[1].replace("\\", "")
        source, characters = sources[re.search(r"[\w-]+\.woff2", rule[0])[0]]
        if family not in rules:
            return ""
        [font] = site.memory.results(fonts.cut, [(source, "".join(sorted(characters)))])
        if not font:
            return ""
        (site.folder / "_static" / source.name).write_bytes(font)
        declarations = re.findall(r"font-(?:family|style|weight):[^;}]*", rule[0])
        declarations += ["font-display:block", f'src:url({source.name}) format("woff2")']
        return "@font-face{" + ";".join(declarations) + "}"

    return FONT_FACE.sub(face, style)


def link(site, name, text):
    """Write an asset, and put a digest of it into every page's link, so that no old one is used."""
    (site.folder / "_static" / name).write_text(text, "utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    for page, page_text in site.texts.items():
        site.texts[page] = page_text.replace(f'_static/{name}"', f'_static/{name}?v={digest}"')
