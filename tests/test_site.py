"""The built site in a real browser, without a network: what a reader on a phone meets.

It looks at `_build/html` as `make book` left it.
"""

import gzip
import posixpath
import re
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont
from lxml import html

from tests.browsing import UNFOLD, book, contrast, figures, look, served, violations, visit
from tools.files import SITE
from tools.slides import SLIDES

CHAPTER = "02-normalizing-a-batch.html"
PHONE, DESK = 390, 1280
WEIGHT = 250_000
"""Bytes of HTML, CSS, JavaScript and fonts that any page may take on the way."""


@pytest.fixture(scope="module")
def trees():
    """Every page as a tree, by file name; slides are no page, and have tests of their own."""
    book()
    pages = (path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html")))
    read = [name for name in pages if not name.startswith("_") and name != SLIDES.name]
    return {name: html.parse(SITE / name).getroot() for name in read}


@pytest.fixture(scope="module")
def address(trees):
    with served(SITE) as address:
        yield address


def look_at(names, address, chromium, width, theme):
    """{name: what the tests ask about that page} for a screen of that width and theme."""
    pages = {}
    for name in names:
        with visit(chromium, address + name, width, theme) as page:
            pages[name] = look(page)
    return pages


@pytest.fixture(scope="module")
def phone(address, trees, chromium):
    """Every page on a phone with light colours."""
    return look_at(trees, address, chromium, PHONE, "light")


@pytest.fixture(scope="module")
def desk(address, trees, chromium):
    """Every page on a wide screen with dark colours."""
    return look_at(trees, address, chromium, DESK, "dark")


def test_the_open_code_of_the_lesson_fits_a_phone(address, chromium):
    with visit(chromium, address + "00-one-hour.html", PHONE) as page:
        page.evaluate(UNFOLD)
        wide = page.evaluate("""() => [...document.querySelectorAll(".cell_input pre")]
            .filter(code => !code.closest("details"))
            .map(code => [code.scrollWidth > code.clientWidth, code.textContent])""")
        assert len(wide) > 10
        assert [code for scrolls, code in wide if scrolls] == []


def test_every_page_loads_without_a_complaint(phone, desk):
    for pages in phone, desk:
        assert {name: seen.complaints for name, seen in pages.items() if seen.complaints} == {}


def test_every_page_loads_from_a_file(trees, chromium):
    complaints, live = {}, {}
    for name in trees:
        with visit(chromium, (SITE / name).as_uri(), PHONE) as page:
            complaints[name], live[name] = page.complaints, figures(page)
    assert {name: list_ for name, list_ in complaints.items() if list_} == {}
    assert {name: count for name, count in live.items() if count[0] != count[1]} == {}


def test_every_live_figure_wakes(phone, desk):
    for pages in phone, desk:
        live = {name: seen.figures for name, seen in pages.items() if seen.figures[0]}
        assert {"index.html", CHAPTER} <= live.keys()
        assert {name: count for name, count in live.items() if count[0] != count[1]} == {}


def heading(tree):
    return tree.xpath("string(//h1/text())").strip()


def test_the_top_of_the_site_is_the_index(address, trees, chromium):
    with visit(chromium, address) as page:
        assert page.url == address
        assert page.locator("h1").inner_text().startswith(heading(trees["index.html"]))


def test_an_address_that_leads_nowhere_says_so(address, trees, chromium):
    with visit(chromium, address + "nothing.html") as page:
        assert page.locator("h1").inner_text() == heading(trees["404.html"])


def test_every_page_is_light(phone):
    def sent(path):
        content = path.read_bytes()
        return len(content if path.suffix == ".woff2" else gzip.compress(content))

    kinds = (".html", ".css", ".js", ".woff2")
    for name, seen in phone.items():
        weight = sum(sent(SITE / path) for path in seen.fetched if path.endswith(kinds))
        assert 0 < weight < WEIGHT, name


def test_every_page_fits_a_phone(phone):
    """Wide things scroll in boxes of their own; the page never moves sideways."""
    assert {name: seen.width for name, seen in phone.items()} == dict.fromkeys(phone, PHONE)


def test_labels_in_figures_can_be_read_on_a_phone(phone):
    sizes = {name: seen.smallest_label for name, seen in phone.items()}
    assert {name: size for name, size in sizes.items() if size < 10.9} == {}


def test_panels_are_side_by_side_on_a_wide_screen_and_stacked_on_a_phone(address, chromium):
    for width, columns in ((PHONE, 1), (700, 2), (DESK, 2)):
        with visit(chromium, address + CHAPTER, width) as page:
            page.evaluate(UNFOLD)
            figures = page.locator(".panels").all()
            assert len(figures) > 2
            for figure in figures:
                boxes = [panel.bounding_box() for panel in figure.locator("svg").all()]
                assert len({round(box["x"]) for box in boxes}) == columns
                assert figure.bounding_box()["height"] < 800


PLACES = re.compile(r"\b(Above|Below|Top|Bottom)\b|\b(upper|lower) (panel|half)\b")


def test_no_words_say_that_panels_are_one_below_the_other(trees):
    told = {
        f"{name}: {figure.get('aria-label')} {''.join(caption.itertext())}"
        for name, tree in trees.items()
        for figure in tree.xpath("//*[contains(@class, 'panels')]/*[@aria-label]")
        for caption in figure.xpath("following::p[contains(@class, 'caption')][1]")
    }
    assert len(told) > 10
    halves = "//p[contains(., 'upper half of') or contains(., 'lower half of')]"
    told |= {"".join(p.itertext()) for tree in trees.values() for p in tree.xpath(halves)}
    assert [words for words in told if PLACES.search(words)] == []


def test_every_page_has_a_description(trees):
    described = "//meta[@name='description'][string-length(@content) > 30]"
    without = {name for name, tree in trees.items() if not tree.xpath(described)}
    assert without <= {"404.html", "search.html"}


def test_links_lead_somewhere(trees):
    anchors = {name: set(tree.xpath("//@id")) for name, tree in trees.items()}
    dead = []
    for name, tree in trees.items():
        for target in set(tree.xpath("//@href | //@src")):
            url = urlsplit(target)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(url.path)))
            path = path if url.path else name
            place = url.fragment.partition("?")[0]  # behind it stands what a figure shows
            here = not url.scheme and not target.startswith("/")
            if here and not (
                (SITE / path).is_file() and (not place or place in anchors.get(path, {place}))
            ):
                dead.append(f"{name}: {target}")
            assert url.scheme in ("", "https", "data"), target
    assert dead == []


