"""How the kit's values show themselves, in one place.

A value that mixes in `Displayable` shows the views that are registered for its class: one as text, for `str` and a
terminal, and one as HTML. Whoever knows how to render a value registers the view, from above it: the HTML is
`perm_lab.ui`'s. That way the lower rooms carry no HTML, and the upper ones no special cases.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Literal, TypeVar

_T = TypeVar("_T")
Mime = Literal["text/plain", "text/html"]
_VIEWS: dict[tuple[type, Mime], Callable[[Any], str]] = {}


def view(cls: type[_T], mime: Mime = "text/html") -> Callable[[Callable[[_T], str]], Callable[[_T], str]]:
    """Register the decorated function as the view of `cls` and of its subclasses: as HTML, or as text, for `str`.

    >>> class Bucket(Displayable):
    ...     name = "photos"
    >>> @view(Bucket, "text/plain")
    ... def described(bucket):
    ...     return f"the bucket {bucket.name}"
    >>> str(Bucket())
    'the bucket photos'
    """

    def register(render: Callable[[_T], str]) -> Callable[[_T], str]:
        _VIEWS[cls, mime] = render
        return render

    return register


def html(value: object) -> str:
    """`value` as static HTML: its registered view, or its text in a `<pre>`.

    >>> html("a < b")
    '<pre>a &lt; b</pre>'
    """
    render = _view_of(value, "text/html")
    return render(value) if render else f"<pre>{escape(str(value))}</pre>"


def _view_of(value: object, mime: Mime) -> Callable[[Any], str] | None:
    return next((_VIEWS[cls, mime] for cls in type(value).__mro__ if (cls, mime) in _VIEWS), None)


class Displayable:
    """A value that Jupyter shows as text and as static HTML, with or without a kernel behind the page."""

    __slots__ = ()

    def __str__(self) -> str:
        render = _view_of(self, "text/plain")
        return render(self) if render else repr(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": html(self)}
