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
from perm_lab.scenarios.stack import Kind, Named, Params, Stack

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


def _named(params: Params, same: str = "", **others: str) -> Params:
    """The parameters as properties: some are named the `same`, others otherwise, or are none where that is empty.

    Raises LookupError for a parameter that has no place among them.
    """
    names = {word: word for word in same.split()} | others
    lost = set(params) - set(names)
    if lost:
        raise LookupError(f"`{min(lost)}` has no place in the template; there are: {', '.join(names)}")
    return {names[key]: value for key, value in params.items() if names[key]}


# what each call does to the things of its account


_INLINE = "code that stands in a template becomes a module named index, so Handler says index.handler here"
_SIDS = "CloudFormation gives the statements of a function policy their Sids itself"


def _made(kind: str, name: str, same: str = "", **others: str) -> Fold:
    """A thing is made, under the name in the parameter `name`."""

    def fold(stack: Stack, params: Params) -> None:
        stack.things[kind, params[name]] = _named(params, same, **others)

    return fold


def _inline_policy(stack: Stack, params: Params) -> None:
    """The policies of a user or a role stand inside it."""
    row = _named(params, "PolicyName PolicyDocument", UserName="", RoleName="")
    stack.row(*_holder(params), "Policies", params.get("PolicyName", ""), row)


def _managed_policy(stack: Stack, params: Params) -> None:
    arn = params["PolicyArn"]
    stack.row(*_holder(params), "ManagedPolicyArns", arn, arn)


def _holder(params: Params) -> tuple[str, str]:
    return (Kind.USER, params["UserName"]) if "UserName" in params else (Kind.ROLE, params["RoleName"])


def _trust_policy(stack: Stack, params: Params) -> None:
    properties = _named(params, RoleName="", PolicyDocument="AssumeRolePolicyDocument")
    stack.thing(Kind.ROLE, params["RoleName"]).update(properties)


def _function(stack: Stack, params: Params) -> None:
    properties = _named(params, "FunctionName Role Runtime Handler Code Timeout")
    code = properties["Code"].get("ZipFile")
    if isinstance(code, Zip):
        properties |= {"Code": {"ZipFile": str(code)}, "Handler": f"index.{params['Handler'].rpartition('.')[2]}"}
        stack.note(_INLINE)
    stack.things[Kind.FUNCTION, params["FunctionName"]] = properties


def _permission(stack: Stack, params: Params) -> None:
    function = params["FunctionName"].rpartition(":function:")[2]  # the API takes the ARN as well
    written = _named(params, "Action Principal SourceArn SourceAccount PrincipalOrgID", StatementId="", FunctionName="")
    key = Kind.PERMISSION, f"{function} {params['StatementId']}"
    stack.things[key] = {"FunctionName": Named(Kind.FUNCTION, function), **written}
    stack.note(_SIDS)


def _notification(stack: Stack, params: Params) -> None:
    """The API lists events for each function; CloudFormation has a row for each event."""
    found = [
        {"Event": event, **_named(row, LambdaFunctionArn="Function", Events="")}
        for row in _named(params["NotificationConfiguration"], "LambdaFunctionConfigurations").popitem()[1]
        for event in row["Events"]
    ]
    stack.thing(Kind.BUCKET, params["Bucket"])["NotificationConfiguration"] = {"LambdaConfigurations": found}


def _rule(stack: Stack, params: Params) -> None:
    pattern = json.loads(params["EventPattern"])
    stack.things[Kind.RULE, params["Name"]] = {**_named(params, "Name EventPattern"), "EventPattern": pattern}


def _targets(stack: Stack, params: Params) -> None:
    for target in params["Targets"]:
        stack.row(Kind.RULE, params["Rule"], "Targets", target["Id"], dict(target))


FOLDS: Mapping[str, Fold] = {
    "iam.create_user": _made(Kind.USER, "UserName", "UserName"),
    "iam.put_user_policy": _inline_policy,
    "iam.attach_user_policy": _managed_policy,
    "iam.create_role": _made(Kind.ROLE, "RoleName", "RoleName AssumeRolePolicyDocument"),
    "iam.put_role_policy": _inline_policy,
    "iam.attach_role_policy": _managed_policy,
    "iam.update_assume_role_policy": _trust_policy,
    "lambda.create_function": _function,
    "lambda.add_permission": _permission,
    "s3.create_bucket": _made(Kind.BUCKET, "Bucket", Bucket="BucketName"),
    "s3.put_bucket_notification_configuration": _notification,
    "sqs.create_queue": _made(Kind.QUEUE, "QueueName", "QueueName"),
    "kinesis.create_stream": _made(Kind.STREAM, "StreamName", "ShardCount", StreamName="Name"),
    "events.put_rule": _rule,
    "events.put_targets": _targets,
}
LEFT_OUT: Mapping[str, str] = {"s3.put_object": "the objects of the buckets"}
