"""How the kit's values show themselves, in one place.

A value that mixes in `Displayable` shows `str(value)` as text and, once `perm_lab.ui` has registered a view for its
class, that view as HTML. The lower rooms so carry no HTML and the upper ones no special cases.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, TypeVar

_T = TypeVar("_T")
_VIEWS: dict[type, Callable[[Any], str]] = {}


def view(cls: type[_T]) -> Callable[[Callable[[_T], str]], Callable[[_T], str]]:
    """Register the decorated function as the HTML view of `cls` and of its subclasses."""

    def register(render: Callable[[_T], str]) -> Callable[[_T], str]:
        _VIEWS[cls] = render
        return render

    return register


def html(value: object) -> str:
    """`value` as static HTML: its registered view, or its text in a `<pre>`.

    >>> html("a < b")
    '<pre>a &lt; b</pre>'
    """
    for cls in type(value).__mro__:
        if cls in _VIEWS:
            return _VIEWS[cls](value)
    return f"<pre>{escape(str(value))}</pre>"


class Displayable:
    """A value that Jupyter shows as text and as static HTML, with or without a kernel behind the page."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {mime: render(self) for mime, render in _MIMES.items()}


_MIMES: dict[str, Callable[[object], str]] = {"text/plain": str, "text/html": html}
