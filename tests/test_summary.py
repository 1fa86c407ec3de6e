"""The instructor's page: everybody is found, sorted and cut down to who needs a look."""

import pytest

from grading.marks import GRADED, REVIEW
from grading.records import deadlines, feedback, standings, summary
from grading.records.record import Record
from grading.records.roster import Person, Roster
from local.exercises.questions import QUESTIONS
from tests.browsing import violations, visit
from tests.submissions import SLUG

NAMES = ("José 50%", "Zoë", "ada", "<b>Bo</b>", "10", "9")


def record(student, points):
    mark = {
        "question": "batch_norm_forward",
        "title": "Forward",
        "out_of": 20,
        "points": points,
        "state": GRADED if points is not None else REVIEW,
        "why": "Right." if points is not None else "No cell defines it.",
        "findings": [],
        "look": "",
    }
    return Record(student, SLUG, "f.ipynb", "", "", [mark])


def made(folder, roster):
    records = [record(name, 20 - n) for n, name in enumerate(NAMES)] + [record("eve", None)]
    rows = standings.of(records, roster, deadlines.Deadlines())
    feedback.write_all(folder, [one for one in rows if one.record])
    summary.write_page(folder, records, QUESTIONS, rows, roster, "7 files found.")
    return f"file://{folder}/summary.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory, chromium):
    folder = tmp_path_factory.mktemp("gradebook")
    url = made(folder, Roster([Person("Zoë Z", "zoe"), Person("Bo", "bo"), Person("Bo", "bo")]))
    with visit(chromium, url) as page:
        yield page


def shown(page):
    cells = page.locator("#everybody tbody tr:visible th")
    return [text.strip() for text in cells.all_inner_texts()]


def test_the_table_is_searched_without_accents_and_says_how_many(page):
    page.get_by_label("Search").fill("zoe")
    assert shown(page) == ["Zoë", "zoe"]
    assert page.locator("#shown").inner_text() == "2 of 9 shown"
    page.get_by_label("Search").fill("")
    assert len(shown(page)) == 9


def test_only_those_who_need_a_look_are_left(page):
    page.get_by_label("Only who needs a look").check()
    assert shown(page) == ["eve"]
    page.get_by_label("Only who needs a look").uncheck()


def test_the_keyboard_sorts_by_any_column_and_numbers_as_numbers(page):
    page.get_by_role("button", name="Student").focus()
    page.keyboard.press("Enter")
    assert shown(page)[:4] == ["<b>Bo</b>", "9", "10", "ada"]
    heading = page.get_by_role("columnheader", name="Student").first
    assert heading.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert shown(page)[0] in ("Zoë", "zoe")
    assert heading.get_attribute("aria-sort") == "descending"


def test_every_name_leads_to_its_feedback(page):
    links = page.locator("#everybody a")
    assert links.count() == 7
    for link in links.all():
        name = link.inner_text()
        address = link.evaluate("link => link.href")
        with page.context.expect_page() as opened:
            link.click(modifiers=["Control"])
        opened.value.wait_for_url(address)
        assert name in opened.value.locator("p").first.inner_text()
        opened.value.close()


def test_the_roster_says_who_is_missing_unknown_and_there_twice(page):
    text = page.locator("ul").inner_text()
    assert f"{SLUG}, handed in nothing: zoe, bo." in text
    assert "not on the roster:" in text and "eve" in text
    assert "In more than one row of the roster: bo." in text


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_everybody_can_use_it(tmp_path, chromium, theme, width):
    with visit(chromium, made(tmp_path, Roster()), width, theme) as page:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []


def test_without_javascript_everybody_is_there(tmp_path, chromium):
    url = made(tmp_path, Roster())
    with visit(chromium, url, script=False) as page:
        assert len(shown(page)) == 7
        assert not page.locator("#controls").is_visible()
