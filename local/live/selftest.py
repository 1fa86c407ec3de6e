"""The self-test: the fifteen misconceptions as questions, and what to read where one was missed."""

import traitlets as t

from local import live
from local.exercises import quiz
from local.live import question

LIST = """\
<div class="self-test">
<ol>
{questions}
</ol>
</div>"""

READ = """
<p class="to-read">“{sentence}” is not so.
Read <a class="section" href="{page}.html#{anchor}">the section that answers it</a>
in chapter {chapter}.</p>"""


class SelfTest(live.Live):
    """All fifteen questions, one after the other, in an order that is new each time one begins.

    What was answered stays in the reader's browser. At the end stand the sections to read.
    """

    module = "selftest.js"
    _list = t.Unicode().tag(sync=True)  # not a part of the page's state, for it stands there

    def __init__(self, **kwargs):
        items = "\n".join(map(_listed, quiz.MISCONCEPTION_ITEMS.values()))
        super().__init__(_list=LIST.format(questions=items), **kwargs)

    def __repr__(self):
        return f"Self-test: {len(quiz.MISCONCEPTION_ITEMS)} questions"

    def asleep(self):
        return self._list


def _listed(item):
    asked = quiz.MISCONCEPTION_OF[item.key]
    sentence = question.marked(asked.sentence[0].upper() + asked.sentence[1:])
    page, _, anchor = asked.page.partition("#")
    read = READ.format(sentence=sentence, page=page, anchor=anchor, chapter=int(page[:2]))
    return f'<li data-key="{item.key}">{question.form(item, read)}</li>'