def test_every_picture_says_what_it_shows(trees):
    pictures = [
        (name, picture.get("alt") or picture.get("aria-label") or "")
        for name, tree in trees.items()
        for picture in tree.xpath("//article//img | //article//svg[@role='img']")
    ]
    assert pictures
    assert [p for p in pictures if len(p[1]) < 30 or "_images" in p[1]] == []


def test_mathematics_is_rendered(trees):
    for name, tree in trees.items():
        other = "pre", "code", "annotation", "script", "style"
        shown = " or ".join(f"ancestor::{element}" for element in other)
        text = "".join(tree.xpath(f"//body//text()[not({shown})]"))
        assert re.findall(r"\\[\[(a-zA-Z]+|\$+", text) == [], name
    assert trees[CHAPTER].xpath("count(//math)") > 20


def test_every_symbol_of_a_formula_has_its_glyph(trees):
    glyphs = set()
    for path in (SITE / "_static").glob("KaTeX*.woff2"):
        glyphs |= TTFont(path).getBestCmap().keys()
    formulas = [f for tree in trees.values() for f in tree.xpath("//*[@class='katex-html']")]
    symbols = set("".join(formula.text_content() for formula in formulas))
    assert len(symbols) > 50
    assert {s for s in symbols if ord(s) not in glyphs and not s.isspace()} <= {"\u200b"}


