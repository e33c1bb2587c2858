"""The state that calls of AWS's API leave behind, as CloudFormation templates: what stands, not how it came about.

Each call changes the thing that it speaks of: a policy put and deleted again leaves nothing. What a template has no
place for (an object in a bucket, the name of a statement) is said beside it. A call that no row of the table knows
raises LookupError, and so does a parameter, so that nothing is lost in silence. Follows "Template reference"
(CloudFormation).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perm_lab.display import Displayable
from perm_lab.scenarios.api import ApiCall, Zip
from perm_lab.scenarios.stack import (
    BUCKET,
    FUNCTION,
    PERMISSION,
    QUEUE,
    ROLE,
    RULE,
    STREAM,
    USER,
    Named,
    Params,
    Stack,
)

Fold = Callable[[Stack, Params], None]


@dataclass(frozen=True, slots=True)
class Template(Displayable):
    """The resources of one account. `left_out` says, a sentence each, what the template does not hold."""

    account: str
    resources: Mapping[str, Any]
    left_out: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The template as CloudFormation reads it."""
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": dict(self.resources)}

    def __str__(self) -> str:
        return json.dumps(self.document, indent=2)


def templates(calls: Iterable[ApiCall], account: str, region: str = "us-east-1") -> tuple[Template, ...]:
    """One template for each account in which `calls` leave something, that of `account`, their own, first.

    >>> made = ApiCall("iam", "create_user", {"UserName": "maya"})
    >>> templates([made], "111111111111")[0].resources
    {'MayaUser': {'Type': 'AWS::IAM::User', 'Properties': {'UserName': 'maya'}}}
    """
    stacks: dict[str, Stack] = {}
    for call in calls:
        number = call.account or account
        _fold(stacks.setdefault(number, Stack(number, region)), call)
    found = [Template(number, stack.resources(), tuple(stack.notes)) for number, stack in stacks.items()]
    return tuple(sorted(found, key=lambda each: each.account != account))


def _fold(stack: Stack, call: ApiCall) -> None:
    name = f"{call.service}.{call.method}"
    if name in LEFT_OUT:
        stack.note(f"{LEFT_OUT[name]}: CloudFormation makes what stands, and puts nothing into it")
    elif name in FOLDS:
        FOLDS[name](stack, dict(call.params))
    else:
        raise LookupError(f"`{name}` may change the account, and no row of the table says how the template changes")


# the ways in which a call changes the template


def _named(params: Params, names: Mapping[str, str]) -> Params:
    """The parameters as properties. Raises LookupError for one that has no place among them."""
    lost = set(params) - set(names)
    if lost:
        raise LookupError(f"`{min(lost)}` has no place in the template; there are: {', '.join(names)}")
    return {names[key]: value for key, value in params.items() if names[key]}


def _same(words: str, **others: str) -> Mapping[str, str]:
    """Parameters that properties are named after, and others with their properties: empty where there is none."""
    return {word: word for word in words.split()} | others


def _made(kind: str, key: str, names: Mapping[str, str]) -> Fold:
    """A thing is made, under the name in the parameter `key`."""

    def fold(stack: Stack, params: Params) -> None:
        stack.things[kind, params[key]] = _named(params, names)

    return fold


def _set(kind: str, key: str, names: Mapping[str, str]) -> Fold:
    """Properties of a thing that is there are other ones."""

    def fold(stack: Stack, params: Params) -> None:
        stack.thing(kind, params.pop(key)).update(_named(params, names))

    return fold


def _listed(kind: str, key: str, name: str, row: Callable[[Params], Any], same: Callable[[Any, Any], bool]) -> Fold:
    """A row of a property that is a list: it takes the place of the `same` one, or stands at the end."""

    def fold(stack: Stack, params: Params) -> None:
        properties, new = stack.thing(kind, params[key]), row(params)
        rows = properties.setdefault(name, [])
        place = next((n for n, each in enumerate(rows) if same(each, new)), len(rows))
        rows[place : place + 1] = [new]

    return fold


# IAM


