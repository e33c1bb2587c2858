"""The board of both sides: predict whether a caller gets in, see it decided, and fill the board cell by cell."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from perm_lab.scenarios.across import CALLER_SIDES, FUNCTION_SIDES, Cell, board
from perm_lab.ui.choice import Choice
from perm_lab.ui.decisions import decision_body
from perm_lab.ui.panel import Panel, button, dropdown, html
from perm_lab.ui.style import Mark, bare, folded, fragment, judged, mark, say, shows, table

_WHERE = {False: "the same account", True: "another account"}
_OPEN = Mark("○", "not tried", "pl-idle")


@shows(Cell)
def cell_body(cell: Cell) -> str:
    return decision_body(cell.decision)


def board_body(tried: dict[Cell, bool]) -> str:
    """Both halves of the board as tables; a cell that was not tried shows no verdict."""
    parts = []
    for across, where in _WHERE.items():
        rows = [
            (escape(f"policies: {caller}"), *(_shown(Cell(across, caller, each), tried) for each in FUNCTION_SIDES))
            for caller in CALLER_SIDES
        ]
        head = ("the caller's", *(f"function policy: {each}" for each in FUNCTION_SIDES))
        parts.append(table(head, rows, caption=f"a caller of {where}"))
    return "".join(parts)


def _shown(cell: Cell, tried: dict[Cell, bool]) -> str:
    if cell not in tried:
        return _OPEN.html
    said = "" if tried[cell] else "<br><span class=pl-dim>you said otherwise</span>"
    return f"{mark(cell.decision.verdict).html}{said}"


class BothSides(Panel):
    """Every combination of the caller's side and the function's: choose one, commit to a verdict, and see.

    `tried` is there for Python: the cells decided so far, each with whether the prediction was right.
    """

    def __init__(self) -> None:
        self.tried: dict[Cell, bool] = {}
        style = {"description_width": "8em"}
        where = [(f"somebody of {text}", key) for key, text in _WHERE.items()]
        self.where = dropdown("Caller:", where, style=style)
        self.caller = dropdown("Their policies:", [(f"say: {each}", each) for each in CALLER_SIDES], style=style)
        self.function = dropdown("Function policy:", [(f"says: {each}", each) for each in FUNCTION_SIDES], style=style)
        self.prediction = Choice({True: "The caller gets in", False: "The caller is denied"})
        self.commit_button = button("Commit", self.guard(self._commit), disabled=True, button_style="primary")
        self.verdict, self.table = html(), html()
        selects = (self.where, self.caller, self.function)
        for control in selects:
            control.observe(self.guard(self._changed), "value")
        self.prediction.observe(self.guard(self._chosen), "value")
        super().__init__((*selects, self.prediction, widgets.HBox([self.commit_button]), self.verdict, self.table))
        self._changed()

    @property
    def cell(self) -> Cell:
        """The combination that is chosen."""
        return Cell(self.where.value, self.caller.value, self.function.value)

    def commit(self, gets_in: bool) -> bool:
        """Commit to a verdict on the chosen combination, in place of the button; whether it is right."""
        self.prediction.value = gets_in
        self._commit()
        return self.tried[self.cell]

    def _changed(self) -> None:
        self.prediction.value = None
        self.verdict.value = bare("<p class=pl-dim>Commit to a verdict, then it is shown.</p>")
        self._chosen()
        self._show_board()

    def _chosen(self) -> None:
        self.commit_button.disabled = self.prediction.value is None

    def _commit(self) -> None:
        cell, decision = self.cell, self.cell.decision
        right = self.prediction.value is decision.allowed
        self.tried[cell] = right
        line = f"{'✓ Right' if right else '✗ Not so'}: {mark(decision.verdict)}"
        why = folded("why, statement by statement", decision_body(decision))
        self.verdict.value = bare(judged(right, line), why)
        self._show_board()

    def _show_board(self) -> None:
        tried = f"{len(self.tried)} of {len(board())} combinations tried"
        self.table.value = bare(say(f"{tried}, {sum(self.tried.values())} predicted rightly"), board_body(self.tried))

    def text(self) -> str:
        return "\n".join(["Every combination of both sides, and who gets in:", *map(str, board())])

    def static(self) -> str:
        return fragment("<h4>Both sides</h4>", board_body(dict.fromkeys(board(), True)))