def test_what_others_made_says_whose_it_is(trees):
    style = (SITE / "_static" / "book.css").read_text("utf-8")
    notices = " ".join(re.findall(r"/\*.*?\*/", style, re.DOTALL))
    for owner in ("Sphinx", "Bootstrap", "Fonticons", "EBP"):
        assert owner in notices
    for name in ("index.html", CHAPTER):
        assert "CC BY 4.0" in trees[name].xpath("string(//footer[contains(@class, 'book')])")


def test_without_scripts_the_page_is_whole(address, chromium):
    with visit(chromium, address + CHAPTER, PHONE, script=False) as page:
        assert page.locator(".katex-display").first.is_visible()
        assert page.locator(".drawing svg").first.is_visible()
        assert "0, 0, 0, 0" not in page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("toggle, menu", [("primary", "Chapters"), ("secondary", "On this page")])
def test_a_menu_opens_with_a_tap_and_leads_on(toggle, menu, address, chromium):
    with visit(chromium, address + CHAPTER, PHONE) as page:
        page.locator(f".{toggle}-toggle").tap()
        dialog = page.get_by_role("dialog", name=menu)
        dialog.get_by_role("link").last.tap()
        page.wait_for_url(lambda url: url != address + CHAPTER)


@pytest.mark.parametrize("home", ["host", "files"])
def test_search_finds_a_page_and_shows_it(home, address, chromium):
    base = {"host": address, "files": SITE.as_uri() + "/"}[home]
    with visit(chromium, base + "index.html", PHONE) as page:
        page.get_by_role("button", name="Search").tap()
        page.get_by_role("searchbox").fill("gradient")
        page.get_by_role("searchbox").press("Enter")
        page.wait_for_url("**/search.html?q=gradient")
        page.wait_for_load_state("networkidle")
        page.locator("#search-results li a[href*='03-backward-pass.html']").first.tap()
        page.wait_for_url(re.compile(r".*/03-backward-pass\.html"))
        page.locator("h1", has_text="gradient").wait_for()
        assert page.url.startswith(base + "03-backward-pass.html")
        assert page.complaints == []


def test_labels_in_figures_follow_the_theme(phone, desk):
    for pages in phone, desk:
        faint = [
            (name, colour)
            for name, seen in pages.items()
            for colour in seen.label_colours
            if contrast(colour, seen.ground) < 4.5
        ]
        assert faint == []
    assert phone[CHAPTER].label_colours != desk[CHAPTER].label_colours
    assert contrast(phone[CHAPTER].ground, desk[CHAPTER].ground) > 15


def test_the_colour_button_goes_round(address, chromium):
    with visit(chromium, address, theme="light") as page:
        themes = []
        for _ in range(3):
            themes.append(page.evaluate("document.documentElement.dataset.theme"))
            page.get_by_role("button", name="Color mode").click()
        assert sorted(set(themes)) == ["dark", "light"]


def test_a_printed_page_has_its_title_and_all_of_its_code(address, chromium):
    with visit(chromium, address + CHAPTER) as page:
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 600, "height": 800})
        assert page.locator("h1").is_visible()
        cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
        assert page.locator(".bd-article pre").evaluate_all(cut) == []


@pytest.mark.parametrize("blocked", [False, True])
def test_the_self_test_ends_in_the_sections_to_read(blocked, address, trees, chromium):
    refuse = "get() { throw new DOMException('blocked', 'SecurityError'); }"
    with visit(chromium, address + "self-test.html", PHONE) as page:
        if blocked:
            page.add_init_script(
                f"Object.defineProperty(window, 'localStorage', {{ {refuse}, configurable: true }})"
            )
            page.reload()
        stored = "stores nothing" if blocked else "stay in this browser"
        page.get_by_text(stored).wait_for()
        for _ in range(15):
            page.get_by_role("button", name="Skip").tap()
        links = page.locator(".self-test-end a")
        assert links.count() == 15
        assert links.get_by_text("the section that answers it").count() == 0
        words = links.last.inner_text()
        links.last.tap()
        page.wait_for_url(lambda url: "self-test" not in url)
        assert words in page.locator(":target").inner_text()


