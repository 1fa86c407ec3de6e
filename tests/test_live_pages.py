"""What the build does with live figures and with links to sections, on pages made by hand."""

from types import SimpleNamespace

import pytest
from lxml import html

from _ext.course_page import annotations, live
from local.live.outlier import Outlier
from local.live.question import Question
from tests.browsing import visit

CHAPTER = """
<section id="whose"><h2>3 · Columns <em>or</em> rows?<a class="headerlink" href="#whose">#</a></h2>
</section>"""


def site(**pages):
    trees = {f"{name}.html": html.document_fromstring(text) for name, text in pages.items()}
    return SimpleNamespace(trees=trees)


@pytest.fixture(scope="module")
def shared():
    """A page with two questions and a figure, and what has been shared on it."""
    parts = [Question("one-percent").page(), Outlier().page(), Question("one-group").page()]
    built = site(page=f"<title>Three</title><main><h1>Three</h1>{''.join(parts)}<p>.</p></main>")
    live.share(built)
    return built.trees["page.html"]


def test_a_style_and_a_module_stand_once_on_a_page(shared):
    assert len(shared.xpath("//*[@data-live]")) == 3
    assert len(shared.xpath("//script[@type='module']")) == 2
    assert len(shared.xpath("//*[@data-live]/style")) == 1
    assert len(shared.xpath("//script[@type='application/json']")) == 3


def test_all_of_them_wake_all_the_same(shared, chromium, tmp_path):
    text = html.tostring(shared, encoding="unicode", doctype="<!DOCTYPE html>")
    (tmp_path / "page.html").write_text(text, "utf-8")
    with visit(chromium, (tmp_path / "page.html").as_uri()) as page:
        assert page.locator("[data-awake]").count() == 3
        assert page.get_by_role("button", name="Check my answer", disabled=False).count() == 2
        assert page.locator(".live-stage > svg").is_visible()
        assert page.complaints == []


@pytest.mark.parametrize(
    "address, words",
    [
        ("chapter.html#whose", "Columns or rows?"),
        ("chapter.html#nowhere", "a section"),
        ("nowhere.html#whose", "a section"),
    ],
)
def test_a_link_to_a_section_is_called_as_its_heading(address, words):
    built = site(page=f'<p><a class="section" href="{address}">a section</a></p>', chapter=CHAPTER)
    page = built.trees["page.html"]
    annotations.name_sections(page, built.trees)
    assert page.xpath("string(//a)") == words
