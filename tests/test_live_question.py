"""Questions with choices, in a real browser: each answer is met with what it deserves."""

import pytest
from IPython.core.formatters import DisplayFormatter
from lxml import html

from local.exercises import quiz
from local.live.question import Question, marked
from tests.browsing import contrast, violations, visit

PHONE, DESK, NARROW = 390, 1280, 320
KEY = "misconception-9"  # with code in the stem and in the answers
ITEM = quiz.ITEMS[KEY]
RIGHT = [choice.right for choice in ITEM.choices].index(True)
WRONG = 1 - RIGHT if RIGHT < 2 else 0


def shown(text):
    """Text of an item as a reader sees it on a page."""
    return html.fromstring(f"<p>{marked(text)}</p>").text_content()


@pytest.fixture(scope="module")
def figures():
    return {"question": Question(KEY), "other": Question("misconception-1")}


@pytest.fixture
def page(address, chromium):
    with visit(chromium, f"{address}question-light.html", PHONE) as page:
        yield page
        assert page.complaints == []


def answer_by_keys(page, number):
    """Go to the choices by Tab, to this one by arrows, and check it by Enter."""
    page.locator("h1").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    first = page.get_by_role("radio", checked=True)
    at = page.get_by_role("radio").evaluate_all("all => all.findIndex(one => one.checked)")
    assert first.evaluate("one => one === document.activeElement")
    for _ in range(number - at):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("number, verdict", [(WRONG, "Not so."), (RIGHT, "Right.")])
def test_an_answer_is_answered_by_keys_alone(number, verdict, page):
    assert page.get_by_role("status").inner_text() == ""
    answer_by_keys(page, number)
    expected = f"{verdict} {shown(ITEM.choices[number].feedback)}"
    assert page.get_by_role("status").inner_text() == expected


def test_who_was_wrong_may_answer_again_and_then_read_all_answers(page):
    answers = page.locator(".question-answers")
    assert not answers.is_visible()
    for number in WRONG, RIGHT:
        page.get_by_role("radio").nth(number).check()
        assert page.get_by_role("status").inner_text() == ""  # of the last answer no longer
        page.get_by_role("button", name="Check my answer").tap()
    assert page.get_by_role("status").inner_text().startswith("Right.")
    marks = page.locator("label").evaluate_all("all => all.map(one => one.className)")
    assert [marks[WRONG], marks[RIGHT]] == ["wrong", "right"]
    assert marks.count("") == len(marks) - 2
    answers.locator("summary").tap()
    for choice in ITEM.choices:
        assert answers.get_by_text(shown(choice.feedback)[-40:]).is_visible()


def test_checking_without_an_answer_says_what_is_missing(page):
    page.get_by_role("button").tap()
    assert page.get_by_role("status").inner_text() == "Choose one of the answers first."


def test_the_same_answer_again_is_read_out_again(page):
    page.get_by_role("radio").nth(WRONG).check()
    page.get_by_role("button").tap()
    page.get_by_role("radio").nth(RIGHT).check()
    page.get_by_role("radio").nth(WRONG).check()
    page.get_by_role("button").tap()
    assert page.get_by_role("status").inner_text().startswith("Not so.")


def test_a_screen_reader_finds_one_group_with_the_question_as_its_name(page):
    group = page.get_by_role("group", name=f"Check {shown(ITEM.stem)}", exact=True)
    names = [shown(choice.text) for choice in ITEM.choices]
    for name in names:
        assert group.get_by_role("radio", name=name, exact=True).count() == 1


def test_whatever_is_pressed_is_as_large_as_a_finger(page):
    page.get_by_role("radio").first.check()
    page.get_by_role("button").tap()
    for part in page.locator("label, button, summary").all():
        assert part.bounding_box()["height"] >= 44


