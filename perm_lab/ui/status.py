"""What a widget tells of itself: a verdict that a screen reader speaks, and what is left of an earlier state.

A result that no longer belongs to what the controls say is not wiped out, so that it can be compared: it is marked, in
words and by its looks (controls.css), until the new one is there.
"""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from perm_lab.challenges import Progress
from perm_lab.ui.style import prose

RESULT, RAN = "pl-result", "pl-ran"  # what a change makes old; of these, what only another run makes new
STALE, WAITS = "pl-stale", "pl-waits"  # marks of a widget: its results are old; those of its last run are
EARLIER = "○ of an earlier state"


def live(body: str) -> str:
    """`body` as an area whose new words a screen reader speaks when it comes to rest."""
    return f'<div role="status">{body}</div>'


def unkept(progress: Progress) -> str:
    """Why the last answer could not be read or kept; empty where it could."""
    return f"<p class=pl-dim>{prose(progress.problem)}</p>" if progress.problem else ""


def earlier(words: str = EARLIER) -> str:
    """The line that shows while the widget around it is marked."""
    return f'<p class="pl-earlier">{escape(words)}</p>'


def mark(widget: widgets.DOMWidget, css: str) -> None:
    """Give a widget this mark and no other; `css` is empty for none."""
    kept = [each for each in widget._dom_classes if each not in (STALE, WAITS)]
    widget._dom_classes = (*kept, css) if css else tuple(kept)


def marked(widget: widgets.DOMWidget) -> bool:
    """Whether something that the widget shows is of an earlier state."""
    return bool({STALE, WAITS} & set(widget._dom_classes))
