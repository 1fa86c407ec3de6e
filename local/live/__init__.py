"""Live figures: one ES module a figure, the same in Jupyter, in Colab and on the page.

How a live figure is made
-------------------------
Python, `local/live/NAME.py`: a subclass of `Figure` stores what the figure shows in synced traits
and says four things about itself. A cell ends in one; a Markdown page has ```{live} lag.Lag```.

    class Lag(Figure):
        module = "lag.js"                      # beside this file
        title = "..."                          # at most 90 characters; its text/plain
        number = "5a"                          # its chapter, and a letter
        alt = "..."                            # what the still shows and teaches, in words
        controls = 2                           # the page leaves room for so many until they come
        lead = t.Unicode("...")...             # what to do where no step of the guide is shown
        guide = t.List([press("Longer", "What to look at.", momentum=0.99), ...])...
        limits = t.Dict({"momentum": [0, 1]})...  # what can be changed, and between what
        height = t.Int(300).tag(sync=True)     # pixels of the stage, at any width
        momentum = t.Float(0.9).tag(sync=True)    # the state: numbers, strings, short lists,
        curves = t.Bytes().tag(sync=True)         # and long arrays: packed(values, "float32")

        def still(self): ...                   # a matplotlib Figure, for paper and no JavaScript

What is no drawing is a subclass of `Live`, and says in HTML what stands on the page until its
module wakes: `question.py` is one.

JavaScript, `NAME.js`: `compose` from frame.js, `slider` and more from kit.js, then a function
`render({ model, el })` that returns `compose(...)`, and last `export default { render };`.
`compose` of frame.js calls `draw(width, height)` after every change and resize, and then `words()`:
one or two sentences, at most 140 characters, with the numbers that the picture shows. Modules have
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
`curve`): they know the palette and the theme. What moves by itself is a `motion`, begun by a press
or, where it `begins`, once it is seen; under `calm()` one frame of it goes a long way and stops,
and it waits while nobody sees it.

Two to four steps lead through a figure (guide.js): each sets it and says what to look at, in at
most 140 characters that hold whatever the data are. *Reset* sets back what is named in `limits`; on
a page all of that stands in the address, too, `#live-lag?momentum=0.99` (address.js), so a link in
the prose can set a figure.

Mathematics that touches no document goes into a module of its own, as norm.js, and Node compares it
with local/equations.py. `bundle` puts the text of imported modules in the place of their imports,
so no two of them may have the same name at the top.

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
<div data-live="{module}"{place}>
<style>{style}</style>
<noscript><style>.live-controls, .live-guide, .live-words {{ display: none; }}</style></noscript>
<div class="live">
{asleep}
</div>
<script type="application/json">{state}</script>
<script type="module">{code}</script>
</div>
"""

STILL = """\
<p class="live-name">{name}</p>
<div class="live-stage" style="height: {height}px"><img alt="{alt}" src="{still}"></div>
<p class="live-words"></p>
<div class="live-guide"><div class="live-steps">{steps}</div><p class="live-look">{lead}</p></div>
<div class="live-controls">{places}</div>"""


class Live(WIDGET):
    """What a reader can change, with a module beside this file.

    In a notebook it is a widget, and the kernel sees its traits change. Its `text/html` is the same
    for pages without a kernel: what `asleep` says, until the module runs.
    """

    module = None
    place = ""
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
            place=f' id="{self.place}"' if self.place else "",
            style=STYLE,
            asleep=self.asleep(),
            state=json.dumps(self.state()).replace("<", "\\u003c"),
            code=inside_script(self._esm + f"const MODULE = '{self.module}';" + bundle("page.js")),
        )


class Figure(Live):
    """A drawing that a reader can change; see the guide above for what a subclass says."""

    title = ""
    number = ""
    controls = 0
    alt = ""
    height = t.Int(300).tag(sync=True)
    caption = t.List().tag(sync=True)
    lead = t.Unicode("Press a step, or change the figure yourself.").tag(sync=True)
    guide = t.List().tag(sync=True)
    limits = t.Dict().tag(sync=True)

    def __init__(self, **kwargs):
        caption = [f"Live figure {self.number}", self.title[0].upper() + self.title[1:]]
        super().__init__(**{"caption": caption, **kwargs})

    def still(self):
        """The matplotlib figure that stands for this one where nothing can move."""
        raise NotImplementedError(f"{type(self).__name__} must draw its still")

    def __repr__(self):
        return f"Live figure: {self.title}"

    @property
    def place(self):
        """The id of the figure on a page."""
        return f"live-{self.module.removesuffix('.js')}"

    def asleep(self):
        number, title = self.caption
        presses = [f"{k} {one['press']}" for k, one in enumerate(self.guide, 1)] + ["Reset"]
        return STILL.format(
            name=f'<a href="#{self.place}">{number}</a> {html.escape(title)}',
            steps="".join(f"<button disabled>{html.escape(press)}</button>" for press in presses),
            lead=html.escape(self.lead),
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


def press(text, look, /, begin=None, **values):
    """A step of a guide: a button with this text sets the traits; `look` says what to look at.

    begin: traits {name: value} from which the figure's motion goes to the end of the step.
    """
    return {"press": text, "look": look, "set": values, **({"from": begin} if begin else {})}


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