def theme_of(page):
    return page.evaluate("document.documentElement.dataset.theme")


def test_the_system_changes_its_colours_and_the_next_page_knows(address, chromium):
    with visit(chromium, address + "notation.html", theme="dark") as page:
        assert theme_of(page) == "dark"
        page.emulate_media(color_scheme="light")
        page.add_init_script("""document.addEventListener("readystatechange", () => {
            window.first ??= document.documentElement.dataset.theme;
        })""")
        page.reload()
        assert page.evaluate("window.first") == "light"  # before the theme's own script


def test_a_reader_who_lets_no_page_store_has_colours_too(address, chromium):
    refuse = "get() { throw new DOMException('blocked', 'SecurityError'); }"
    with visit(chromium, address + "index.html", theme="dark") as page:
        for store in "localStorage", "sessionStorage":
            page.add_init_script(
                f"Object.defineProperty(window, '{store}', {{ configurable: true, {refuse} }})"
            )
        page.reload()
        themes = [theme_of(page)]
        for _ in range(2):
            page.get_by_role("button", name="Color mode").click()
            themes.append(theme_of(page))
        assert themes == ["dark", "light", "dark"]
        assert [line for line in page.complaints if line.startswith("error")] == []


def test_every_page_is_accessible(phone, desk):
    for pages in phone, desk:
        assert {name: seen.violations for name, seen in pages.items() if seen.violations} == {}


@pytest.mark.parametrize("width, theme", [(PHONE, "dark"), (DESK, "light")])
def test_a_chapter_is_accessible_to_the_last_token(width, theme, address, chromium):
    with visit(chromium, address + CHAPTER, width, theme) as page:
        assert violations(page, whole=True) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("opener", [".primary-toggle", ".secondary-toggle", ".search-button"])
def test_what_opens_over_a_page_is_accessible(opener, theme, address, chromium):
    with visit(chromium, address + "notation.html", PHONE, theme) as page:
        page.locator(opener).tap()
        page.locator("dialog[open]").wait_for()
        assert violations(page) == []


FIRST_COLUMN = """() => [...document.querySelectorAll("details.hide pre")].map(pre => {
    const fold = pre.closest("details");
    fold.open = true;
    const clips = getComputedStyle(fold).overflowX !== "visible";
    const left = Math.max(0, clips ? fold.getBoundingClientRect().left : 0);
    const text = document.createRange();
    text.selectNodeContents(pre);
    return text.getBoundingClientRect().left - left;
})"""


def test_a_phone_shows_unfolded_code_from_its_first_column(address, chromium):
    with visit(chromium, address + CHAPTER, PHONE) as page:
        page.evaluate(UNFOLD)
        lefts = page.evaluate(FIRST_COLUMN)
        assert len(lefts) > 3 and min(lefts) > 4


def test_names_of_the_next_pages_fit_a_phone(address, trees, chromium):
    fits = "all => all.every(link => link.scrollWidth <= link.clientWidth)"
    for name in ("index.html", "00-one-hour.html", "claims.html"):
        with visit(chromium, address + name, PHONE) as page:
            parts = page.locator(".prev-next-area a, .prev-next-info")
            assert parts.count() > 1 and parts.evaluate_all(fits)


def test_the_line_of_a_claim_and_its_worlds_are_two_sentences(trees):
    lines = [p.text_content() for tree in trees.values() for p in tree.xpath("//p[@class='claim']")]
    assert len(lines) > 40
    assert [line for line in lines if "Holds in" in line and ". Holds in" not in line] == []


def test_a_task_is_never_inside_an_answer(trees):
    tasks = [
        task
        for name, tree in trees.items()
        for task in tree.xpath("//div[@class='own'] | //p[.='Show a solution']")
    ]
    assert len(tasks) > 10
    assert [task for task in tasks if any(task.iterancestors("guess-answer"))] == []
