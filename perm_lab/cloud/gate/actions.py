"""From a boto3 call to the checks that AWS makes for it: action, resource, the resource's owner, context keys.

Which actions an operation needs is the catalogue's to say, and `resources` finds what a call names; the tables here
say which operations name several things at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from perm_lab import catalog
from perm_lab.cloud.gate.resources import Lookup, Params, Place, function_arn, owner, resources

Asked = Iterable[tuple[str, Params]]
"""The actions that a call asks for, each with the parameters that tell its resource."""


@dataclass(frozen=True, slots=True)
class Check:
    """One permission that a call needs. `note` says what the lab had to assume; it is empty where AWS documents it."""

    action: str
    resource: str
    resource_account: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, hash=False)
    note: str = ""


def authorizations(
    service: str, operation: str, params: Params, *, account: str, region: str, lookup: Lookup
) -> tuple[Check, ...]:
    """The permissions that a call needs, in the order in which the lab asks for them; none for a call that needs none.

    `service` and `operation` are botocore's names, `params` the call's parameters, `account` and `region` the caller's.
    The first check is on the resource that the call is about.
    """
    place = Place(account, region, lookup)
    checks: list[Check] = []
    for action, part in _asked(service, operation, params):
        action = catalog.version_action(action) if part.get("VersionId") else action
        checks += (check for check in _checks(action, part, place) if check not in checks)
    return (*checks, *_passes(service, operation, params, place, checks[0].resource if checks else "*"))


def _asked(service: str, operation: str, params: Params) -> Iterator[tuple[str, Params]]:
    split = _SPLIT.get((service, operation))
    several = list(split(params)) if split else []
    yield from several or ((action, params) for action in catalog.operation_actions(service, operation))
    for action, members in catalog.conditional_actions(service, operation).items():
        if any(value for member in members for value in values(params, member)):
            parts = _PARTS[action](params) if action in _PARTS else [params]
            yield from ((action, part) for part in parts)


def _checks(action: str, params: Params, place: Place) -> Iterator[Check]:
    known, takes = catalog.action(action), _takes(action)
    told = _told(action.partition(":")[0].lower(), params, place)
    context = {f"{family}{rest}": value for family, rest, value in told if takes is None or family in takes}
    found = resources(action, params, place)
    note = ""
    if known is None:
        note = f"the action {action} is not in the lab's tables: asked on `*`"
    elif not found and known.resource_types:
        note = f"the resource of {action} is not told by this call: asked on `*`"
    for resource in found or ["*"]:
        yield Check(action, resource, owner(resource, place.account, place.lookup), context, note)


def _passes(service: str, operation: str, params: Params, place: Place, resource: str) -> Iterator[Check]:
    """Who hands a role to a service must be allowed to pass it."""
    member, passed_to = catalog.passed_role(service, operation) or ("", "")
    for role in dict.fromkeys(values(params, member) if member else ()):
        arn = role if role.startswith("arn:") else place.lookup.role_arn(place.account, role)
        context = {"iam:PassedToService": passed_to, "iam:AssociatedResourceArn": resource}
        yield Check("iam:PassRole", arn, place.account, context)


def values(params: Any, path: str) -> list[Any]:
    """What a path of members leads to, through each item of the lists on the way."""
    if isinstance(params, list | tuple):
        return [value for item in params for value in values(item, path)]
    if not path:
        return [] if params is None else [params]
    member, _, rest = path.partition(".")
    return values(params.get(member), rest) if isinstance(params, Mapping) else []


# operations that name several things at once


def _tables(action: str) -> Callable[[Params], Asked]:
    return lambda params: ((action, {**params, "TableName": table}) for table in params.get("RequestItems", ()))


def _items(params: Params) -> Asked:
    """Each item is asked for by its own action: GetItem, PutItem, UpdateItem, DeleteItem or ConditionCheckItem."""
    for item in params.get("TransactItems", ()):
        yield from ((f"dynamodb:{kind}Item", part) for kind, part in item.items())


_VERBS = {"SELECT": "Select", "EXISTS": "Select", "INSERT": "Insert", "UPDATE": "Update", "DELETE": "Delete"}
_PARTIQL = re.compile(
    r"""\s*(?P<verb>\w+).*?(?:\b(?:FROM|INTO)|(?<=UPDATE))\s+["']?(?P<table>[\w.:/-]+)["']?(?:\."(?P<index>[^"]+)")?""",
    re.IGNORECASE | re.DOTALL,
)


