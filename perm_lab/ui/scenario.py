"""The widget of a scenario: what can be changed on the left, what then happens on the right, and why underneath."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from perm_lab.cloud import Lab
from perm_lab.scenarios import Across, ExecutionRole, PassRole, Pull, Push, Run, Scenario, Toggle, TwoWays
from perm_lab.ui import runs
from perm_lab.ui.choice import Choice
from perm_lab.ui.panel import Panel, html
from perm_lab.ui.pictures import diagram
from perm_lab.ui.style import bare, fragment

_TABS = (("Steps", runs.steps_table), ("Why", runs.why_body), ("Policies in force", runs.policies_body),
         ("The same in boto3", runs.code_body))  # fmt: skip


class ScenarioWidget(Panel):
    """Switches for a scenario's toggles and its handler. Each change is made in the lab and run again at once.

    `scenario` and `run` are there for Python: the world, and the latest run of it.
    """

    CHOICE = "The function that is called"  # what the handlers are

    def __init__(self, scenario: Scenario, title: str, story: str = "") -> None:
        self.scenario = scenario
        self.run: Run = scenario.run()
        self._heading = f"<h4>{escape(title)}</h4><p>{escape(story)}</p>"
        self.handlers = Choice({each.key: each.label for each in scenario.handlers}, scenario.handler)
        self.handlers.observe(self.guard(self._changed), "value")
        self.checkboxes = {each.key: self._checkbox(each) for each in scenario.toggles}
        self.verdict, self.picture = html(), html()
        self.areas = {name: html() for name, _ in _TABS}
        self.tabs = widgets.Tab(tuple(self.areas.values()), titles=tuple(self.areas), selected_index=0)
        controls = widgets.VBox(
            [html(bare(f"<b>{escape(self.CHOICE)}</b>")), self.handlers, *self._groups()],
            layout=widgets.Layout(flex="1 1 24em", min_width="20em"),
        )
        self.picture.layout.flex, self.picture.layout.min_width = "1 1 28em", "24em"
        sides = widgets.Box([controls, self.picture], layout=widgets.Layout(display="flex", flex_flow="row wrap"))
        super().__init__((html(bare(self._heading)), self.verdict, sides, self.tabs))
        self._show()

    def _checkbox(self, toggle: Toggle) -> widgets.Checkbox:
        box = widgets.Checkbox(
            value=toggle.key in self.scenario.state,
            description=f"{toggle.label} ({toggle.help})",
            indent=False,
            layout=widgets.Layout(width="auto", margin="1px 2px"),
        )
        box.observe(self.guard(self._changed), "value")
        return box

    def _groups(self) -> list[widgets.Widget]:
        groups = dict.fromkeys(each.group for each in self.scenario.toggles)
        parts: list[widgets.Widget] = []
        for group in groups:
            parts.append(html(bare(f"<b>{escape(group)}</b>")))
            parts += [self.checkboxes[each.key] for each in self.scenario.toggles if each.group == group]
        return parts

    def _changed(self) -> None:
        """Bring the scenario to what the controls say, run it, and show what came of it."""
        self.scenario.handler = self.handlers.value
        for key, box in self.checkboxes.items():
            self.scenario.set(key, box.value)
        self.run = self.scenario.run()
        self._show()

    def _show(self) -> None:
        self.verdict.value = bare(runs.verdict_line(self.run))
        self.picture.value = bare(diagram(self.run).html())
        for name, body in _TABS:
            self.areas[name].value = bare(body(self.run))

    def text(self) -> str:
        on = "\n".join(
            f"  [{'x' if each.key in self.scenario.state else ' '}] {each.label}" for each in self.scenario.toggles
        )
        return f"{self.run}\n{on}"

    def static(self) -> str:
        marks = [
            ("✓ on", each) if each.key in self.scenario.state else ("○ off", each) for each in self.scenario.toggles
        ]
        switches = "".join(f"<li>{sign}: {escape(each.label)} ({escape(each.help)})</li>" for sign, each in marks)
        return fragment(self._heading, f"<ul>{switches}</ul>", runs.run_body(self.run))


class ExecutionRoleWidget(ScenarioWidget):
    """The execution role of lesson 1 with its trust policy, its permissions, and who may call the function."""

    def __init__(self, lab: Lab | None = None) -> None:
        story = "maya calls a function; its code works on a bucket. Switch policies and see how far the call comes."
        super().__init__(ExecutionRole(lab), "The execution role", story)


class PushWidget(ScenarioWidget):
    """The function policy of lesson 4: which buckets S3 may run the function for."""

    CHOICE = "What happens"

    def __init__(self, lab: Lab | None = None) -> None:
        story = "S3 tells the function of each new photo. Switch statements and see whose photos get in."
        super().__init__(Push(lab), "The function policy", story)


class TwoWaysWidget(ScenarioWidget):
    """Two rules of EventBridge that lead to one function: by the function policy, and by a role that the rule takes."""

    CHOICE = "Which event comes in"

    def __init__(self, lab: Lab | None = None) -> None:
        story = "Two rules, one function. Switch the grants and see which of them each rule needs."
        super().__init__(TwoWays(lab), "As itself, or as a role", story)


class PullWidget(ScenarioWidget):
    """The event source mappings of lesson 5: what the execution role must be allowed before Lambda polls."""

    CHOICE = "The source that is mapped"

    def __init__(self, lab: Lab | None = None) -> None:
        story = "maya maps a stream or a queue to a function. Switch policies and see whether Lambda reads it."
        super().__init__(Pull(lab), "An event source mapping", story)


class PassRoleWidget(ScenarioWidget):
    """iam:PassRole of lesson 2: who may give which role to Lambda."""

    CHOICE = "What is created"

    def __init__(self, lab: Lab | None = None) -> None:
        story = "maya creates a function and names its role. Switch policies and see what she may pass."
        super().__init__(PassRole(lab), "Passing the role", story)


class AcrossWidget(ScenarioWidget):
    """The function of lesson 7 and its callers from four accounts: who has to allow what, on which side."""

    CHOICE = "Who calls"

    def __init__(self, lab: Lab | None = None) -> None:
        story = "One function, four accounts. Switch grants on both sides and see who gets in."
        super().__init__(Across(lab), "Across accounts", story)
