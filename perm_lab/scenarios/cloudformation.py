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
    BUCKET_POLICY,
    FUNCTION,
    MAPPING,
    PERMISSION,
    POLICY,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    RULE,
    STREAM,
    SUBSCRIPTION,
    TABLE,
    TOPIC,
    TOPIC_POLICY,
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


def _gone(kind: str, key: str) -> Fold:
    """The thing with the name in the parameter `key` is no more."""

    def fold(stack: Stack, params: Params) -> None:
        stack.thing(kind, params[key])
        del stack.things[kind, params[key]]

    return fold


def _set(kind: str, key: str, names: Mapping[str, str]) -> Fold:
    """Properties of a thing that is there are other ones."""

    def fold(stack: Stack, params: Params) -> None:
        stack.thing(kind, params.pop(key)).update(_named(params, names))

    return fold


def _unset(kind: str, key: str, name: str) -> Fold:
    """A property of a thing is taken away."""
    return lambda stack, params: stack.thing(kind, params[key]).pop(name, None)


def _listed(kind: str, key: str, name: str, row: Callable[[Params], Any], same: Callable[[Any, Any], bool]) -> Fold:
    """A row of a property that is a list: it takes the place of the `same` one, or stands at the end."""

    def fold(stack: Stack, params: Params) -> None:
        properties, new = stack.thing(kind, params[key]), row(params)
        rows = properties.setdefault(name, [])
        place = next((n for n, each in enumerate(rows) if same(each, new)), len(rows))
        rows[place : place + 1] = [new]

    return fold


def _struck(kind: str, key: str, name: str, gone: Callable[[Any, Params], bool]) -> Fold:
    """The rows of a property that is a list which are `gone`."""

    def fold(stack: Stack, params: Params) -> None:
        properties = stack.thing(kind, params[key])
        properties[name] = [row for row in properties.get(name, []) if not gone(row, params)]

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
        f"iam.delete_{low}": _gone(kind, key),
        f"iam.put_{low}_policy": _listed(kind, key, "Policies", **inline),
        f"iam.delete_{low}_policy": _struck(
            kind, key, "Policies", lambda row, params: row["PolicyName"] == params["PolicyName"]
        ),
        f"iam.attach_{low}_policy": _listed(kind, key, "ManagedPolicyArns", **attached),
        f"iam.detach_{low}_policy": _struck(
            kind, key, "ManagedPolicyArns", lambda row, params: row == params["PolicyArn"]
        ),
    }


# Lambda


_INLINE = "code that stands in a template becomes a module named index, so Handler says index.handler here"
_SIDS = "CloudFormation gives the statements of a function policy their Sids itself"


def _function(stack: Stack, params: Params) -> None:
    names = _same("FunctionName Role Runtime Handler Code Description Timeout MemorySize Environment")
    properties = _named(params, names)
    code = properties["Code"].get("ZipFile")
    if isinstance(code, Zip):
        properties |= {"Code": {"ZipFile": str(code)}, "Handler": f"index.{params['Handler'].rpartition('.')[2]}"}
        stack.note(_INLINE)
    stack.things[FUNCTION, params["FunctionName"]] = properties


def _function_gone(stack: Stack, params: Params) -> None:
    name = _plain_name(params["FunctionName"])
    _gone(FUNCTION, "FunctionName")(stack, {"FunctionName": name})
    for key in [key for key, each in stack.things.items() if each.get("FunctionName") == Named(FUNCTION, name)]:
        del stack.things[key]


def _permission(stack: Stack, params: Params) -> None:
    names = _same(
        "Action Principal SourceArn SourceAccount EventSourceToken PrincipalOrgID FunctionUrlAuthType "
        "InvokedViaFunctionUrl",
        StatementId="",
        FunctionName="",
    )
    function = _plain_name(params["FunctionName"])
    properties = {"FunctionName": Named(FUNCTION, function), **_named(params, names)}
    stack.things[PERMISSION, f"{function} {params['StatementId']}"] = properties
    stack.note(_SIDS)


def _permission_gone(stack: Stack, params: Params) -> None:
    name = f"{_plain_name(params['FunctionName'])} {params['StatementId']}"
    _gone(PERMISSION, "name")(stack, {"name": name})


def _mapping(stack: Stack, params: Params) -> None:
    names = _same(
        "EventSourceArn StartingPosition BatchSize Enabled FilterCriteria Topics Queues FunctionResponseTypes "
        "MaximumRetryAttempts MaximumRecordAgeInSeconds BisectBatchOnFunctionError DestinationConfig",
        FunctionName="",
    )
    function = _plain_name(params["FunctionName"])
    source = params["EventSourceArn"].rpartition(":")[2].rpartition("/")[2]
    stack.things[MAPPING, f"{source} {function}"] = {
        "FunctionName": Named(FUNCTION, function),
        **_named(params, names),
    }


def _plain_name(function: str) -> str:
    """A function's name, of which the API takes the ARN as well."""
    return function.rpartition(":function:")[2]


# S3