def _statements(params: Params) -> Asked:
    members = ("Statement", "Statements.Statement", "TransactStatements.Statement")
    for found in (_PARTIQL.match(text) for member in members for text in values(params, member)):
        verb = _VERBS.get(found["verb"].upper()) if found else None
        if found and verb:
            yield f"dynamodb:PartiQL{verb}", {"TableName": found["table"], "IndexName": found["index"]}


def _copy(params: Params) -> Asked:
    source = params.get("CopySource")
    if isinstance(source, str):
        path, _, version = source.lstrip("/").partition("?versionId=")
        bucket, _, key = unquote(path).partition("/")
        source = {"Bucket": bucket, "Key": key, "VersionId": version}
    return [("s3:PutObject", params), *([("s3:GetObject", source)] if source else [])]


def _deletions(params: Params) -> Asked:
    return (("s3:DeleteObject", {"Bucket": params["Bucket"], **item}) for item in values(params, "Delete.Objects"))


def _re_encryption(params: Params) -> Asked:
    for action, end in (("kms:ReEncryptFrom", "Source"), ("kms:ReEncryptTo", "Destination")):
        part = {"KeyId": params.get(f"{end}KeyId"), "EncryptionContext": params.get(f"{end}EncryptionContext")}
        yield action, part if end == "Destination" else {**part, "CiphertextBlob": params.get("CiphertextBlob")}


def _move(params: Params) -> Asked:
    actions = catalog.operation_actions("sqs", "StartMessageMoveTask")
    ends = {"sqs:SendMessage": "DestinationArn"}
    named = ((action, params.get(ends.get(action, "SourceArn"))) for action in actions)
    return ((action, {"QueueArn": arn}) for action, arn in named if arn)


def _events(params: Params) -> Asked:
    return (("events:PutEvents", {"EventBusName": "default", **entry}) for entry in params.get("Entries", ()))


def _code(params: Params) -> list[Params]:
    given = params.get("Code") or params.get("Content") or params
    return [{"Bucket": given.get("S3Bucket"), "Key": given["S3Key"], "VersionId": given.get("S3ObjectVersion")}]


_SPLIT: dict[tuple[str, str], Callable[[Params], Asked]] = {
    ("dynamodb", "BatchGetItem"): _tables("dynamodb:BatchGetItem"),
    ("dynamodb", "BatchWriteItem"): _tables("dynamodb:BatchWriteItem"),
    ("dynamodb", "TransactGetItems"): _items,
    ("dynamodb", "TransactWriteItems"): _items,
    ("dynamodb", "ExecuteStatement"): _statements,
    ("dynamodb", "BatchExecuteStatement"): _statements,
    ("dynamodb", "ExecuteTransaction"): _statements,
    ("events", "DescribeEventBus"): lambda params: [("events:DescribeEventBus", {"Name": "default", **params})],
    ("events", "PutEvents"): _events,
    ("kms", "ReEncrypt"): _re_encryption,
    ("s3", "CopyObject"): _copy,
    ("s3", "DeleteObjects"): _deletions,
    ("s3", "UploadPartCopy"): _copy,
    ("sqs", "StartMessageMoveTask"): _move,
}
# a further action that is not about the resource of the call -> what it is about
_PARTS: dict[str, Callable[[Params], list[Params]]] = {
    **dict.fromkeys(("kms:CreateGrant", "kms:Encrypt"), lambda params: [{"KeyId": params.get("KMSKeyArn")}]),
    "s3:GetObject": _code,
    "lambda:GetLayerVersion": lambda params: [{"Arn": layer} for layer in params["Layers"]],
    "lambda:PassCapacityProvider": lambda params: [
        {"Arn": arn} for arn in values(list(params["CapacityProviderConfig"].values()), "CapacityProviderArn")
    ],
}


