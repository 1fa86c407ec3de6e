"""The archives that a page's Python unpacks: packages of others, and the course's own code.

They are made anew from what was verified, without what no figure and no notebook uses, so that a
reader fetches less. The same input gives the same archive, byte for byte.
"""

import base64
import io
import re
import zipfile
from importlib import metadata
from pathlib import Path

from _ext.course_page import node
from tools.files import ROOT

HERE = Path(__file__).parent

LEFT_OUT = re.compile(
    r"(^|/)(tests|benchmarks|testing/jpl_units|sample_data|web_backend|sphinxext|pdfcorefonts|afm"
    r"|images)/"
    r"|\.(pyc|pyi|pxd|h|a|exe)$|^\.\.|^numpy/(f2py|distutils)/|^bin/"
    r"|_ttconv\.cpython|^sympy/parsing/(autolev|latex)/|^PIL/_(imagingft|webp)\."
    r"|^matplotlib/backends/_?backend_(cairo|gtk|macosx|nbagg|pdf|pgf|ps|qt|tk|webagg|wx)"
    r"|/ttf/(DejaVuSerif|DejaVuSansMono-|Humor)|^matplotlib/fontlist\.json"
)


def packed(files):
    """A zip archive of `files`, which are bytes by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            header = zipfile.ZipInfo(name)
            header.external_attr = 0o644 << 16
            archive.writestr(header, files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def trimmed(wheels):
    """Wheels, as bytes, without the parts that no page needs."""
    return [packed(dict(_kept(wheel))) for wheel in wheels]


def _kept(wheel):
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not LEFT_OUT.search(name):
                yield name, archive.read(name)


def compiled(wheels):
    """Wheels, as bytes, with compiled modules in the place of their source (see `compiling`)."""
    program = (HERE / "compiling.py").read_text("utf-8")
    texts = [base64.b64encode(wheel).decode() for wheel in wheels]
    made = node.run("compile.mjs", {"program": program, "wheels": texts})
    archives = (zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) for text in made)
    return [packed({name: one.read(name) for name in one.namelist()}) for one in archives]


def installed(packages):
    """Wheels of (name, version) in pure Python, made from the environment that builds the book."""
    return [packed(dict(_installed(name))) for name, _ in packages]


def _installed(name):
    for file in metadata.distribution(name).files:
        path = file.locate()
        if not LEFT_OUT.search(file.as_posix()) and path.is_file():
            yield file.as_posix(), path.read_bytes()


def course(names, kernel):
    """The files of the course by their names, and the module of the page beside `local`."""
    files = {name: (ROOT / name).read_bytes() for name in names}
    files |= {f"kernel/{path.name}": path.read_bytes() for path in sorted(kernel.glob("*.py"))}
    return packed(files)