def _notification(stack: Stack, params: Params) -> None:
    """The API lists events for each destination; CloudFormation has a row for each event."""
    written = params["NotificationConfiguration"]
    found: Params = {}
    for rows, (kind, to) in _NOTIFIED.items():
        for row in written.get(rows, ()):
            known = _same(f"{to}Arn", Events="", Id="", Filter="")
            where = {"Filter": {"S3Key": {"Rules": row["Filter"]["Key"]["FilterRules"]}}} if "Filter" in row else {}
            destination = {kind: _named(row, known)[f"{to}Arn"]}
            found.setdefault(f"{kind if kind != 'Function' else 'Lambda'}Configurations", []).extend(
                {"Event": event, **destination, **where} for event in row["Events"]
            )
    if "EventBridgeConfiguration" in written:
        found["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    stack.thing(BUCKET, params["Bucket"])["NotificationConfiguration"] = found


_NOTIFIED = {
    "LambdaFunctionConfigurations": ("Function", "LambdaFunction"),
    "QueueConfigurations": ("Queue", "Queue"),
    "TopicConfigurations": ("Topic", "Topic"),
}


def _bucket_policy(stack: Stack, params: Params) -> None:
    name = params["Bucket"]
    stack.things[BUCKET_POLICY, name] = {"Bucket": Named(BUCKET, name), "PolicyDocument": _object(params["Policy"])}


# queues, topics, rules


def _queue(stack: Stack, params: Params) -> None:
    stack.things[QUEUE, params["QueueName"]] = {"QueueName": params["QueueName"]}
    _queue_attributes(stack, {"QueueUrl": params["QueueName"], **params})


def _queue_attributes(stack: Stack, params: Params) -> None:
    name = params["QueueUrl"].rpartition("/")[2]
    attributes = {key: _object(value) for key, value in params.get("Attributes", {}).items()}
    if policy := attributes.pop("Policy", None):
        stack.things[QUEUE_POLICY, name] = {"Queues": [Named(QUEUE, name)], "PolicyDocument": policy}
    stack.thing(QUEUE, name).update(attributes)


def _topic_attribute(stack: Stack, params: Params) -> None:
    name, value = params["TopicArn"].rpartition(":")[2], _object(params["AttributeValue"])
    if params["AttributeName"] == "Policy":
        stack.things[TOPIC_POLICY, name] = {"Topics": [Named(TOPIC, name)], "PolicyDocument": value}
    else:
        stack.thing(TOPIC, name)[params["AttributeName"]] = value


def _subscription(stack: Stack, params: Params) -> None:
    name = f"{params['TopicArn'].rpartition(':')[2]} to {params['Endpoint'].rpartition(':')[2]}"
    stack.things[SUBSCRIPTION, name] = _named(params, _same("TopicArn Protocol Endpoint"))


def _rule(stack: Stack, params: Params) -> None:
    names = _same("Name EventPattern ScheduleExpression State Description RoleArn EventBusName")
    before = stack.things.get((RULE, params["Name"]), {})
    properties = {key: _object(value) if key == "EventPattern" else value for key, value in params.items()}
    targets = {"Targets": before["Targets"]} if "Targets" in before else {}
    stack.things[RULE, params["Name"]] = {**_named(properties, names), **targets}


def _targets(stack: Stack, params: Params) -> None:
    for target in params["Targets"]:
        one = _listed(RULE, "Rule", "Targets", lambda params: params["Target"], lambda a, b: a["Id"] == b["Id"])
        one(stack, {"Rule": params["Rule"], "Target": dict(target)})


def _object(value: Any) -> Any:
    """What the API takes as text and CloudFormation as it is: a number, a truth value, a document."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


_TABLE_NAMES = "TableName KeySchema AttributeDefinitions BillingMode ProvisionedThroughput StreamSpecification"

FOLDS: Mapping[str, Fold] = {
    **_identity(USER, "User", _same("UserName Path PermissionsBoundary")),
    **_identity(
        ROLE, "Role",
        _same("RoleName AssumeRolePolicyDocument Path Description MaxSessionDuration PermissionsBoundary"),
    ),
    "iam.update_assume_role_policy": _set(ROLE, "RoleName", {"PolicyDocument": "AssumeRolePolicyDocument"}),
    "iam.put_role_permissions_boundary": _set(ROLE, "RoleName", _same("PermissionsBoundary")),
    "iam.delete_role_permissions_boundary": _unset(ROLE, "RoleName", "PermissionsBoundary"),
    "iam.create_policy": _made(POLICY, "PolicyName", _same("PolicyDocument Path Description",
                                                           PolicyName="ManagedPolicyName")),
    "lambda.create_function": _function,
    "lambda.delete_function": _function_gone,
    "lambda.update_function_configuration": _set(
        FUNCTION, "FunctionName", _same("Role Timeout MemorySize Environment Description")
    ),
    "lambda.add_permission": _permission,
    "lambda.remove_permission": _permission_gone,
    "lambda.create_event_source_mapping": _mapping,
    "s3.create_bucket": _made(BUCKET, "Bucket", {"Bucket": "BucketName", "CreateBucketConfiguration": ""}),
    "s3.delete_bucket": _gone(BUCKET, "Bucket"),
    "s3.put_bucket_policy": _bucket_policy,
    "s3.delete_bucket_policy": _gone(BUCKET_POLICY, "Bucket"),
    "s3.put_bucket_notification_configuration": _notification,
    "sqs.create_queue": _queue,
    "sqs.set_queue_attributes": _queue_attributes,
    "sns.create_topic": _made(TOPIC, "Name", {"Name": "TopicName"}),
    "sns.set_topic_attributes": _topic_attribute,
    "sns.subscribe": _subscription,
    "kinesis.create_stream": _made(STREAM, "StreamName", _same("ShardCount StreamModeDetails", StreamName="Name")),
    "kinesis.delete_stream": _gone(STREAM, "StreamName"),
    "dynamodb.create_table": _made(TABLE, "TableName", _same(_TABLE_NAMES)),
    "dynamodb.delete_table": _gone(TABLE, "TableName"),
    "events.put_rule": _rule,
    "events.delete_rule": _gone(RULE, "Name"),
    "events.put_targets": _targets,
    "events.remove_targets": _struck(RULE, "Rule", "Targets", lambda row, params: row["Id"] in params["Ids"]),
}  # fmt: skip
LEFT_OUT: Mapping[str, str] = {"s3.put_object": "the objects of the buckets"}
