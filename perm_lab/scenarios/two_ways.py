"""Lesson 4, the other way: an event source that calls a function as itself, or as a role that it takes.

Two rules of EventBridge lead to one function. The rule for orders calls as events.amazonaws.com: the function policy
answers; the rule for returns takes a role, and that role's policies answer. Follows "Using resource-based policies for
Amazon EventBridge" and "Using IAM roles to grant permissions to targets" (EventBridge user guide).
"""

from __future__ import annotations

from perm_lab.cloud import Record
from perm_lab.scenarios.api import SIGN_IN, ApiCall
from perm_lab.scenarios.steps import Step, assumed, event_error, first, session
from perm_lab.scenarios.world import Scenario

_SERVICE = "events.amazonaws.com"


class TwoWays(Scenario):
    """Two rules that lead to one function, each by a permission of its own. What is run is an event for one of them."""

    FILE = "two_ways.toml"

    def _event(self) -> ApiCall:
        entry = {"Source": f"shop.{self.handler}", "DetailType": "came in", "Detail": '{"number": 17}'}
        return ApiCall("events", "put_events", {"Entries": [entry]})

    def _fire(self) -> str:
        """Put an event on the bus as the person."""
        start = len(self.lab.trail)
        self._event().make(self._person)
        return event_error(self.lab.trail[start:], self.names["FUNCTION"])

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        rule, function = f"{self.names['RULES']}/{self.handler}", self.names["FUNCTION"]
        caller, invoked = self.names["CALLER"], first(records, "lambda:Invoke")
        as_itself = [
            Step(
                _SERVICE, "lambda:InvokeFunction", function,
                "may EventBridge run the function, for this rule? The function policy says", invoked,
                "fails, and nobody is told: no statement of the function policy lets EventBridge in", rule,
            ),
        ]  # fmt: skip
        as_a_role = [
            Step(
                _SERVICE, "sts:AssumeRole", caller, "may EventBridge take the role? Its trust policy says",
                first(records, "sts:AssumeRole", caller=_SERVICE),
                "fails, and nobody is told: EventBridge may not take the role rule-caller", rule,
            ),
            Step(
                session(caller, "service"), "lambda:InvokeFunction", function,
                "may the role run the function? The role's own policies say", invoked,
                "fails, and nobody is told: the role rule-caller may not invoke the function", caller,
            ),
        ]  # fmt: skip
        return [
            Step(
                self.names["MAYA"], "events:PutEvents", self.names["BUS"],
                "may this person put events on the bus? Their own policies say", first(records, "events:PutEvents"),
            ),
            *(as_itself if self.handler == "orders" else as_a_role),
            assumed(
                records, self.names["EXECUTION"], function, "may Lambda take the execution role? Its trust policy says"
            ),
        ]  # fmt: skip

    def _event_code(self) -> str:
        return f'{SIGN_IN}\nevents = person.client("events")\n{self._event().code}\n'
