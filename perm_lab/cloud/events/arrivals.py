"""Events that moto's services have for a function, each delivered by the lab as the service that sends it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from perm_lab.cloud.events.delivery import Source, deliver, deliver_as_role
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.internals import state
from perm_lab.cloud.internals.notifications import transformed
from perm_lab.iam import Arn


class Deliveries:
    """The `Arrivals` of a lab."""

    def __init__(self, lambdas: LambdaStore) -> None:
        self._lambdas = lambdas

    def object_event(self, event: dict[str, Any], account: str, function: str) -> None:
        core, record = self._lambdas.core, event["Records"][0]
        record["userIdentity"] = {"principalId": f"AWS:{core.callers.user_id(core.scheduler.caller)}"}
        record |= {"requestParameters": {"sourceIPAddress": "127.0.0.1"}, "responseElements": {}}
        record["s3"]["bucket"]["ownerIdentity"] = {"principalId": account}
        record["s3"]["object"]["sequencer"] = f"{len(core.trail):016X}"
        deliver(self._lambdas, Source.of("s3", record["s3"]["bucket"]["arn"], account), function, event)

    def message(self, topic: str, subscription: str, function: str, notification: dict[str, Any]) -> None:
        host = f"https://sns.{Arn.parse(topic).region}.amazonaws.com/"
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "Sns": {
                "Type": "Notification",
                "TopicArn": topic,
                "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
                "SignatureVersion": "1",
                "Signature": "EXAMPLE",
                "SigningCertUrl": f"{host}SimpleNotificationService-EXAMPLE.pem",
                "UnsubscribeUrl": f"{host}?Action=Unsubscribe&SubscriptionArn={subscription}",
                **notification,
            },
        }
        deliver(self._lambdas, Source.of("sns", topic), function, {"Records": [record]})

    def rule_event(self, rule: str, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        times = {key: datetime.fromtimestamp(float(event[key]), UTC) for key in ("time", "ingestion-time")}
        whole = {**event, **{key: f"{time:%Y-%m-%dT%H:%M:%SZ}" for key, time in times.items()}}
        shown: Any = {key: value for key, value in whole.items() if key != "ingestion-time"}
        if "Input" in target:
            shown = json.loads(target["Input"])
        elif "InputTransformer" in target:
            shown = transformed(target["InputTransformer"], whole)
        elif "InputPath" in target:
            for member in target["InputPath"].removeprefix("$").strip(".").split("."):
                shown = shown[member] if member else shown
        if target.get("RoleArn"):
            source = Source.of("eventbridge-rule-role", rule)
            deliver_as_role(self._lambdas, source, target["Arn"], shown, target["RoleArn"])
        else:
            deliver(self._lambdas, Source.of("eventbridge-rule", rule), target["Arn"], shown)

    def log_lines(self, group: str, function: str, data: dict[str, Any]) -> None:
        packed = base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()
        source = Source.of("cloudwatch-logs", f"{group.removesuffix(':*')}:*")
        deliver(self._lambdas, source, function, {"awslogs": {"data": packed}})

    def rotation(self, account: str, region: str, function: str, event: dict[str, Any]) -> None:
        secret = state.secret_arn(account, region, event["SecretId"])
        source = Source.of("secrets-manager", secret)
        deliver(self._lambdas, source, function, {**event, "SecretId": secret}, wait=True)

    def require_function(self, account: str, region: str, name: str) -> None:
        self._lambdas.version(FunctionName.parse(name, account, region))
