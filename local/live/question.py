"""A question with choices: whoever answers is told what is tempting in an answer, and if it holds.

It is one form from the beginning, so nothing moves when its module wakes. Where none does, and on
paper, the choices are a list, and their answers stand below.
"""

import html
import re
import textwrap

import traitlets as t

from local import live
from local.exercises import quiz

FORM = """\
<form class="question" autocomplete="off">
<fieldset>
<legend><strong>Check</strong> {stem}</legend>
{choices}
</fieldset>
<button disabled>Check my answer</button>
<output></output>
<details class="question-answers">
<summary>The answers</summary>
<dl>
{answers}
</dl>{more}
</details>
</form>"""

CHOICE = '<label><input type="radio" name="choice"> <span>{}</span></label>'

VERDICTS = {True: "Right.", False: "Not so."}


class Question(live.Live):
    """The item `key` of `local.exercises.quiz`, asked.

    tried: the choices that were checked, by their numbers from 0, in their order.
    Raises ValueError for a key that no item has.
    """

    module = "question.js"
    tried = t.List(t.Int()).tag(sync=True)
    _form = t.Unicode().tag(sync=True)  # not a part of the page's state, for it stands there

    def __init__(self, key, **kwargs):
        if key not in quiz.ITEMS:
            raise ValueError(f"no question has the key {key!r}; there are {', '.join(quiz.ITEMS)}")
        self.item = quiz.ITEMS[key]
        super().__init__(_form=form(self.item), **kwargs)

    def __repr__(self):
        """The question in plain text, for a notebook that is shown without its widgets."""
        lines = [f"Check: {self.item.stem}"]
        lines += [f"- {choice.text}" for choice in self.item.choices]
        return "\n".join(
            textwrap.fill(line.replace("`", ""), 79, subsequent_indent="  ") for line in lines
        )

    def asleep(self):
        return self._form


def form(item, more=""):
    """The HTML of a question, with HTML that stands below its answers."""
    return FORM.format(
        stem=marked(item.stem),
        choices="\n".join(CHOICE.format(marked(choice.text)) for choice in item.choices),
        answers="\n".join(map(_answer, item.choices)),
        more=more,
    )


def _answer(choice):
    right = ' class="right"' if choice.right else ""
    verdict = f"<strong>{VERDICTS[choice.right]}</strong>"
    return f"<dt>{marked(choice.text)}</dt>\n<dd{right}>{verdict} {marked(choice.feedback)}</dd>"


def marked(text):
    """Plain text with code in `backticks`, as HTML with quotation marks as the book has them."""
    text = re.sub('"([^"]*)"', r"“\1”", html.escape(text, quote=False)).replace("'", "’")
    return re.sub("`([^`]*)`", r"<code>\1</code>", text)
