"""Where moto's services would run a function: each place is led to the lab, which asks for the permission first.

moto knows which notification, subscription, rule or filter an event belongs to, and calls its own Lambda for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

import moto.awslambda.utils
import moto.s3.notifications
from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.logs.models import LogStream
from moto.sns.models import Subscription

from perm_lab.cloud.internals.patches import Patches


class Arrivals(Protocol):
    """What becomes of an event that is on its way to a function. Nobody waits for what comes of it."""

    def object_event(self, event: dict[str, Any], account: str, function: str) -> None:
        """An object of a bucket of `account` with a notification was made or deleted."""

    def message(self, topic: str, subscription: str, function: str, notification: dict[str, Any]) -> None:
        """A message was published to a topic with a subscription."""

    def rule_event(self, rule: str, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """An event fits a rule, one of whose targets is a function."""

    def log_lines(self, group: str, function: str, data: dict[str, Any]) -> None:
        """Lines came to a log group with a subscription filter."""

    def rotation(self, account: str, region: str, function: str, event: dict[str, Any]) -> None:
        """One of the four steps of a secret's rotation."""

    def require_function(self, account: str, region: str, name: str) -> None:
        """Raises an exception where no function has this name."""


def lead_events(patches: Patches, to: Arrivals) -> None:
    """Lead what moto's services send to functions to `to`."""

    def object_event(account: str, event: dict[str, Any], function: str, region: str) -> None:
        to.object_event(event, account, function)

    patches.set(moto.s3.notifications, "_invoke_awslambda", object_event)
    patches.set(moto.awslambda.utils, "get_backend", lambda account, region: _Functions(to, account, region))
    publish, send_to_targets, send_log_events = Subscription.publish, Rule.send_to_targets, LogStream._send_log_events

    def message(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        matcher = self._filter_policy_matcher
        if self.protocol != "lambda":
            publish(self, message, message_id, subject, message_attributes, **rest)
        elif matcher is None or matcher.matches(message_attributes, message):
            structured = rest.get("message_structure") == "json"
            notification = {
                "MessageId": message_id,
                "Subject": subject,
                "Message": self._parse_message_structure(message, "lambda") if structured else message,
                "MessageAttributes": {
                    name: {"Type": value["Type"], "Value": value["Value"]}
                    for name, value in (message_attributes or {}).items()
                },
            }
            to.message(self.topic.arn, self.arn, self.endpoint, notification)

    def rule_event(self: Any, event: Any, transform_input: bool = True) -> None:
        targets = self.targets
        functions = [target for target in targets if ":lambda:" in target["Arn"]]
        self.targets = [target for target in targets if target not in functions]
        try:
            send_to_targets(self, event, transform_input)
        finally:
            self.targets = targets
        if functions and self.state == "ENABLED" and self.event_pattern.matches_event(event):
            for target in functions:
                to.rule_event(self.arn, target, event)

    def log_lines(self: Any, service: str, destination_arn: str, filter_name: str, log_events: list[Any]) -> None:
        if service != "lambda":
            send_log_events(self, service, destination_arn, filter_name, log_events)
            return
        data = {
            "messageType": "DATA_MESSAGE",
            "owner": self.account_id,
            "logGroup": self.log_group.name,
            "logStream": self.log_stream_name,
            "subscriptionFilters": [filter_name],
            "logEvents": log_events,
        }
        to.log_lines(self.log_group.arn, destination_arn, data)

    patches.set(Subscription, "publish", message)
    patches.set(Rule, "send_to_targets", rule_event)
    patches.set(LogStream, "_send_log_events", log_lines)


def transformed(transformer: Mapping[str, Any], event: Any) -> Any:
    """What a target's InputTransformer makes of an event."""
    return EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)


class _Functions:
    """What moto's services see of Lambda: whether a function is there, and the four calls of a rotation."""

    def __init__(self, to: Arrivals, account: str, region: str) -> None:
        self._to, self._account, self._region = to, account, region

    def get_function(self, name: str, *_: Any) -> Any:
        self._to.require_function(self._account, self._region, name)
        return self

    def invoke(self, function_name: str, qualifier: Any, body: str, headers: Any, response_headers: Any) -> None:
        self._to.rotation(self._account, self._region, function_name, json.loads(body))
