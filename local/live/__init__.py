"""Live figures: one ES module a figure, the same in Jupyter, in Colab and on the page.

How a live figure is made
-------------------------
Python, `local/live/NAME.py`: a subclass of `Figure` stores what the figure shows in synced traits
and says four things about itself. A cell ends in one; a Markdown page has ```{live} lag.Lag```.

    class Lag(Figure):
        module = "lag.js"                      # beside this file
        title = "..."                          # at most 90 characters; its text/plain
        alt = "..."                            # what the still shows and teaches, in words
        controls = 2                           # the page leaves room for so many until they come
        height = t.Int(300).tag(sync=True)     # pixels of the stage, at any width
        momentum = t.Float(0.9).tag(sync=True)    # the state: numbers, strings, short lists,
        curves = t.Bytes().tag(sync=True)         # and long arrays: packed(values, "float32")

        def still(self): ...                   # a matplotlib Figure, for paper and no JavaScript

What is no drawing is a subclass of `Live`, and says in HTML what stands on the page until its
module wakes: `question.py` is one.

JavaScript, `NAME.js`: `import { compose, slider, ... } from "./kit.js";`, then a function
`render({ model, el })` that returns `compose(...)`, and last `export default { render };`.
`compose` calls `draw(width, height)` after every change and resize, and then `words()`: one or two
sentences, at most 140 characters, with the numbers that the picture shows. Modules have
these parts, in this order:

    stateOf(model)          all that the figure shows: its traits and what follows from them
    sentences(state)        the words
    geometry(..., width)    where things lie on a stage of this width
    axes, courses, ...      parts of the drawing: lists of elements, made of state and geometry
    render({ model, el })   joins them
    controlsOf(model)       what stands below the stage

State is read by `model.get` and written by `trait(model, name)`; what can be changed is a `slider`,
`choice`, `buttons` or `draggable`, so keys work. Draw in pixels, with the classes of live.css
(`named` text, `line`, `area`, `dot` inside `without`, `with`, `layer`, ...; `soft`, `axis`, `grid`,
`curve`): they know the palette and the theme. What moves by itself is a `motion`, begun by a press;
under `calm()` one frame of it goes a long way and stops. Mathematics that touches no document goes
into a module of its own, as norm.js, and Node compares it with local/equations.py. `bundle` puts
the text of imported modules in the place of their imports, so no two of them may have the same name
at the top.

Tests: add the figure to FIGURES in tests/live_figures.py, and a test of what it teaches, which
compares numbers read from the picture with Python's.
"""

import base64
import html
import io
import json
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import traitlets as t

from local import frontend, plots

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import [^;]*? from "\./([\w.]+)";\n', re.MULTILINE)
PALETTE = plots.custom_properties({**plots.COLORS, "violet": plots.VIOLET})
STYLE = f".live {{ {PALETTE} }}\n" + (HERE / "live.css").read_text("utf-8")

WIDGET, FRAME = frontend.widget()
ON_PAGE = (HERE / "page.js").read_text("utf-8")

PAGE = """\
<div data-live="{module}">
<style>{style}</style>
<noscript><style>.live-controls, .live-words {{ display: none; }}</style></noscript>
<div class="live">
{asleep}
</div>
<script type="application/json">{state}</script>
<script type="module">{code}</script>
</div>
"""

STILL = """\
<div class="live-stage" style="height: {height}px"><img alt="{alt}" src="{still}"></div>
<div class="live-controls">{places}</div>
<p class="live-words"></p>"""


class Live(WIDGET):
    """What a reader can change, with a module beside this file.

    In a notebook it is a widget, and the kernel sees its traits change. Its `text/html` is the same
    for pages without a kernel: what `asleep` says, until the module runs.
    """

    module = None
    _css = STYLE

    def __init_subclass__(cls, **kwargs):
        if "module" in cls.__dict__:  # not in the class that traitlets derives for an instance
            cls._esm = bundle(cls.module)
        super().__init_subclass__(**kwargs)

    def asleep(self):
        """HTML of what the page shows until the module runs, and where it never does."""
        raise NotImplementedError(f"{type(self).__name__} must say what it shows asleep")

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": self.page()}, metadata

    def state(self):
        """The synced traits of the figure itself, as JSON can hold them."""
        own = self.traits(sync=True).keys() - FRAME
        values = {name: getattr(self, name) for name in sorted(own) if name[0] != "_"}
        return {
            name: {"base64": base64.b64encode(value).decode()} if type(value) is bytes else value
            for name, value in values.items()
        }

    def page(self):
        """HTML that needs nothing but itself: no kernel, no network, not even a server."""
        return PAGE.format(
            module=self.module,
            style=STYLE,
            asleep=self.asleep(),
            state=json.dumps(self.state()).replace("<", "\\u003c"),
            code=inside_script(self._esm + f"const MODULE = '{self.module}';" + ON_PAGE),
        )


class Figure(Live):
    """A drawing that a reader can change; see the guide above for what a subclass says."""

    title = ""
    controls = 0
    alt = ""
    height = t.Int(300).tag(sync=True)

    def still(self):
        """The matplotlib figure that stands for this one where nothing can move."""
        raise NotImplementedError(f"{type(self).__name__} must draw its still")

    def __repr__(self):
        return f"Live figure: {self.title}"

    def asleep(self):
        return STILL.format(
            height=self.height,
            alt=html.escape(self.alt),
            still="data:image/svg+xml;base64," + base64.b64encode(self._svg()).decode(),
            places='<div class="live-control"></div>' * self.controls,
        )

    def _svg(self):
        with mpl.rc_context(plots.STYLE):
            drawn, file = self.still(), io.BytesIO()
            drawn.savefig(file, format="svg", transparent=True, metadata={"Date": None})
            plt.close(drawn)  # or the notebook would show it, too
        return file.getvalue()


def bundle(name):
    """The module `name` with the text of what it imports in the place of each import, once."""
    included = {name}

    def text_of(name):
        return IMPORT.sub(imported, (HERE / name).read_text("utf-8"))

    def imported(match):
        if match[1] in included:
            return ""
        included.add(match[1])
        return re.sub("^export ", "", text_of(match[1]), flags=re.MULTILINE)

    return text_of(name)


def inside_script(code):
    """JavaScript that no HTML parser takes for the end of its script element."""
    return code.replace("</", "<\\/").replace("<!--", "<\\!--")


def packed(values, dtype):
    """An array's numbers as bytes, little-endian, for `floats` or `bytes` of kit.js."""
    return np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
