"""Where moto's services would run a function: each place is led to the lab, which asks for the permission first.

moto knows which notification, subscription, rule or filter an event belongs to, and calls its own Lambda for it. These
are internals of the one moto release that the kit is pinned to; the tests on each source fail when one of them moves.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest import mock

import moto.awslambda.utils
import moto.s3.notifications
from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.logs.models import LogStream
from moto.sns.models import Subscription

from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.sources.delivery import Delivery, Source, deliver, deliver_as_role

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab


def open_doors(lab: Lab, stack: ExitStack) -> None:
    """Lead what moto's services send to functions to the functions of `lab`, until `stack` closes."""
    doors: tuple[tuple[Any, str, Any], ...] = (
        (moto.s3.notifications, "_invoke_awslambda", _s3(lab)),
        (moto.awslambda.utils, "get_backend", lambda account, region: _Functions(lab, account, region)),
        (Subscription, "publish", _sns(lab, Subscription.publish)),
        (Rule, "send_to_targets", _rule(lab, Rule.send_to_targets)),
        (LogStream, "_send_log_events", _logs(lab, LogStream._send_log_events)),
    )
    for owner, name, door in doors:
        stack.enter_context(mock.patch.object(owner, name, door))


def _s3(lab: Lab) -> Any:
    """An object of a bucket with a notification was made or deleted."""

    def send(account: str, event: dict[str, Any], function: str, region: str) -> None:
        record = event["Records"][0]
        record |= {
            "userIdentity": {"principalId": f"AWS:{lab.credentials.user_id(lab.turns.caller)}"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {},
        }
        record["s3"]["bucket"]["ownerIdentity"] = {"principalId": account}
        record["s3"]["object"]["sequencer"] = f"{len(lab.trail):016X}"
        deliver(lab, Source.of("s3", record["s3"]["bucket"]["arn"], account), function, event)

    return send


def _sns(lab: Lab, publish: Any) -> Any:
    """A message was published to a topic with a subscription."""

    def send(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: Mapping[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        if self.protocol != "lambda":
            publish(self, message, message_id, subject, message_attributes, **rest)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(message_attributes, message):
            return
        if rest.get("message_structure") == "json":
            message = self._parse_message_structure(message, "lambda")
        host = f"https://sns.{self.topic.arn.split(':')[3]}.amazonaws.com/"
        notification = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self.topic.arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": f"{host}SimpleNotificationService-EXAMPLE.pem",
            "UnsubscribeUrl": f"{host}?Action=Unsubscribe&SubscriptionArn={self.arn}",
            "MessageAttributes": {
                name: {"Type": value["Type"], "Value": value["Value"]}
                for name, value in (message_attributes or {}).items()
            },
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.arn,
            "Sns": notification,
        }
        deliver(lab, Source.of("sns", self.topic.arn), self.endpoint, {"Records": [record]})

    return send


def _rule(lab: Lab, send_to_targets: Any) -> Any:
    """An event came to a bus: the rules that match it have targets, of which functions are led here."""

    def send(self: Any, event: dict[str, Any], transform_input: bool = True) -> None:
        targets = self.targets
        functions = [target for target in targets if ":lambda:" in target["Arn"]]
        self.targets = [target for target in targets if target not in functions]
        try:
            send_to_targets(self, event, transform_input)
        finally:
            self.targets = targets
        if functions and self.state == "ENABLED" and self.event_pattern.matches_event(event):
            for target in functions:
                _send_to_target(lab, self.arn, target, event)

    return send


def _send_to_target(lab: Lab, rule: str, target: Mapping[str, Any], event: Mapping[str, Any]) -> Delivery:
    times = {key: datetime.fromtimestamp(float(event[key]), UTC) for key in ("time", "ingestion-time")}
    whole = {**event, **{key: f"{time:%Y-%m-%dT%H:%M:%SZ}" for key, time in times.items()}}
    shown: Any = {key: value for key, value in whole.items() if key != "ingestion-time"}
    if "Input" in target:
        shown = json.loads(target["Input"])
    elif "InputTransformer" in target:
        transformer = target["InputTransformer"]
        shown = EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), whole)
    elif "InputPath" in target:
        for member in target["InputPath"].removeprefix("$").strip(".").split("."):
            shown = shown[member] if member else shown
    if target.get("RoleArn"):
        source = Source.of("eventbridge-rule-role", rule)
        return deliver_as_role(lab, source, target["Arn"], shown, target["RoleArn"])
    return deliver(lab, Source.of("eventbridge-rule", rule), target["Arn"], shown)


def _logs(lab: Lab, send_log_events: Any) -> Any:
    """Lines came to a log group with a subscription filter."""

    def send(self: Any, service: str, destination_arn: str, filter_name: str, log_events: list[Any]) -> None:
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
        packed = base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()
        source = Source.of("cloudwatch-logs", f"{self.log_group.arn.removesuffix(':*')}:*")
        deliver(lab, source, destination_arn, {"awslogs": {"data": packed}})

    return send


class _Functions:
    """What moto's services see of Lambda: whether a function is there, and the four calls of a rotation."""

    def __init__(self, lab: Lab, account: str, region: str) -> None:
        self._lab, self._account, self._region = lab, account, region

    def get_function(self, name: str, *_: Any) -> Any:
        return self._lab.lambdas.version(FunctionName.parse(name, self._account, self._region))

    def invoke(self, function_name: str, qualifier: Any, body: str, headers: Any, response_headers: Any) -> None:
        event = json.loads(body)
        secret = self._lab.lookup.secret_arn(self._account, self._region, event["SecretId"])
        source = Source.of("secrets-manager", secret)
        deliver(self._lab, source, function_name, {**event, "SecretId": secret}, wait=True)
