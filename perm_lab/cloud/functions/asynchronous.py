"""Asynchronous invocation: retries, the dead-letter queue and destinations, each authorised as the execution role.

Follows "Invoking a Lambda function asynchronously" and "Retaining records of asynchronous invocations" (Lambda
developer guide). Retries follow at once, as a lab has no clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.functions.answers import Fault, missing, page, refused
from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.roles import require, role_client
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.state import LATEST, Function, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.cloud.names import FunctionName
from perm_lab.iam import Arn

_RETRIES = 2
# service of a destination -> the permissions that the role needs for it
NEEDED = {
    "sqs": ("sqs:SendMessage",),
    "sns": ("sns:Publish",),
    "lambda": ("lambda:InvokeFunction",),
    "events": ("events:PutEvents",),
    "s3": ("s3:PutObject", "s3:ListBucket"),
}


def accept(lambdas: LambdaStore, name: FunctionName, payload: bytes) -> None:
    """Take in an event: it is run when the call that brings it is done."""
    lambdas.core.turns.later(lambda: _work_off(lambdas, name, payload))


def _work_off(lambdas: LambdaStore, name: FunctionName, payload: bytes) -> None:
    """Run an event, again while it fails; then tell the destinations."""
    version = lambdas.find(name)
    if version is None:
        return  # deleted meanwhile
    config = lambdas.function(name).invoke_configs.get(name.qualifier, {})
    outcome, tries = None, 0
    while tries <= config.get("MaximumRetryAttempts", _RETRIES):
        tries += 1
        try:
            outcome = run(lambdas, name, payload)
        except Fault as fault:
            error = fault.answer.body["Error"]
            body = json.dumps({"errorType": error["Code"], "errorMessage": error["Message"]}).encode()
            outcome = Outcome(body, True, "")
            if error["Code"] == "RecursiveInvocationException":
                break
        if not outcome.failed:
            break
    assert outcome is not None
    destinations = config.get("DestinationConfig", {})
    side = "OnFailure" if outcome.failed else "OnSuccess"
    target = destinations.get(side, {}).get("Destination")
    letters = version.settings.get("DeadLetterConfig", {}).get("TargetArn")
    with lambdas.core.turns.because(Cause(CauseKind.RESULT, name.arn)):
        if outcome.failed and letters:
            _send(lambdas, version, letters, "DeadLetterErrors", _letter(payload, outcome))
        if target:
            tell(lambdas, version, target, "DestinationDeliveryFailures", _record(version, payload, outcome, tries))


Message = Mapping[str, Mapping[str, Any]]
"""For each service that may be told: the parameters of the call that tells it."""


def _letter(payload: bytes, outcome: Outcome) -> Message:
    """The event itself, with the error beside it."""
    error = json.loads(outcome.payload)
    attributes = {
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": str(error.get("errorMessage", ""))[:1024] or "-"},
    }
    return {
        "sqs": {"MessageBody": payload.decode(), "MessageAttributes": attributes},
        "sns": {"Message": payload.decode(), "MessageAttributes": attributes},
    }


def _notice(record: dict[str, Any], version: Version) -> Message:
    text, failed = json.dumps(record), "functionError" in record["responseContext"]
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {'Failure' if failed else 'Success'}",
        "Detail": text,
        "Resources": [version.arn],
    }
    key = f"aws/lambda/async/{version.name.name}/{datetime.now(UTC):%Y/%m/%d/%Y-%m-%dT%H.%M.%S}"
    return {
        "sqs": {"MessageBody": text},
        "sns": {"Message": text},
        "lambda": {"InvocationType": "Event", "Payload": text.encode()},
        "events": {"Entries": [entry]},
        "s3": {"Key": f"{key}-{record['requestContext']['requestId']}", "Body": text.encode()},
    }


def _record(version: Version, payload: bytes, outcome: Outcome, tries: int) -> dict[str, Any]:
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": version.number}
    if outcome.failed:
        response["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        "requestContext": {
            "requestId": outcome.request_id,
            "functionArn": f"{version.name.arn}:{version.number}",
            "condition": "RetriesExhausted" if outcome.failed else "Success",
            "approximateInvokeCount": tries,
        },
        "requestPayload": json.loads(payload),
        "responseContext": response,
        "responsePayload": json.loads(outcome.payload),
    }


_CALLS: dict[str, tuple[str, Callable[[Arn], Mapping[str, str]]]] = {
    "sqs": ("send_message", lambda arn: {"QueueUrl": queue_url(arn)}),
    "sns": ("publish", lambda arn: {"TopicArn": arn.text}),
    "lambda": ("invoke", lambda arn: {"FunctionName": arn.text}),
    "events": ("put_events", lambda arn: {}),
    "s3": ("put_object", lambda arn: {"Bucket": arn.resource}),
}


def queue_url(arn: Arn) -> str:
    """The URL of a queue."""
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"


def tell(lambdas: LambdaStore, version: Version, target: str, metric: str, record: dict[str, Any]) -> None:
    """Send the record of an invocation to a destination; `metric` counts where that fails."""
    _send(lambdas, version, target, metric, _notice(record, version))


def _send(lambdas: LambdaStore, version: Version, target: str, metric: str, message: Message) -> None:
    """Tell `target` as the execution role. Where the role may not, only a metric and the trail show it."""
    arn = Arn.parse(target)
    operation, address = _CALLS[arn.service]
    params = {**message[arn.service], **address(arn)}
    if arn.service == "events":
        params["Entries"] = [{**entry, "EventBusName": target} for entry in params["Entries"]]
    try:
        client = role_client(lambdas, version, arn.service, arn.region)
        getattr(client, operation)(**params)
    except ClientError:
        lambdas.core.measure(version.name.account, "AWS/Lambda", metric, FunctionName=version.name.name)


# operations


def put_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    given = _given(call.params)
    function, name = _configured(lambdas, call, caller)
    return 200, _store(lambdas, function, name, given, {})


def update_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    given = _given(call.params)
    function, name = _configured(lambdas, call, caller)
    return 200, _store(lambdas, function, name, given, _config(function, name))


def get_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, _found(lambdas, call, caller)[1]


def delete_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    configs, _ = _found(lambdas, call, caller)
    del configs[_named(lambdas, call, caller).qualifier]
    return 204, {}


def list_configs(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.functions.get(lambdas.name(call, caller).arn)
    if function is None:
        raise missing("The function doesn't exist.")
    return 200, page("FunctionEventInvokeConfigs", list(function.invoke_configs.values()), call)


def _configured(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[Function, FunctionName]:
    name = _named(lambdas, call, caller)
    if lambdas.find(name) is None:
        raise missing("The function doesn't exist.")
    return lambdas.function(name), name


def _named(lambdas: LambdaStore, call: Call, caller: Caller) -> FunctionName:
    """The name that a call gives, with an empty qualifier for `$LATEST`."""
    name = lambdas.name(call, caller)
    return replace(name, qualifier="") if name.qualifier == LATEST else name


def _found(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """All configs of the function that a call names, and the one it names, whether or not there is such a function."""
    name = _named(lambdas, call, caller)
    function = lambdas.functions.get(name.arn)
    return function.invoke_configs if function else {}, _config(function, name)


def _config(function: Function | None, name: FunctionName) -> dict[str, Any]:
    config = function and function.invoke_configs.get(name.qualifier)
    if not config:
        arn = f"{name.arn}:{name.qualifier or LATEST}"
        raise missing(f"The function {arn} doesn't have an EventInvokeConfig")
    return config


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    given = {key: params[key] for key in kept if params.get(key) is not None}
    if not given:
        raise refused("You must specify at least one of error handling or destination setting.")
    return given


def _store(
    lambdas: LambdaStore,
    function: Function,
    name: FunctionName,
    given: Mapping[str, Any],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    _require_services(given.get("DestinationConfig", {}))
    destinations = {
        "OnSuccess": {},
        "OnFailure": {},
        **given.get("DestinationConfig", before.get("DestinationConfig", {})),
    }
    for settings in destinations.values():
        if settings.get("Destination"):
            require_destination(lambdas, function.version(name.qualifier) or function.latest, settings["Destination"])
    config = {
        **{key: value for key, value in before.items() if key != "LastModified"},
        **given,
        "DestinationConfig": destinations,
        "FunctionArn": f"{name.arn}:{name.qualifier or LATEST}",
        "LastModified": datetime.now(UTC),
    }
    function.invoke_configs[name.qualifier] = config
    return config


def _require_services(config: Mapping[str, Mapping[str, str]]) -> None:
    """Lambda tells the services in `NEEDED`, and quotes a whole config that names another in its own words."""
    targets = {side: settings["Destination"] for side, settings in config.items() if settings.get("Destination")}
    if all(Arn.parse(target).service in NEEDED for target in targets.values()):
        return
    sides = (
        f"{side[:1].lower()}{side[1:]}={f'{side}(destination={targets[side]})' if side in targets else 'null'}"
        for side in ("OnSuccess", "OnFailure")
    )
    raise refused(f"The provided destination config DestinationConfig({', '.join(sides)}) is invalid.")


def require_destination(lambdas: LambdaStore, version: Version, target: str) -> None:
    """Lambda takes a destination that is there to be told and that the role may tell."""
    arn = Arn.parse(target)
    if arn.service not in NEEDED:
        raise refused(f"The destination ARN {target} is not that of a queue, topic, function, event bus or bucket.")
    if target.startswith(f"{version.name.arn}:") or target == version.name.arn:
        raise refused("You can't specify the function as a destination for itself.")
    if arn.service == "lambda" and FunctionName.parse(target, "", "").arn not in lambdas.functions:
        raise refused(f"The destination ARN {target} is invalid.")
    for action in NEEDED[arn.service]:
        on = f"{target}/*" if action == "s3:PutObject" else target
        require(lambdas.core, version, (action,), on)


OPERATIONS = {
    "DeleteFunctionEventInvokeConfig": delete_config,
    "GetFunctionEventInvokeConfig": get_config,
    "ListFunctionEventInvokeConfigs": list_configs,
    "PutFunctionEventInvokeConfig": put_config,
    "UpdateFunctionEventInvokeConfig": update_config,
}
