"""The site as one archive: unpacked into any folder it opens by double click, without a network."""

import zipfile
from urllib.parse import unquote

import pytest

from tests.browsing import UNFOLD, visit
from tools import archive

CHAPTER = "02-normalizing-a-batch.html"
FOLDER = "Meine Bücher 3,5 % #1"
"""Blanks, an accent, and what an address must escape."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The built site, packed and unpacked."""
    folder = tmp_path_factory.mktemp("offline")
    if not (archive.SITE / "index.html").exists():
        pytest.fail("There is no book to pack: run `make book` first.")
    archive.pack(archive.SITE, folder / "site.zip")
    with zipfile.ZipFile(folder / "site.zip") as packed:
        packed.extractall(folder / FOLDER)
    return folder / FOLDER / archive.NAME


def test_a_reader_gets_from_the_index_to_a_chapter_and_on(unpacked, chromium):
    with visit(chromium, (unpacked / "index.html").as_uri()) as page:
        page.locator(f"article a[href='{CHAPTER}']").first.click()
        page.locator(".katex:visible").first.wait_for()
        assert FOLDER in unquote(page.url)
        fonts = "document.fonts.ready.then(() => [...document.fonts].map(font => font.status))"
        assert "loaded" in page.evaluate(fonts)
        chapter = page.url
        page.locator(".right-next").click()
        page.wait_for_url(lambda url: url != chapter)
        page.locator("h1").first.wait_for()
        assert page.complaints == []


def test_search_works_without_a_server(unpacked, chromium):
    with visit(chromium, (unpacked / "search.html").as_uri() + "?q=gradient") as page:
        page.locator("#search-results li a").first.click()
        page.locator("h1").first.wait_for()
        assert "search.html" not in page.url
        assert page.complaints == []


def test_a_live_figure_answers_without_a_server(unpacked, chromium):
    alive = [p for p in sorted(unpacked.glob("*.html")) if '"live-stage"' in p.read_text("utf-8")]
    with visit(chromium, alive[0].as_uri()) as page:
        page.evaluate(UNFOLD)
        figure = page.locator("[data-awake]:has(.live-stage)").first
        figure.locator(".live-stage > :is(svg, canvas)").wait_for()
        words = figure.get_by_role("status")
        before = words.inner_text()
        figure.locator("input[type=range]").first.press("End")
        assert words.inner_text() != before
        assert page.complaints == []


def test_nothing_is_fetched_from_outside_the_folder(unpacked, chromium):
    with visit(chromium, (unpacked / CHAPTER).as_uri()) as page:
        home = unpacked.as_uri() + "/"
        assert [u for u in page.fetched if not u.startswith((home, "data:"))] == []


def test_the_same_site_makes_the_same_archive(tmp_path):
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("a" * 1000)
    (site / "sub" / "b.webp").write_bytes(b"b")
    for name in "first.zip", "second.zip":
        archive.pack(site, tmp_path / name)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as packed:
        assert packed.testzip() is None
        names = ["README.txt", "index.html", "sub/b.webp"]
        assert packed.namelist() == [f"{archive.NAME}/{name}" for name in names]
        assert {file.external_attr >> 16 for file in packed.infolist()} == {0o644}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["first.zip", "second.zip", "site"]


def test_without_a_book_there_is_nothing_to_pack(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="run `make book` first"):
        archive.main()
