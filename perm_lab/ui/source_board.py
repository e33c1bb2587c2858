"""The board of lesson 6: choose a source of events, put its permission somewhere, and the lab runs it."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from perm_lab.challenges import Progress
from perm_lab.scenarios.board import SIDES, Placed, example, place, sources, title
from perm_lab.ui.choice import Choice
from perm_lab.ui.panel import Panel, button, dropdown, html
from perm_lab.ui.pictures import Diagram
from perm_lab.ui.status import RESULT, STALE, earlier, live, mark, marked
from perm_lab.ui.style import bare, folded, fragment, judged, prose, say, shows, table

NAME = "06-board"
_EARLIER = "○ of an earlier placement: place and run again"


@shows(Placed)
def placed_body(placed: Placed) -> str:
    """The verdict, what to say of it, and the calls that decided it as a picture."""
    sign = "✓ it works" if placed.works else "✗ it fails"
    belief = f"<p>The belief behind it: <b>{escape(placed.misconception)}</b>.</p>" if placed.misconception else ""
    line = judged(placed.works, f"{sign}: {title(placed.source)}, {SIDES[placed.side]}")
    return f"{line}{prose(placed.sentence)}{belief}{Diagram(placed.hops).html()}"


class BoardWidget(Panel):
    """Every source of events, and four places where a permission can be.

    `placed` is there for Python: the latest run, None before the first. `tried` holds of each source the sides it was
    put on, in their order, and whether the last of them works; it is kept in the progress file.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.placed: Placed | None = None
        self._progress = progress or Progress()
        self.tried: dict[str, dict[str, Any]] = _known(self._progress.get(NAME))
        self.source = dropdown("Source:", [(title(each), each) for each in sources()])
        self.side = Choice(SIDES)
        self.run_button = button("Place and run", self.guard(self._place), disabled=True, button_style="primary")
        self.next_button = button("Next source", self.guard(self._next))
        self.result, self.board = html(), html()
        self.result.add_class(RESULT)
        self.source.observe(self.guard(self._changed), "value")
        self.side.observe(self.guard(self._chosen), "value")
        buttons = widgets.HBox([self.run_button, self.next_button])
        asked = html(bare("<b>Where does the permission belong?</b>"))
        super().__init__((self.source, asked, self.side, buttons, self.result, self.board))
        self._show_board()

    def place(self, source: str, side: str) -> Placed:
        """Put the permission for `source` on `side` and run it, in place of the button.

        Raises LookupError for a source or a side that is not on the board.
        """
        placed = place(source, side)
        self.source.value, self.side.value = source, side
        self._settle(placed)
        return placed

    @property
    def stale(self) -> bool:
        """Whether the verdict is of another placement than the one that is chosen."""
        return marked(self.result)

    def _place(self) -> None:
        self._settle(place(self.source.value, self.side.value))

    def _settle(self, placed: Placed) -> None:
        self.placed = placed
        sides = [*self.tried.get(placed.source, {}).get("sides", []), placed.side]
        self.tried[placed.source] = {"sides": sides, "works": placed.works}
        self._progress.put(NAME, self.tried)
        self.result.value = bare(earlier(_EARLIER), live(placed_body(placed)))
        mark(self.result, "")
        self._show_board()

    def _changed(self) -> None:
        self.side.value = None
        self._chosen()

    def _chosen(self) -> None:
        self.run_button.disabled = self.side.value is None
        now = (self.source.value, self.side.value)
        old = self.placed is not None and now != (self.placed.source, self.placed.side)
        mark(self.result, STALE if old else "")

    def _next(self) -> None:
        """Go on to the next source that does not stand in its place yet."""
        names = sources()
        here = names.index(self.source.value) + 1
        ahead = (*names[here:], *names[:here])
        self.source.value = next((each for each in ahead if not self.tried.get(each, {}).get("works")), ahead[0])

    def _show_board(self) -> None:
        done = [each for each in self.tried.values() if each["works"]]
        first = sum(len(each["sides"]) == 1 for each in done)
        count = f"{len(done)} of {len(sources())} sources in their place, {first} at the first try"
        self.board.value = bare(say(count), _board_body(self.tried))

    def text(self) -> str:
        names = "\n".join(f"  {each}: {title(each)}" for each in sources())
        sides = "\n".join(f"  {key}: {text}" for key, text in SIDES.items())
        return f"Where does the permission belong?\n{sides}\nfor each of these sources:\n{names}"

    def static(self) -> str:
        sides = "".join(f"<li>{escape(each)}</li>" for each in SIDES.values())
        names = "".join(f"<li>{escape(title(each))}</li>" for each in sources())
        every = folded(f"the {len(sources())} sources to place", f"<ul>{names}</ul>")
        shown = f"<p>For one:</p>{placed_body(example())}"
        return fragment(f"<b>Where does the permission belong?</b><ul>{sides}</ul>{every}{shown}")


def _board_body(tried: dict[str, dict[str, Any]]) -> str:
    """The four places side by side, each with the sources that stand there; those put elsewhere are marked."""
    cells = dict.fromkeys(SIDES, "")
    for source, each in tried.items():
        sign, css = ("✓", "pl-ok") if each["works"] else ("✗", "pl-no")
        cells[each["sides"][-1]] += f'<div><b class="{css}">{sign}</b> {escape(title(source))}</div>'
    return table(tuple(SIDES), [tuple(each or "<span class=pl-dim>nothing yet</span>" for each in cells.values())])


def _known(kept: Any) -> dict[str, dict[str, Any]]:
    """What was kept, without what the board does not have (any more)."""
    rows = kept.items() if isinstance(kept, dict) else ()
    return {
        source: {"sides": list(each["sides"]), "works": bool(each.get("works"))}
        for source, each in rows
        if source in sources() and isinstance(each, dict) and each.get("sides") and set(each["sides"]) <= set(SIDES)
    }
