"""Asynchronous invocation: retries, the dead-letter queue and destinations, each authorised as the execution role.

Follows "Invoking a Lambda function asynchronously" and "Retaining records of asynchronous invocations" (Lambda
developer guide). Retries follow at once, as a lab has no clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import Fault, missing, page, refuse, refused
from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.roles import require, role_client
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.state import LATEST, Function, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Arn

_RETRIES = 2
# service of a destination -> boto3's method that tells it, and the permissions that the role needs for that
_DESTINATIONS = {
    "sqs": ("send_message", "sqs:SendMessage"),
    "sns": ("publish", "sns:Publish"),
    "lambda": ("invoke", "lambda:InvokeFunction"),
    "events": ("put_events", "events:PutEvents"),
    "s3": ("put_object", "s3:PutObject", "s3:ListBucket"),
}
_NO_FUNCTION = "The function doesn't exist."


def accept(lambdas: LambdaStore, name: FunctionName, payload: bytes) -> None:
    """Take in an event: it is run when the call that brings it is done."""
    lambdas.core.scheduler.later(lambda: _work_off(lambdas, name, payload))


def _work_off(lambdas: LambdaStore, name: FunctionName, payload: bytes) -> None:
    """Run an event, again while it fails; then tell the destinations."""
    version = lambdas.find(name)
    if version is None:
        return  # deleted meanwhile
    config = lambdas.function(name).invoke_configs.get(name.qualifier, {})
    tries, ended = 0, False
    while not ended:
        tries += 1
        ended = tries > config.get("MaximumRetryAttempts", _RETRIES)
        try:
            outcome = run(lambdas, name, payload)
        except Fault as fault:
            error = fault.answer.body["Error"]
            body = json.dumps({"errorType": error["Code"], "errorMessage": error["Message"]}).encode()
            outcome = Outcome(body, True, "")
            ended = ended or error["Code"] == "RecursiveInvocationException"
        ended = ended or not outcome.failed
    answer = json.loads(outcome.payload)
    letters = version.settings.get("DeadLetterConfig", {}).get("TargetArn")
    side, condition = ("OnFailure", "RetriesExhausted") if outcome.failed else ("OnSuccess", "Success")
    target = config.get("DestinationConfig", {}).get(side, {}).get("Destination")
    with lambdas.core.scheduler.because(Cause(CauseKind.RESULT, name.arn)):
        if outcome.failed and letters:
            _send(lambdas, version, letters, "DeadLetterErrors", _letter(letters, payload, answer))
        if target:
            context = {"requestId": outcome.request_id, "condition": condition, "approximateInvokeCount": tries}
            payloads = {"requestPayload": json.loads(payload), "responsePayload": answer}
            tell(lambdas, version, target, context, payloads)


def _letter(target: str, payload: bytes, error: Any) -> dict[str, Any]:
    """The event itself for a queue or a topic, with the error beside it."""
    attributes = {
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": str(error.get("errorMessage", ""))[:1024] or "-"},
    }
    arn, text = Arn.parse(target), payload.decode()
    to = (
        {"QueueUrl": queue_url(arn), "MessageBody": text}
        if arn.service == "sqs"
        else {"TopicArn": target, "Message": text}
    )
    return {**to, "MessageAttributes": attributes}


def queue_url(arn: Arn) -> str:
    """The URL of a queue."""
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"


def tell(lambdas: LambdaStore, version: Version, target: str, context: dict[str, Any], members: dict[str, Any]) -> None:
    """Send the record of an invocation to a destination.

    `context` says how the invocation ended (its `condition`) and which it was; `members` is what a record of its kind
    has more.
    """
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": version.number}
    succeeded = context["condition"] == "Success"
    if not succeeded:
        response["functionError"] = "Unhandled"
    now, arn = datetime.now(UTC), Arn.parse(target)
    record = {
        "version": "1.0",
        "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
        "requestContext": {"functionArn": f"{version.name.arn}:{version.number}", **context},
        "responseContext": response,
        **members,
    }
    text = json.dumps(record)
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}",
        "Detail": text,
        "Resources": [version.arn],
        "EventBusName": target,
    }
    key = f"aws/lambda/async/{version.name.name}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{context['requestId']}"
    params: dict[str, dict[str, Any]] = {
        "sqs": {"QueueUrl": queue_url(arn), "MessageBody": text},
        "sns": {"TopicArn": target, "Message": text},
        "lambda": {"FunctionName": target, "InvocationType": "Event", "Payload": text.encode()},
        "events": {"Entries": [entry]},
        "s3": {"Bucket": arn.resource, "Key": key, "Body": text.encode()},
    }
    _send(lambdas, version, target, "DestinationDeliveryFailures", params[arn.service])


def _send(lambdas: LambdaStore, version: Version, target: str, metric: str, params: Mapping[str, Any]) -> None:
    """Tell `target` as the execution role. Where the role may not, only a metric and the trail show it."""
    arn = Arn.parse(target)
    try:
        client = role_client(lambdas, version, arn.service, arn.region)
        getattr(client, _DESTINATIONS[arn.service][0])(**params)
    except ClientError:
        lambdas.core.measure(version.name.account, "AWS/Lambda", metric, FunctionName=version.name.name)


# operations


def put_function_event_invoke_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, _store(lambdas, call, caller, update=False)


def update_function_event_invoke_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, _store(lambdas, call, caller, update=True)


def get_function_event_invoke_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _named(lambdas, call, caller)
    return 200, _config(lambdas.functions.get(name.arn), name)


def delete_function_event_invoke_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _named(lambdas, call, caller)
    function = lambdas.functions.get(name.arn)
    _config(function, name)
    if function:
        del function.invoke_configs[name.qualifier]
    return 204, {}


def list_function_event_invoke_configs(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller), _NO_FUNCTION)
    return 200, page("FunctionEventInvokeConfigs", list(function.invoke_configs.values()), call)


def _named(lambdas: LambdaStore, call: Call, caller: Caller) -> FunctionName:
    """The name that a call gives, with an empty qualifier for `$LATEST`."""
    name = lambdas.name(call, caller)
    return replace(name, qualifier="") if name.qualifier == LATEST else name


def _config(function: Function | None, name: FunctionName) -> dict[str, Any]:
    config = function and function.invoke_configs.get(name.qualifier)
    if not config:
        raise missing(f"The function {name.arn}:{name.qualifier or LATEST} doesn't have an EventInvokeConfig")
    return config


def _store(lambdas: LambdaStore, call: Call, caller: Caller, update: bool) -> dict[str, Any]:
    """The config that a call leaves: what it gives, and when it updates, what was there before."""
    kept = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    given = {key: call.params[key] for key in kept if call.params.get(key) is not None}
    if not given:
        raise refused("You must specify at least one of error handling or destination setting.")
    name = _named(lambdas, call, caller)
    version, function = lambdas.version(name, _NO_FUNCTION), lambdas.function(name)
    config = {**(_config(function, name) if update else {}), **given}
    _require_services(given.get("DestinationConfig", {}))
    destinations = {"OnSuccess": {}, "OnFailure": {}, **config.get("DestinationConfig", {})}
    for settings in destinations.values():
        if settings.get("Destination"):
            require_destination(lambdas, version, settings["Destination"])
    config["DestinationConfig"] = destinations
    config |= {"FunctionArn": f"{name.arn}:{name.qualifier or LATEST}", "LastModified": datetime.now(UTC)}
    function.invoke_configs[name.qualifier] = config
    return config


def _require_services(config: Mapping[str, Mapping[str, str]]) -> None:
    """Lambda tells the services in `_DESTINATIONS`, and quotes a config that names another in its own words."""
    targets = {side: settings["Destination"] for side, settings in config.items() if settings.get("Destination")}
    if all(Arn.parse(target).service in _DESTINATIONS for target in targets.values()):
        return
    sides = (
        f"{side[:1].lower()}{side[1:]}={f'{side}(destination={targets[side]})' if side in targets else 'null'}"
        for side in ("OnSuccess", "OnFailure")
    )
    raise refused(f"The provided destination config DestinationConfig({', '.join(sides)}) is invalid.")


def require_destination(lambdas: LambdaStore, version: Version, target: str) -> None:
    """Lambda takes a destination that is there to be told and that the role may tell."""
    arn, own = Arn.parse(target), f"{target}:".startswith(f"{version.name.arn}:")
    unknown = arn.service == "lambda" and FunctionName.parse(target, "", "").arn not in lambdas.functions
    what = f"The destination ARN {target} is"
    refuse(
        (arn.service not in _DESTINATIONS, f"{what} not that of a queue, topic, function, event bus or bucket."),
        (own, "You can't specify the function as a destination for itself."),
        (unknown, f"{what} invalid."),
    )
    for action in _DESTINATIONS[arn.service][1:]:
        require(lambdas.core, version, (action,), f"{target}/*" if action == "s3:PutObject" else target)