def test_two_questions_on_a_page_do_not_know_of_each_other(chromium, folder, figures):
    both = figures["question"].page() + figures["other"].page()
    (folder / "both.html").write_text(f"<!DOCTYPE html><title>Two</title>{both}", "utf-8")
    with visit(chromium, (folder / "both.html").as_uri()) as page:
        forms = page.locator(".question")
        for form in forms.all():
            form.get_by_role("radio").first.check()
        assert page.get_by_role("radio", checked=True).count() == 2
        forms.last.get_by_role("button").click()
        assert [bool(s.inner_text()) for s in page.get_by_role("status").all()] == [False, True]


@pytest.mark.parametrize("width", [NARROW, PHONE, DESK])
def test_nothing_moves_when_a_question_wakes(width, address, chromium):
    places = []
    for kind in "asleep", "light":
        with visit(chromium, f"{address}question-{kind}.html", width) as page:
            places.append(page.locator(".after").bounding_box())
            assert page.evaluate("document.documentElement.scrollWidth") == width
    assert places[0] == places[1]


@pytest.mark.parametrize("width, theme", [(PHONE, "light"), (DESK, "dark")])
def test_a_question_is_accessible_and_can_be_read(width, theme, address, chromium):
    with visit(chromium, f"{address}question-{theme}.html", width, theme) as page:
        assert violations(page) == []
        page.get_by_role("radio").nth(WRONG).check()
        page.get_by_role("button").click()
        assert violations(page) == []
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        for part in "label.wrong span", "summary", "button", "legend strong":
            colour = page.locator(part).first.evaluate("one => getComputedStyle(one).color")
            assert contrast(colour, ground) >= 4.5, part


def test_without_scripts_the_answers_are_folded_below_a_list(address, chromium):
    with visit(chromium, f"{address}question-light.html", PHONE, script=False) as page:
        assert page.get_by_role("button").count() == page.get_by_role("radio").count() == 0
        for choice in ITEM.choices:
            assert page.locator("label", has_text=shown(choice.text)).is_visible()
        last = page.locator("dd").last
        assert not last.is_visible()
        page.locator("summary").tap()
        assert last.is_visible()
        assert shown(ITEM.choices[-1].feedback) in last.inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_the_answers_are_open(script, address, chromium):
    with visit(chromium, f"{address}question-light.html", DESK, script=script) as page:
        page.emulate_media(media="print")
        assert page.locator("dd").last.is_visible()
        assert page.locator("dd").last.bounding_box()["height"] > 20
        assert not page.get_by_role("button", include_hidden=True).is_visible()
        below = page.locator(".after").bounding_box()["y"]
        assert below > page.locator("dd").last.bounding_box()["y"]


def test_a_question_works_from_a_file(folder, chromium):
    with visit(chromium, (folder / "question-light.html").as_uri(), PHONE) as page:
        page.get_by_role("radio").nth(RIGHT).check()
        page.get_by_role("button").tap()
        assert page.get_by_role("status").inner_text().startswith("Right.")
        assert page.complaints == []


def test_what_a_notebook_stores_is_the_question_in_plain_text():
    first, second = (DisplayFormatter().format(Question(KEY))[0] for _ in range(2))
    assert first["text/plain"] == second["text/plain"]
    assert first["text/html"] == second["text/html"]

    def plain(text):
        return text.replace("`", "")

    text = " ".join(first["text/plain"].split())
    assert text.startswith(f"Check: {plain(ITEM.stem)} - ")
    assert all(plain(choice.text) in text for choice in ITEM.choices)
    assert max(map(len, first["text/plain"].splitlines())) <= 79
    assert not any(plain(choice.feedback) in text for choice in ITEM.choices)


def test_a_key_that_no_question_has_is_refused():
    with pytest.raises(ValueError, match="'colour'; there are misconception-1, "):
        Question("colour")


def test_text_becomes_html_and_nothing_else():
    assert marked("`a < b` & <i>") == "<code>a &lt; b</code> &amp; &lt;i&gt;"
    assert marked('It isn\'t "so", nor "not"') == "It isn’t “so”, nor “not”"
