"""The works of the bibliography: their names in a line of text, and that each is cited."""

from local.papers import citations
from tools.files import ROOT


def test_authors_bear_their_names():
    names = citations()
    assert names["ioffe2015batch"] == "Ioffe & Szegedy 2015"
    assert names["vanlaarhoven2017l2"] == "van Laarhoven 2017"
    assert names["peyre2019computational"] == "Peyré & Cuturi 2019"
    assert names["chollet2015keras"] == "Chollet et al. 2015"
    assert not [name for name in names.values() if set(name) & set("{}\\,")]


def test_every_work_of_the_bibliography_is_cited():
    pages = [p for p in (ROOT / "content").rglob("*") if p.suffix in (".ipynb", ".md")]
    text = "".join(path.read_text("utf-8") for path in pages)
    modules = "".join(path.read_text("utf-8") for path in (ROOT / "local").rglob("*.py"))
    for key, name in citations().items():
        assert key in text or key in modules, f"{name} is cited nowhere"
