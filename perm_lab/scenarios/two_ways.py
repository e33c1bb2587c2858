"""Lesson 4, the other way: an event source that calls a function as itself, or as a role that it takes.

Two rules of EventBridge lead to one function. The rule for orders calls as events.amazonaws.com: the function policy
answers; the rule for returns takes a role, and that role's policies answer. Follows "Using resource-based policies for
Amazon EventBridge" and "Using IAM roles to grant permissions to targets" (EventBridge user guide).
"""

from __future__ import annotations

import json

from perm_lab.cloud import Record
from perm_lab.scenarios.api import ApiCall, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, RunOutcome, Toggle
from perm_lab.scenarios.steps import Step, assumed, event_error, first, session
from perm_lab.scenarios.switches import Switch, inline, statement, trusting
from perm_lab.scenarios.world import PERSON, Scenario

FUNCTION, EXECUTION, CALLER = "handle-order", "handle-order-role", "rule-caller"
AS_ITSELF, AS_A_ROLE = "orders", "returns"
_SERVICE = "events.amazonaws.com"
_POLICY, _ROLE, _ELSEWHERE = "In the function policy", "On the role that the rule takes", "What else people try"


class TwoWays(Scenario):
    """Two rules that lead to one function, each by a permission of its own. What is run is an event for one of them."""

    TITLE, CHOICE = "As itself, or as a role", "Which event comes in"
    STORY = "Two rules, one function. Switch the grants and see which of them each rule needs."
    ACCOUNT = "order desk"
    START = frozenset({"trust"})

    @property
    def _function_arn(self) -> str:
        return self.arn("lambda", f"function:{FUNCTION}")

    def _role(self, name: str) -> str:
        return self.arn("iam", f"role/{name}")

    def _rule(self, name: str) -> str:
        return self.arn("events", f"rule/{name}")

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler(AS_ITSELF, f"an order comes in: the rule {AS_ITSELF} calls as {_SERVICE}", _HANDLER),
            Handler(AS_A_ROLE, f"a return comes in: the rule {AS_A_ROLE} calls as the role {CALLER}", _HANDLER),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        invoke = document("Allow", "lambda:InvokeFunction", self._function_arn)
        return (
            statement(
                Toggle("statement", f"{_SERVICE}, SourceArn of the rule {AS_ITSELF}", "AddPermission", _POLICY),
                self._function_arn, _SERVICE, AS_ITSELF, SourceArn=self._rule(AS_ITSELF),
            ),
            trusting(
                Toggle("trust", f"{CALLER} trusts {_SERVICE}", "otherwise scheduler.amazonaws.com", _ROLE),
                CALLER, _SERVICE, "scheduler.amazonaws.com",
            ),
            inline(
                Toggle("permission", f"{CALLER} may invoke the function", "inline policy invoke", _ROLE),
                ("role", CALLER), "invoke", invoke,
            ),
            inline(
                Toggle("execution", f"{EXECUTION} may invoke the function", "on the execution role", _ELSEWHERE),
                ("role", EXECUTION), "invoke", invoke,
            ),
        )  # fmt: skip

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        put = document("Allow", "events:PutEvents", "*")
        calls = [
            *create_role(EXECUTION, trust("lambda.amazonaws.com"), "service-role/AWSLambdaBasicExecutionRole"),
            *create_role(CALLER, trust(_SERVICE)),
            create_function(FUNCTION, self._role(EXECUTION), _HANDLER),
            ApiCall("iam", "put_user_policy", {"UserName": PERSON, "PolicyName": "send", "PolicyDocument": put}),
        ]
        for handler in handlers:
            pattern = json.dumps({"source": [f"shop.{handler.key}"]})
            role = {"RoleArn": self._role(CALLER)} if handler.key == AS_A_ROLE else {}
            target = {"Id": "1", "Arn": self._function_arn, **role}
            calls += [
                ApiCall("events", "put_rule", {"Name": handler.key, "EventPattern": pattern}),
                ApiCall("events", "put_targets", {"Rule": handler.key, "Targets": [target]}),
            ]
        return calls

    def _event(self) -> ApiCall:
        entry = {"Source": f"shop.{self.handler}", "DetailType": "came in", "Detail": '{"number": 17}'}
        return ApiCall("events", "put_events", {"Entries": [entry]})

    def _fire(self) -> str:
        """Put an event on the bus as the person."""
        start = len(self.lab.trail)
        self._event().make(self._person)
        return event_error(self.lab.trail[start:], self._function_arn)

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        rule, caller, bus = self._rule(self.handler), self._role(CALLER), self.arn("events", "event-bus/default")
        invoked = first(records, "lambda:Invoke")
        put = Step(
            self.arn("iam", f"user/{PERSON}"), "events:PutEvents", bus,
            "may this person put events on the bus? Their own policies say", first(records, "events:PutEvents"),
        )  # fmt: skip
        if self.handler == AS_ITSELF:
            way = [
                Step(
                    _SERVICE, "lambda:InvokeFunction", self._function_arn,
                    "may EventBridge run the function, for this rule? The function policy says", invoked,
                    "fails, and nobody is told: no statement of the function policy lets EventBridge in", rule,
                )
            ]  # fmt: skip
        else:
            way = [
                Step(
                    _SERVICE, "sts:AssumeRole", caller, "may EventBridge take the role? Its trust policy says",
                    first(records, "sts:AssumeRole", caller=_SERVICE),
                    f"fails, and nobody is told: EventBridge may not take the role {CALLER}", rule,
                ),
                Step(
                    session(caller, "service"), "lambda:InvokeFunction", self._function_arn,
                    "may the role run the function? The role's own policies say", invoked,
                    f"fails, and nobody is told: the role {CALLER} may not invoke the function", caller,
                ),
            ]  # fmt: skip
        note = "may Lambda take the execution role? Its trust policy says"
        return [put, *way, assumed(records, self._role(EXECUTION), self._function_arn, note)]

    def _allowed(self) -> tuple[RunOutcome, str]:
        how = "the function policy lets the rule in" if self.handler == AS_ITSELF else f"{CALLER} may invoke"
        return RunOutcome.WORKED, f"works: {how}, and the function handles the event"

    def _event_code(self) -> str:
        return f'{signed_in(PERSON)}events = person.client("events")\n{self._event().code}\n'


_HANDLER = """\
def handler(event, context):
    print(event["source"], event["detail"]["number"])
"""
