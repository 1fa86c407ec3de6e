"""What shows a notebook's results: Jupyter, or a page on which the reader runs Python.

Such a page (`_ext/course_page/python/`) brings neither IPython nor widgets. All that the library
needs of them without which it works as well is asked for here.
"""

from importlib.util import find_spec

import traitlets as t


def widget():
    """The class of live figures, and the names of the traits that say how Jupyter frames them.

    Without widgets it is plain traitlets: the figure has its state and shows itself as HTML.
    """
    if not find_spec("anywidget"):
        return Stateful, frozenset()
    import anywidget
    import ipywidgets

    return anywidget.AnyWidget, frozenset(ipywidgets.DOMWidget.class_traits())


class Stateful(t.HasTraits):
    """An object that shows itself as text, and as what a subclass adds."""

    def _repr_mimebundle_(self, **kwargs):
        return {"text/plain": repr(self)}, {}


def show_figures_as_svg():
    """Have Jupyter draw figures as SVG; a page that runs Python does nothing else."""
    if find_spec("matplotlib_inline"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")
