"""What answers a guess is folded until the reader asks for it.

The build puts it into an element `guess-answer`; guesses.js, in the head of the page, folds it.
Without scripts, on paper and for the search it is there.
"""

from itertools import takewhile
from pathlib import Path

from lxml.builder import E

SCRIPT = (Path(__file__).parent / "guesses.js").read_text("utf-8")
GUESS = "//blockquote[@class='callout guess']"
OUTPUT = "div[starts-with(@class, 'cell_output')]"
OPEN_CODE = "div[starts-with(@class, 'cell_input')]"
TASK = ".//p[.='Show a solution'] | .//pre[starts-with(normalize-space(), 'checks.check_')]"
"""What a student writes, and what checks it."""


def fold(tree):
    """Prepare the answers of a page; a page on which nothing is guessed stays as it is."""
    guesses = tree.xpath(GUESS)
    for guess in reversed(guesses):  # so that what answers the last one is inside the first's
        put_answer(guess)
    answers = tree.xpath("//guess-answer")
    if not answers:
        return
    for answer in answers:
        section = next(answer.iterancestors("section"))
        number = len(section.xpath(".//guess-answer[@id]"))
        answer.set("id", f"answer-{section.get('id')}" + (f"-{number + 1}" if number else ""))
        answer.set("data-section", title(section))
    tree.xpath("//h1")[0].getparent().xpath("section")[0].addprevious(E("answers-switch"))
    tree.find("head").append(E.script(SCRIPT))


def put_answer(guess):
    """Put what answers a guess into an element of its own: what follows, up to the next heading.

    Code that follows at once is the experiment, and stays open: it ends at the first output. So
    does a live figure, which answers only a reader who plays with it.
    """
    following = list(takewhile(lambda element: element.tag != "section", guess.itersiblings()))
    last = guess
    while following and asks(following[0]):
        last = following.pop(0)
    if not following:
        return
    answer = E("guess-answer")
    if following[0].xpath(OPEN_CODE):
        last = following.pop(0)
        answer.append(E.div(*last.xpath(OUTPUT), {"class": last.get("class")}))
    last.addnext(answer)
    answer.extend(following)


def asks(element):
    """Whether an element below a guess gives nothing away, or is a task, which is never hidden."""
    if element.xpath(TASK):
        return True
    outputs = element.xpath(OUTPUT)
    live = outputs and outputs[0].xpath(".//*[@data-live]")
    return bool(element.xpath(OPEN_CODE) and (live or not outputs))


def title(section):
    """The heading of a section without its number and the link to itself."""
    (heading,) = section.xpath("*[self::h1 or self::h2 or self::h3 or self::h4]")
    return "".join(heading.xpath("text() | *[not(@class)]//text()")).strip()