# condition keys

_FAMILY = re.compile(r"\$\{.*|<.*")  # the part of a documented key that each request fills


@cache
def _takes(action: str) -> frozenset[str] | None:
    """The keys, and families of keys, that an action knows; None where that is not known."""
    known = catalog.action(action)
    return frozenset(_FAMILY.sub("", key) for key in known.condition_keys) if known else None


def _told(service: str, params: Params, place: Place) -> Iterator[tuple[str, str, str | tuple[str, ...]]]:
    """What the parameters say: a key or the family of a key, the rest of the key, the value."""
    for key, members in catalog.request_keys(service).items():
        found = [str(value) for member in members for value in values(params, member.removesuffix("[]"))]
        if found:
            yield key, "", tuple(found) if members[0].endswith("[]") else found[0]
    if service == "lambda" and params.get("FunctionName"):
        yield "lambda:FunctionArn", "", function_arn(params, place) or ""
    subnets = values(params, "VpcConfig.SubnetIds") if service == "lambda" else []
    vpcs = [place.lookup.subnet_vpc(place.account, place.region, subnet) for subnet in subnets]
    if any(vpcs):
        yield "lambda:VpcIds", "", min(vpc for vpc in vpcs if vpc)
    if service == "kms":
        yield "kms:CallerAccount", "", place.account
        alias = str(params.get("KeyId") or "")
        if "alias/" in alias:
            yield "kms:RequestAlias", "", alias[alias.index("alias/") :]
        yield from _pairs("kms:EncryptionContext:", "kms:EncryptionContextKeys", params.get("EncryptionContext") or {})
    yield from _pairs("aws:RequestTag/", "aws:TagKeys", _tags(params))
    yield from _pairs("s3:RequestObjectTag/", "s3:RequestObjectTagKeys", _object_tags(params))


def _pairs(family: str, keys: str, pairs: Mapping[str, str]) -> Iterator[tuple[str, str, str | tuple[str, ...]]]:
    if pairs:
        yield keys, "", tuple(pairs)
        yield from ((family, key, value) for key, value in pairs.items() if value is not None)


def _tags(params: Params) -> dict[str, Any]:
    """The tags in a request; those that it takes away have no value."""
    found = params.get("Tags") or params.get("tags") or values(params, "CreateBucketConfiguration.Tags")
    if isinstance(found, Mapping):
        return dict(found)
    removed = params.get("TagKeys") or params.get("tagKeys") or ()
    rows = [tag for tag in found if isinstance(tag, Mapping)]
    named = {tag.get("Key", tag.get("TagKey")): tag.get("Value", tag.get("TagValue", "")) for tag in rows}
    return dict.fromkeys(removed) | {key: value for key, value in named.items() if key is not None}


def _object_tags(params: Params) -> dict[str, str]:
    tagging = params.get("Tagging")
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True))
    return {tag["Key"]: tag.get("Value", "") for tag in values(tagging, "TagSet")}


# how a service refuses


def denied_error(service: str, operation: str, message: str, same_account: bool = True) -> tuple[str, int, str]:
    """The error code, the HTTP status and the sentence with which a service refuses, for the general sentence
    `message`.

    S3 quotes the resource, and tells callers of another account nothing; a HEAD request's answer has no body and so no
    sentence; EC2 puts a sentence of its own first.
    """
    code, status = catalog.denial(service)
    if service == "s3":
        if operation.startswith("Head"):
            return "403", 403, "Forbidden"
        if not same_account:
            return code, status, "Access Denied"
        head, on, rest = message.partition(" on resource: ")
        resource, _, reason = rest.partition(" ")
        message = f'{head}{on}"{resource}" {reason}' if on else message
    if service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    return code, status, message
