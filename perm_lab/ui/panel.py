"""The frame of every widget: controls that can be tested in plain Python and that read without a kernel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from html import escape
from typing import Any

import ipywidgets as widgets

from perm_lab.ui.box import Box
from perm_lab.ui.style import CONTROLS, CSS, bare, fragment, say

_log = logging.getLogger("perm_lab.ui")


class Panel(Box):
    """A box of controls. On a page without a kernel its `text` and its `static` HTML stand for it.

    `notice` shows what went wrong in a callback: JupyterLab itself would not show it.
    """

    def __init__(self, children: tuple[widgets.Widget, ...] = ()) -> None:
        self.notice = html()
        self.notice.layout.display = "none"
        style = widgets.HTML(f"<style>{CSS}{CONTROLS}</style>", layout=widgets.Layout(display="none"))
        super().__init__([style, *children, self.notice])
        self.add_class("pl-form")

    def text(self) -> str:
        """The panel in plain words; each kind of panel has its own."""
        return type(self).__doc__ or ""

    def static(self) -> str:
        """The panel as HTML that needs no kernel."""
        return fragment(f"<pre>{escape(self.text())}</pre>")

    def guard(self, callback: Callable[[], object]) -> Callable[..., None]:
        """`callback` for `observe` or `on_click`; what it raises is shown in the panel and logged."""

        @wraps(callback)
        def guarded(*_: Any) -> None:
            problem = ""
            try:
                callback()
            except Exception as error:
                _log.exception("a widget's callback failed")
                problem = f"✗ this did not work ({type(error).__name__}: {error}). Run the cell again to begin anew."
            self.notice.value = bare(say(problem, "pl-no")) if problem else ""
            self.notice.layout.display = None if problem else "none"

        return guarded

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/plain": self.text(), "text/html": self.static()}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


def html(value: str = "") -> widgets.HTML:
    """An area of HTML as wide as its panel."""
    return widgets.HTML(value, layout=widgets.Layout(width="auto"))


def button(label: str, callback: Callable[..., None], **options: Any) -> widgets.Button:
    """A button wide enough for its words."""
    made = widgets.Button(description=label, layout=widgets.Layout(width="auto", margin="4px 8px 4px 2px"), **options)
    made.on_click(callback)
    return made


def dropdown(label: str, options: Iterable[Any], widest: str = "34em", **more: Any) -> widgets.Dropdown:
    """A chooser among `options` (a value, or its words and the value), at most `widest` wide."""
    layout = widgets.Layout(width="auto", max_width=widest)
    return widgets.Dropdown(options=list(options), description=label, layout=layout, **more)
