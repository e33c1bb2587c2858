"""Lines to put in order, moved by buttons, so that a mouse, a keyboard and a screen reader all can."""

from __future__ import annotations

from functools import partial
from html import escape

import ipywidgets as widgets

from perm_lab.challenges import Judgement, Ordering, Progress, Tone
from perm_lab.ui.editor import outcome_body
from perm_lab.ui.panel import Panel, button, html
from perm_lab.ui.status import live, unkept
from perm_lab.ui.style import bare, fragment, prose, shows


@shows(Ordering)
def ordering_body(ordering: Ordering) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in ordering.shuffled)
    return f"<div><b>Put in order.</b> {prose(ordering.text)}<ul>{lines}</ul></div>"


class Arrange(Panel):
    """An ordering, one row for each place: the line that stands there, and two buttons that move it.

    The rows stay where they are and the lines move through them; a button that has moved its line hands the focus on by
    staying where it is, under the same finger. What was checked last is kept, and is there again after a restart.
    """

    def __init__(self, ordering: Ordering, progress: Progress | None = None) -> None:
        self.ordering = ordering
        self.outcome: Judgement | None = None
        self._progress = progress or Progress()
        lines = self._progress.last(ordering.name).get("lines")
        known = isinstance(lines, list) and sorted(lines) == sorted(ordering.lines)
        self.lines: list[str] = list(lines if lines and known else ordering.shuffled)
        self.places = [html() for _ in self.lines]
        self.ups = [self._mover("▲", n, -1) for n in range(len(self.lines))]
        self.downs = [self._mover("▼", n, 1) for n in range(len(self.lines))]
        self.check_button = button("Check", self.guard(self._check), button_style="primary")
        self.start_button = button("Start over", self.guard(self._start_over))
        self.result = html()
        rows = [
            widgets.HBox([up, down, place], layout=widgets.Layout(align_items="center"))
            for up, down, place in zip(self.ups, self.downs, self.places, strict=True)
        ]
        buttons = widgets.HBox([self.check_button, self.start_button])
        super().__init__((html(bare(prose(ordering.text))), *rows, buttons, self.result))
        self._show()
        if known:
            self._judge()

    def _mover(self, sign: str, place: int, way: int) -> widgets.Button:
        made = button(sign, self.guard(partial(self._move, place, way)))
        made.layout.flex, made.layout.width, made.layout.margin = "none", "3em", "1px"
        return made

    def check(self, lines: list[str] | tuple[str, ...] | None = None) -> Judgement:
        """Check this order, or the one that stands there: the plain-code way to press the buttons.

        Raises ValueError when these are not the lines.
        """
        if lines is not None:
            self.ordering.check(lines)
            self.lines = list(lines)
            self._show()
        return self._check()

    def _move(self, place: int, way: int) -> None:
        other = place + way
        if 0 <= other < len(self.lines):
            self.lines[place], self.lines[other] = self.lines[other], self.lines[place]
        self.outcome = None
        self._show()

    def _check(self) -> Judgement:
        tone = self.ordering.check(self.lines).tone
        if tone is not Tone.NOT_YET:
            self._progress.attempt(self.ordering.name, {"lines": self.lines, "tone": tone.value}, tone.value)
        return self._judge()

    def _judge(self) -> Judgement:
        self.outcome = self.ordering.check(self.lines)
        self.result.value = bare(live(outcome_body(self.outcome)), unkept(self._progress))
        return self.outcome

    def _start_over(self) -> None:
        self.lines, self.outcome = list(self.ordering.shuffled), None
        self._show()

    def _show(self) -> None:
        for n, (line, place) in enumerate(zip(self.lines, self.places, strict=True), 1):
            place.value = bare(f"<b>{n}.</b> {escape(line)}")
            self.ups[n - 1].tooltip = f"Move up: {line}"
            self.downs[n - 1].tooltip = f"Move down: {line}"
        self.result.value = ""

    def text(self) -> str:
        return str(self.ordering)

    def static(self) -> str:
        return fragment(ordering_body(self.ordering))
