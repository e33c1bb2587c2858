"""The widget of a scenario: what can be changed on the left, what then happens on the right, and why underneath."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import ipywidgets as widgets

from perm_lab.scenarios import Run, RunOutcome, Scenario, Toggle
from perm_lab.ui import runs
from perm_lab.ui.choice import Choice
from perm_lab.ui.forecast import Forecast
from perm_lab.ui.panel import Panel, html
from perm_lab.ui.pictures import diagram
from perm_lab.ui.status import EARLIER, RAN, RESULT, STALE, WAITS, earlier, live, mark, marked
from perm_lab.ui.style import bare, fragment, say

_OF_THE_RUN: dict[str, Callable[[Run], str]] = {"Steps": runs.steps_table, "Why": runs.why_body}
_IN_FORCE = "Policies in force"
_OF_THE_STATE = (_IN_FORCE, *runs.IN_CODE)
_LATER = bare("<p>…</p>")
_NOT_RUN = "nothing has been run yet: say what happens, then evaluate"


class ScenarioWidget(Panel):
    """Switches for a scenario's toggles and its handler. Each change is made in the lab and run again at once.

    Where the box `asks` is ticked (with `predict` it is from the start) a change is made at once, but it is run only
    when the learner has said what will come of it and presses Evaluate. `scenario` and `run` are there for Python: the
    world, and the latest run of it, None before the first.
    """

    def __init__(self, scenario: Scenario, *, predict: bool = False) -> None:
        self.scenario = scenario
        self.run: Run | None = None
        self._heading = f"<h4>{escape(scenario.title)}</h4><p>{escape(scenario.story)}</p>"
        self.handlers = Choice({each.key: each.label for each in scenario.handlers}, scenario.handler)
        self.handlers.observe(self.guard(self._changed), "value")
        self.checkboxes = {each.key: self._checkbox(each) for each in scenario.toggles}
        self.forecast = Forecast(self.guard(self._evaluate))
        self.asks = _box("Ask me first what will happen", predict)
        self.asks.observe(self.guard(self._ask), "value")
        self.verdict, self.picture = html(), html()
        self.areas = {name: html(_LATER) for name in (*_OF_THE_RUN, *_OF_THE_STATE)}
        self._fresh: set[str] = set()  # names of the areas that show the present
        self.tabs = widgets.Tab(tuple(self.areas.values()), titles=tuple(self.areas), selected_index=0)
        self.tabs.observe(self.guard(self._show_tab), "selected_index")
        super().__init__((html(bare(self._heading)), self.verdict, self._sides(), self.tabs))
        for area in (self.verdict, self.picture, *self.areas.values()):
            area.add_class(RESULT)
        for area in (self.verdict, self.picture, *(self.areas[name] for name in _OF_THE_RUN)):
            area.add_class(RAN)
        if not predict:
            self.run = scenario.run()
        self._ask()
        self._show()

    # the controls

    def _sides(self) -> widgets.Widget:
        """The controls, with the picture beside them or, where that is too narrow, below."""
        choice = html(bare(f"<b>{escape(self.scenario.choice)}</b>"))
        controls = widgets.VBox(
            [self.asks, choice, self.handlers, *self._groups(), self.forecast],
            layout=widgets.Layout(flex="1 1 24em", min_width="20em"),
        )
        self.picture.layout.flex, self.picture.layout.min_width = "1 1 28em", "24em"
        return widgets.Box([controls, self.picture], layout=widgets.Layout(display="flex", flex_flow="row wrap"))

    def _checkbox(self, toggle: Toggle) -> widgets.Checkbox:
        box = _box(f"{toggle.label} ({toggle.help})", toggle.key in self.scenario.state)
        box.observe(self.guard(self._changed), "value")
        return box

    def _groups(self) -> list[widgets.Widget]:
        groups = dict.fromkeys(each.group for each in self.scenario.toggles)
        parts: list[widgets.Widget] = []
        for group in groups:
            parts.append(html(bare(f"<b>{escape(group)}</b>")))
            parts += [self.checkboxes[each.key] for each in self.scenario.toggles if each.group == group]
        return parts

    # what comes of them

    @property
    def stale(self) -> bool:
        """Whether what is shown is of an earlier state than that of the controls."""
        return marked(self)

    def evaluate(self, works: bool) -> Run:
        """Commit to what will happen and run it: the plain-code way to press the button of a widget that asks."""
        self.forecast.options.value = works
        return self._evaluate()

    def _changed(self) -> None:
        """Bring the scenario to what the controls say; run it, or ask first what will come of it."""
        mark(self, STALE)
        self.scenario.handler = self.handlers.value
        for key, box in self.checkboxes.items():
            self.scenario.set(key, box.value)
        if not self.asks.value:
            self._evaluate()
            return
        self.forecast.reset()
        self._show_tabs(_OF_THE_STATE)
        mark(self, WAITS if self.run else "")

    def _evaluate(self) -> Run:
        """Run the present state, and show what came of it."""
        self.run = run = self.scenario.run()
        self._show()
        if self.asks.value:
            self.forecast.settle(run.outcome is not RunOutcome.FAILED)
        mark(self, "")
        return run

    def _ask(self) -> None:
        """Ask from the next change on; or ask no more, and run what waits."""
        self.forecast.layout.display = None if self.asks.value else "none"
        self.forecast.wait() if self.run else self.forecast.reset()
        if not self.asks.value and (self.run is None or self.stale):
            self._evaluate()

    def _show(self) -> None:
        if self.run:
            self.verdict.value = bare(earlier(), live(runs.verdict_line(self.run)))
            self.picture.value = bare(earlier(), diagram(self.run).html())
        else:
            self.verdict.value = bare(live(say(f"○ {_NOT_RUN}")))
        self._show_tabs(self.areas)

    def _show_tabs(self, names: Iterable[str]) -> None:
        """These tabs are to be worked out anew: the open one now, the others when they are opened."""
        for name in self._fresh.intersection(names):
            self.areas[name].value = _LATER
        self._fresh.difference_update(names)
        self._show_tab()

    def _show_tab(self) -> None:
        """Work out the tab that is open."""
        name = tuple(self.areas)[self.tabs.selected_index or 0]
        if name not in self._fresh:
            self._fresh.add(name)
            self.areas[name].value = bare(earlier(), self._body(name))

    def _body(self, name: str) -> str:
        if name == _IN_FORCE:
            return runs.policies_body(self.scenario.policies)
        if name in runs.IN_CODE:
            return runs.IN_CODE[name](self.scenario.equivalents, runs.field)
        return _OF_THE_RUN[name](self.run) if self.run else f"<p>{_NOT_RUN}</p>"

    # without a kernel

    def text(self) -> str:
        signs = (("x" if each.key in self.scenario.state else " ", each) for each in self.scenario.toggles)
        on = "\n".join(f"  [{sign}] {each.label}" for sign, each in signs)
        old = f"{EARLIER}: " if self.stale else ""
        return f"{old}{self.run or _NOT_RUN}\n{on}"

    def static(self) -> str:
        signs = (("✓ on" if each.key in self.scenario.state else "○ off", each) for each in self.scenario.toggles)
        switches = "".join(f"<li>{sign}: {escape(each.label)} ({escape(each.help)})</li>" for sign, each in signs)
        old = f"<p>{EARLIER}:</p>" if self.stale else ""
        return fragment(self._heading, f"<ul>{switches}</ul>", old, runs.run_body(self.run) if self.run else "")


def _box(words: str, ticked: bool) -> widgets.Checkbox:
    layout = widgets.Layout(width="auto", margin="1px 2px")
    return widgets.Checkbox(value=ticked, description=words, indent=False, layout=layout)
