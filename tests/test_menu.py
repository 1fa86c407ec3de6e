"""The menu names subjects, follows the reader, keeps what was read, and never loses the focus."""

import contextlib
from itertools import pairwise

import pytest

from tests.browsing import book, violations, visit

CHAPTER, LONGEST = "02-normalizing-a-batch.html", "05-training-and-inference.html"
PHONE, DESK = 390, 1280
FOCUS = "document.activeElement"


@pytest.fixture(scope="module")
def folder():
    return book()


def marked(page):
    """The sections that the page's contents mark as the current one."""
    return page.locator("#contents [aria-current]").evaluate_all("all => all.map(a => a.hash)")


def sections(page):
    links = "#contents > ul > li > a"
    return page.locator(links).evaluate_all("all => all.map(a => a.hash)")


def read_at(page, section, share):
    """Scroll so that the heading of `section` stands at that share of the window's height."""
    page.evaluate(
        f"scrollTo({{ top: scrollY + document.querySelector('{section} :is(h2, h3)')"
        f".getBoundingClientRect().top - {share} * innerHeight, behavior: 'instant' }})"
    )
    page.wait_for_timeout(100)


def test_the_menu_has_the_words_that_readers_look_for(address, chromium):
    with visit(chromium, address + "index.html", DESK) as page:
        menu = page.locator(".bd-docs-nav")
        for subject in (
            *("learning rate", "moving average", "running mean", "inference mode", "layer norm"),
            *("group norm", "gamma", "epsilon", "weight decay", "folding", "PyTorch"),
        ):
            assert menu.get_by_text(subject).first.is_visible(), subject
        names = menu.locator("a").evaluate_all("all => all.map(a => a.childNodes[0].data.trim())")
        assert max(map(len, names)) < 40
        assert "5. Training and inference" in names


@pytest.mark.parametrize("name", [CHAPTER, LONGEST])
def test_the_contents_mark_the_section_that_is_read(name, address, chromium):
    with visit(chromium, address + name, DESK) as page:
        every = sections(page)
        assert marked(page) == every[:1]  # the reader has not come to a section yet
        for before, section in pairwise(every):
            read_at(page, section, 0.1)
            assert marked(page)[0] == section
            read_at(page, section, 0.6)  # its heading has come into sight, no more
            inside = f"#contents li:has(> a[href='{before}']) a"  # and the parts below it
            assert marked(page) == [page.locator(inside).last.get_attribute("href")]
        page.evaluate("scrollTo(0, 1e6)")
        page.wait_for_timeout(100)
        assert marked(page) == every[-1:]
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(100)
        assert marked(page) == every[:1]


def test_a_section_that_was_chosen_is_the_one_that_is_marked(address, chromium):
    """At the end of a page, too, where its heading cannot come to the top."""
    with visit(chromium, address + LONGEST, DESK) as page:
        for section in sections(page):
            page.locator(f"#contents a[href='{section}']").click()
            page.wait_for_timeout(100)
            assert marked(page) == [section]


READ = "✓ read"


def read(page, section, seconds):
    """Stay at the beginning of a section for so many seconds, and then see its end."""
    read_at(page, section, 0.1)
    page.clock.run_for(1000 * seconds)
    end = "{ block: 'end', behavior: 'instant' }"
    page.evaluate(f"document.querySelector('{section}').scrollIntoView({end})")
    page.clock.run_for(1500)


@contextlib.contextmanager
def visit_slowly(chromium, url, width=DESK):
    """As `visit`, with a clock that the test moves."""
    with visit(chromium, "about:blank", width) as page:
        page.clock.install()
        page.goto(url)
        yield page


def test_what_was_read_to_its_end_is_marked_here_and_in_the_menu_until_it_is_cleared(
    address, chromium
):
    with visit_slowly(chromium, address + CHAPTER) as page:
        first, second, third, *_ = sections(page)
        contents, menu = page.locator("#contents"), page.locator(".bd-docs-nav")
        assert page.get_by_text(READ).count() == 0
        clear = page.get_by_role("button", name="Forget what I have read")
        assert not clear.is_visible()
        read(page, second, 20)
        read(page, third, 2)  # passed over
        assert contents.locator("li", has_text=READ).count() == 1
        assert READ in contents.locator(f"a[href='{second}']").inner_text()
        read(page, first, 20)
        count = len(sections(page))
        own = menu.locator("li.current a")
        assert f"2 of {count} read" in own.inner_text()

        page.goto(address + "index.html")
        entry = page.locator(f".bd-docs-nav a[href='{CHAPTER}']")
        assert f"2 of {count} read" in entry.inner_text()
        assert page.locator(".bd-docs-nav li", has_text="read").count() == 1
        clear.click()
        assert "of" not in entry.inner_text() and not clear.is_visible()
        page.reload()
        assert page.locator(".was-read").count() == 0
        assert page.evaluate(f"{FOCUS} !== null") and page.complaints == []


