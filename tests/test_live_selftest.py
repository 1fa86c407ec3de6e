"""The self-test, in a real browser: fifteen questions, what was missed, and what is kept."""

import pytest

from local.exercises import quiz
from local.live.selftest import SelfTest
from tests.browsing import violations, visit

PHONE, DESK = 390, 1280
ITEMS = quiz.MISCONCEPTION_ITEMS
COUNT = len(ITEMS)
BLOCKED = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("blocked", "SecurityError"); },
})"""
ASIDE = """Object.defineProperty(window, "localStorage", {
    value: { getItem: () => null, setItem: () => {}, removeItem: () => {} },
})"""
FULL = """Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
}"""


@pytest.fixture(scope="module")
def figures():
    return {"selftest": SelfTest()}


@pytest.fixture
def page(address, chromium):
    with visit(chromium, f"{address}selftest-light.html", PHONE) as page:
        yield page
        assert page.complaints == []


def key_of(page):
    """The key of the one question that is shown."""
    (key,) = page.locator("[data-key]:visible").evaluate_all("all => all.map(i => i.dataset.key)")
    return key


def place(page):
    return page.locator(".self-test-place").inner_text()


def number(key, right):
    """The number of a choice of that question that is right, or of one that is wrong."""
    return [choice.right for choice in ITEMS[key].choices].index(right)


def answer(page, right):
    """Answer the question that is shown; returns its key."""
    key = key_of(page)
    shown = page.locator(f"[data-key={key}]")
    shown.get_by_role("radio").nth(number(key, right)).check()
    shown.get_by_role("button", name="Check my answer").click()
    assert shown.get_by_role("status").inner_text().startswith("Right." if right else "Not so.")
    return key


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def read(page):
    """The links to read at the end, without what stands before their anchors' pages."""
    links = page.locator(".self-test-end a")
    return links.evaluate_all("all => all.map(link => link.getAttribute('href'))")


def link(key):
    return quiz.MISCONCEPTION_OF[key].page.replace("#", ".html#")


def test_what_was_missed_is_what_there_is_to_read(page):
    missed, seen = [], []
    for turn in range(COUNT):
        assert place(page) == f"Question {turn + 1} of {COUNT}"
        seen.append(answer(page, right=turn % 3 != 0))
        if turn % 3 == 0:
            missed.append(seen[-1])
            answer(page, right=True)  # learnt, and yet missed at the first try
        press(page, "Next")
    assert sorted(seen) == sorted(ITEMS)
    assert page.get_by_role("heading", level=2).inner_text() == "10 of 15 right at the first try"
    assert sorted(read(page)) == sorted(map(link, missed))
    assert violations(page) == []


def test_who_knows_all_has_nothing_to_read(page):
    for _ in range(COUNT):
        answer(page, right=True)
        press(page, "Next")
    assert page.get_by_role("heading", level=2).inner_text() == "15 of 15 right at the first try"
    assert "nothing" in page.locator(".self-test-end").inner_text()
    assert read(page) == []


def test_a_question_may_be_skipped_and_met_again(page):
    first = key_of(page)
    assert page.get_by_role("button", name="Back").is_disabled()
    press(page, "Skip")
    assert key_of(page) != first
    press(page, "Back")
    assert key_of(page) == first
    for _ in range(COUNT - 1):
        press(page, "Skip")
    answer(page, right=True)
    press(page, "Next")
    assert "14 were not answered" in page.locator(".self-test-end").inner_text()
    assert len(read(page)) == 14
    press(page, "Back")
    assert place(page) == "Question 15 of 15"


def test_the_order_is_random_and_follows_the_browsers_dice(address, chromium):
    orders = []
    for dice in "Math.random = () => 0", "Math.random = () => 0.999999", "":
        with visit(chromium, f"{address}selftest-light.html", DESK) as page:
            page.add_init_script(f"{dice}; localStorage.clear()")
            page.reload()
            orders.append([])
            for _ in range(COUNT):
                orders[-1].append(key_of(page))
                press(page, "Skip")
    assert all(sorted(order) == sorted(ITEMS) for order in orders)
    assert orders[1] == list(ITEMS)
    assert orders[0] != orders[1] != orders[2]