def _identity(kind: str, word: str, made: Mapping[str, str]) -> dict[str, Fold]:
    """What is done to users and to roles alike. Their policies stand inside them."""
    key, low = f"{word}Name", word.lower()
    inline = {
        "row": lambda params: {"PolicyName": params["PolicyName"], "PolicyDocument": params["PolicyDocument"]},
        "same": lambda row, new: row["PolicyName"] == new["PolicyName"],
    }
    attached = {"row": lambda params: params["PolicyArn"], "same": lambda row, new: row == new}
    return {
        f"iam.create_{low}": _made(kind, key, made),
        f"iam.put_{low}_policy": _listed(kind, key, "Policies", **inline),
        f"iam.attach_{low}_policy": _listed(kind, key, "ManagedPolicyArns", **attached),
    }


# Lambda


_INLINE = "code that stands in a template becomes a module named index, so Handler says index.handler here"
_SIDS = "CloudFormation gives the statements of a function policy their Sids itself"


def _function(stack: Stack, params: Params) -> None:
    names = _same("FunctionName Role Runtime Handler Code Timeout")
    properties = _named(params, names)
    code = properties["Code"].get("ZipFile")
    if isinstance(code, Zip):
        properties |= {"Code": {"ZipFile": str(code)}, "Handler": f"index.{params['Handler'].rpartition('.')[2]}"}
        stack.note(_INLINE)
    stack.things[FUNCTION, params["FunctionName"]] = properties


def _permission(stack: Stack, params: Params) -> None:
    names = _same("Action Principal SourceArn SourceAccount PrincipalOrgID", StatementId="", FunctionName="")
    function = _plain_name(params["FunctionName"])
    properties = {"FunctionName": Named(FUNCTION, function), **_named(params, names)}
    stack.things[PERMISSION, f"{function} {params['StatementId']}"] = properties
    stack.note(_SIDS)


def _plain_name(function: str) -> str:
    """A function's name, of which the API takes the ARN as well."""
    return function.rpartition(":function:")[2]


# S3


def _notification(stack: Stack, params: Params) -> None:
    """The API lists events for each function; CloudFormation has a row for each event."""
    [(rows, written)] = params["NotificationConfiguration"].items()
    if rows != "LambdaFunctionConfigurations":
        raise LookupError(f"`{rows}` has no place in the template; there are: LambdaFunctionConfigurations")
    found = [
        {"Event": event, **_named(row, {"LambdaFunctionArn": "Function", "Events": ""})}
        for row in written
        for event in row["Events"]
    ]
    stack.thing(BUCKET, params["Bucket"])["NotificationConfiguration"] = {"LambdaConfigurations": found}


# rules


def _rule(stack: Stack, params: Params) -> None:
    pattern = json.loads(params["EventPattern"])
    stack.things[RULE, params["Name"]] = {**_named(params, _same("Name EventPattern")), "EventPattern": pattern}


def _targets(stack: Stack, params: Params) -> None:
    for target in params["Targets"]:
        one = _listed(RULE, "Rule", "Targets", lambda params: params["Target"], lambda a, b: a["Id"] == b["Id"])
        one(stack, {"Rule": params["Rule"], "Target": dict(target)})


FOLDS: Mapping[str, Fold] = {
    **_identity(USER, "User", _same("UserName")),
    **_identity(ROLE, "Role", _same("RoleName AssumeRolePolicyDocument")),
    "iam.update_assume_role_policy": _set(ROLE, "RoleName", {"PolicyDocument": "AssumeRolePolicyDocument"}),
    "lambda.create_function": _function,
    "lambda.add_permission": _permission,
    "s3.create_bucket": _made(BUCKET, "Bucket", {"Bucket": "BucketName"}),
    "s3.put_bucket_notification_configuration": _notification,
    "sqs.create_queue": _made(QUEUE, "QueueName", _same("QueueName")),
    "kinesis.create_stream": _made(STREAM, "StreamName", _same("ShardCount", StreamName="Name")),
    "events.put_rule": _rule,
    "events.put_targets": _targets,
}
LEFT_OUT: Mapping[str, str] = {"s3.put_object": "the objects of the buckets"}