def test_a_chapter_of_which_all_was_read_is_marked_so(address, chromium):
    with visit_slowly(chromium, address + CHAPTER) as page:
        for section in sections(page):
            read(page, section, 11)
        assert page.locator("#contents li", has_text=READ).count() == len(sections(page))
        assert READ in page.locator(".bd-docs-nav li.current a").inner_text()
        assert violations(page) == []


def test_without_storage_the_menu_works(address, chromium):
    refuse = "get() { throw new DOMException('blocked', 'SecurityError'); }"
    with visit(chromium, address + CHAPTER, DESK) as page:
        page.add_init_script(
            f"Object.defineProperty(window, 'localStorage', {{ {refuse}, configurable: true }})"
        )
        page.reload()
        section = sections(page)[2]
        read_at(page, section, 0.1)
        assert marked(page) == [section]


def test_without_scripts_the_menu_is_there_and_marks_nothing(address, chromium):
    with visit(chromium, address + CHAPTER, DESK, script=False) as page:
        assert page.locator(".bd-docs-nav a").first.is_visible()
        assert page.get_by_text("Forget what").count() == 0


RING = """() => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(document.activeElement);
    return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
}"""


@pytest.mark.parametrize("width, theme", [(PHONE, "dark"), (DESK, "light")])
@pytest.mark.parametrize("name", ["index.html", CHAPTER])
def test_whatever_a_key_reaches_shows_that_it_is_there(name, width, theme, address, chromium):
    with visit(chromium, address + name, width, theme) as page:
        page.locator("body").press("Tab")
        seen = set()
        for _ in range(60):
            if page.evaluate(f"{FOCUS} === document.body"):
                break  # the end of the page
            handle = page.evaluate(f"{FOCUS}.closest('svg') !== null")  # has a ring of its own
            what = page.evaluate(f"{FOCUS}.outerHTML.slice(0, 120)")
            assert handle or page.evaluate(RING) >= 2, what
            seen.add(what)
            page.keyboard.press("Tab")
        assert len(seen) > 15


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "button", [".primary-toggle", "a[download]", ".theme-switch-button", ".search-button"]
)
def test_a_button_of_the_header_looks_different_where_the_focus_is(
    button, theme, address, chromium
):
    with visit(chromium, address + CHAPTER, PHONE, theme) as page:
        box = page.locator(f".bd-header-article {button}").bounding_box()
        corner = {side: max(box[side] - 6, 0) for side in "xy"}
        around = corner | {side: box[side] + 12 for side in ("width", "height")}
        before = page.screenshot(clip=around)
        page.locator(f".bd-header-article {button}").focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert page.evaluate(f"{FOCUS}.matches('{button}')")
        assert page.screenshot(clip=around) != before
        assert page.evaluate(RING) >= 2


@pytest.mark.parametrize("toggle", [".primary-toggle", ".secondary-toggle", ".search-button"])
@pytest.mark.parametrize("how", ["key", "backdrop"])
def test_the_focus_is_on_its_button_again_when_a_drawer_closes(toggle, how, address, chromium):
    with visit(chromium, address + CHAPTER, PHONE) as page:
        page.locator(toggle).focus()
        page.keyboard.press("Enter")
        page.locator("dialog[open]").wait_for()
        assert page.evaluate(f"{FOCUS}.closest('dialog') !== null")
        if how == "key":
            page.keyboard.press("Escape")
        else:
            left = page.locator("dialog[open]").bounding_box()["x"]
            page.mouse.click(PHONE - 3 if left < 3 else 3, 790)
        page.locator("dialog[open]").wait_for(state="detached")
        page.wait_for_timeout(100)
        assert page.evaluate(f"{FOCUS}.matches('{toggle}')")


def test_a_section_that_is_chosen_in_the_drawer_closes_it_and_has_the_focus(address, chromium):
    with visit(chromium, address + CHAPTER, PHONE) as page:
        page.locator(".secondary-toggle").tap()
        section = sections(page)[3]
        page.locator(f"#contents a[href='{section}']").press("Enter")
        page.locator("dialog[open]").wait_for(state="detached")
        page.wait_for_timeout(100)
        assert page.evaluate(f"{FOCUS}.matches('h2') && {FOCUS}.closest('{section}') !== null")
        top = page.locator(f"{section} h2").bounding_box()["y"]
        assert 0 <= top < 200
        assert page.url.endswith(section)


def test_the_button_of_the_chapters_keeps_the_focus_on_a_wide_screen(address, chromium):
    with visit(chromium, address + CHAPTER, DESK) as page:
        page.locator(".primary-toggle").focus()
        for shown in False, True:
            page.keyboard.press("Enter")
            assert page.locator("#pst-primary-sidebar").is_visible() == shown
            assert page.evaluate(f"{FOCUS}.matches('.primary-toggle')")