def test_a_reload_keeps_what_was_answered_and_a_press_forgets_it(page):
    key = answer(page, right=False)
    press(page, "Next")
    second = answer(page, right=True)
    page.reload()
    assert key_of(page) == second
    assert place(page) == f"Question 2 of {COUNT}"
    assert page.get_by_role("status").locator("visible=true").inner_text().startswith("Right.")
    press(page, "Back")
    assert key_of(page) == key
    assert page.get_by_role("status").locator("visible=true").inner_text().startswith("Not so.")
    press(page, "Clear my answers and begin again")
    for _ in range(2):
        assert place(page) == f"Question 1 of {COUNT}"
        assert page.get_by_role("radio", checked=True, include_hidden=True).count() == 0
        page.reload()
    stored = page.evaluate("Object.values(localStorage)")
    assert len(stored) == 1 and "[0]" not in stored[0] and "[1]" not in stored[0]


@pytest.mark.parametrize("block", [BLOCKED, ASIDE, FULL], ids=["blocked", "replaced", "full"])
def test_where_nothing_can_be_stored_it_says_so_and_goes_on(block, page):
    assert "stay in this browser" in page.locator(".self-test-note").inner_text()
    page.add_init_script(f"localStorage.clear(); {block}")
    page.reload()
    assert "stores nothing" in page.locator(".self-test-note").inner_text()
    answer(page, right=True)
    press(page, "Next")
    assert place(page) == f"Question 2 of {COUNT}"
    page.reload()
    assert place(page) == f"Question 1 of {COUNT}"


@pytest.mark.parametrize(
    "stored",
    [
        "not JSON",
        "null",
        "{}",
        '{"order": ["a"], "at": 0, "tried": {"a": []}}',
        '{"order": ORDER, "at": 99, "tried": TRIED}',
        '{"order": ORDER, "at": 3, "tried": {}}',
        '{"order": ORDER, "at": 3, "tried": WRONG}',
    ],
)
def test_what_another_edition_stored_is_no_harm(stored, page):
    tried = ",".join(f'"{key}": []' for key in ITEMS)
    parts = {
        "ORDER": str(list(ITEMS)).replace("'", '"'),
        "TRIED": f"{{{tried}}}",
        "WRONG": f"{{{tried.replace('[]', '[7]')}}}",
    }
    for name, part in parts.items():
        stored = stored.replace(name, part)
    page.evaluate("text => localStorage.setItem('batch-normalization-self-test', text)", stored)
    page.reload()
    assert place(page) == f"Question 1 of {COUNT}"


def test_it_can_be_done_by_keys_alone_and_says_where_it_is(page):
    page.locator("h1").click()
    for turn in range(2):
        key = key_of(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        assert page.locator(f"[data-key={key}] output").inner_text()
        next_button = page.get_by_role("button", name="Next")
        for _ in range(6):
            if next_button.evaluate("button => button === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert place(page) == f"Question {turn + 2} of {COUNT}"
        focused = page.evaluate("document.activeElement.textContent")
        assert focused == f"Question {turn + 2} of {COUNT}"


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_moves_by_itself(width, address, chromium):
    with visit(chromium, f"{address}selftest-light.html", width) as page:
        page.add_init_script("""
            window.shift = 0;
            new PerformanceObserver((list) => {
                for (const { value, hadRecentInput } of list.getEntries())
                    if (!hadRecentInput) window.shift += value;
            }).observe({ type: "layout-shift", buffered: true });
        """)
        page.reload()
        page.locator(".self-test-note").wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("window.shift") == 0
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width, theme", [(PHONE, "dark"), (DESK, "light")])
def test_it_is_accessible(width, theme, address, chromium):
    with visit(chromium, f"{address}selftest-{theme}.html", width, theme) as page:
        assert violations(page) == []
        answer(page, right=False)
        assert violations(page) == []


def test_without_scripts_and_on_paper_all_questions_stand_there(address, chromium):
    with visit(chromium, f"{address}selftest-light.html", PHONE, script=False) as page:
        assert page.locator(".question:visible").count() == COUNT
        assert page.locator("dd:visible").count() == 0
        page.locator("summary").first.tap()
        assert page.locator("dd:visible").count() == len(ITEMS["misconception-1"].choices)
        assert page.get_by_role("link").locator("visible=true").count() == 1
    with visit(chromium, f"{address}selftest-light.html", DESK) as page:
        page.emulate_media(media="print")
        assert page.locator(".question:visible").count() == COUNT
        assert page.locator("dd:visible").count() == page.locator("dd").count()
        assert page.get_by_role("button").locator("visible=true").count() == 0


def test_it_works_from_a_file_and_keeps_its_answers_there(folder, chromium):
    with visit(chromium, (folder / "selftest-light.html").as_uri(), PHONE) as page:
        answer(page, right=True)
        press(page, "Next")
        page.reload()
        assert place(page) == f"Question 2 of {COUNT}"
        assert page.complaints == []
        assert [url for url in page.fetched if not url.startswith(("data:", "file:"))] == []
