"""From a boto3 call to the checks that AWS makes for it: action, resource, the resource's owner, context keys.

Which action an operation needs and which types of resource the action takes is the catalogue's to say; the tables here
say where in a call's parameters a resource is named, and which parameters are condition keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from perm_lab import catalog
from perm_lab.cloud.functions import FunctionName

Params = Mapping[str, Any]


class Lookup(Protocol):
    """What a call's parameters leave open and only the accounts' state can tell."""

    def bucket_account(self, bucket: str) -> str | None: ...
    def role_arn(self, account: str, name: str) -> str: ...
    def user_arn(self, account: str, name: str) -> str: ...
    def group_arn(self, account: str, name: str) -> str: ...
    def key_arn(self, account: str, region: str, key: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Check:
    """One permission that a call needs. `documented` is false where the lab derived action or resource; `note` says
    so."""

    action: str
    resource: str
    resource_account: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, hash=False)
    documented: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call is made: the caller's account, the region, and what the state knows."""

    account: str
    region: str
    lookup: Lookup

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


Builder = Callable[[Params, Place], str | None]


def _named(service: str, path: str, *members: str) -> Builder:
    """The ARN in one of the `members`, or the one made of the name there."""

    def build(params: Params, place: Place) -> str | None:
        value = next((params[member] for member in members if params.get(member)), None)
        if value is None:
            return None
        return value if value.startswith("arn:") else place.arn(service, path.format(value))

    return build


def _bucket(params: Params, place: Place) -> str | None:
    bucket = params.get("Bucket")
    return bucket and (bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}")


def _object(params: Params, place: Place) -> str | None:
    bucket, key = _bucket(params, place), params.get("Key")
    return f"{bucket}/{key}" if bucket and key is not None else None


def _queue(params: Params, place: Place) -> str | None:
    if "QueueUrl" in params:
        *_, account, name = params["QueueUrl"].rstrip("/").rsplit("/", 2)
        account = account if account.isdigit() else place.account
    elif "QueueName" in params:
        account, name = params.get("QueueOwnerAWSAccountId", place.account), params["QueueName"]
    else:
        return None
    return f"arn:aws:sqs:{place.region}:{account}:{name}"


def _table(params: Params, place: Place) -> str | None:
    name = params.get("TableName") or params.get("TableArn") or params.get("ResourceArn")
    if name is None and params.get("RequestItems"):
        name = next(iter(params["RequestItems"]))
    return name and (name if name.startswith("arn:") else place.arn("dynamodb", f"table/{name}"))


def _index(params: Params, place: Place) -> str | None:
    table, index = _table(params, place), params.get("IndexName")
    return f"{table}/index/{index}" if table and index else None


def _log_group(params: Params, place: Place) -> str | None:
    name = params.get("logGroupName") or params.get("logGroupIdentifier") or params.get("logGroupNamePrefix")
    if name is None:
        return None
    return name.removesuffix(":*") if name.startswith("arn:") else place.arn("logs", f"log-group:{name}")


def _log_stream(params: Params, place: Place) -> str | None:
    group, stream = _log_group(params, place), params.get("logStreamName")
    return f"{group}:log-stream:{stream}" if group and stream else None


def _key(params: Params, place: Place) -> str | None:
    key = params.get("KeyId") or params.get("TargetKeyId")
    return key and (key if key.startswith("arn:") else place.lookup.key_arn(place.account, place.region, key))


def _function(params: Params, place: Place) -> str | None:
    if "FunctionName" not in params:
        return None
    try:
        name = FunctionName.parse(params["FunctionName"], place.account, place.region, params.get("Qualifier", ""))
    except ValueError:
        return None
    return name.qualified_arn


def _role(params: Params, place: Place) -> str | None:
    if params.get("RoleArn"):
        return params["RoleArn"]
    return params.get("RoleName") and place.lookup.role_arn(place.account, params["RoleName"])


def _user(params: Params, place: Place) -> str | None:
    return params.get("UserName") and place.lookup.user_arn(place.account, params["UserName"])


def _group(params: Params, place: Place) -> str | None:
    return params.get("GroupName") and place.lookup.group_arn(place.account, params["GroupName"])


def _policy(params: Params, place: Place) -> str | None:
    if params.get("PolicyArn"):
        return params["PolicyArn"]
    path = params.get("Path", "/")
    return params.get("PolicyName") and f"arn:aws:iam::{place.account}:policy{path}{params['PolicyName']}"


# (service prefix, type of resource in the catalogue) -> the ARN that a call names; the most specific type first
_BUILDERS: dict[tuple[str, str], Builder] = {
    ("s3", "object"): _object,
    ("s3", "bucket"): _bucket,
    ("sqs", "queue"): _queue,
    ("sns", "topic"): _named("sns", "{}", "TopicArn", "TargetArn", "Name", "ResourceArn"),
    ("kinesis", "consumer"): _named("kinesis", "{}", "ConsumerARN"),
    ("kinesis", "stream"): _named("kinesis", "stream/{}", "StreamARN", "StreamName", "ResourceARN"),
    ("dynamodb", "stream"): _named("dynamodb", "{}", "StreamArn"),
    ("dynamodb", "index"): _index,
    ("dynamodb", "table"): _table,
    ("logs", "log-stream"): _log_stream,
    ("logs", "log-group"): _log_group,
    ("kms", "key"): _key,
    ("lambda", "function"): _function,
    ("lambda", "function alias"): _function,
    ("lambda", "function version"): _function,
    ("lambda", "eventSourceMapping"): _named("lambda", "event-source-mapping:{}", "UUID"),
    ("lambda", "layer"): _named("lambda", "layer:{}", "LayerName"),
    ("iam", "role"): _role,
    ("iam", "user"): _user,
    ("iam", "group"): _group,
    ("iam", "policy"): _policy,
    ("sts", "role"): _role,
    ("events", "rule-on-default-event-bus"): _named("events", "rule/{}", "Name", "Rule"),
    ("events", "event-bus"): _named("events", "event-bus/{}", "EventBusName"),
    ("secretsmanager", "Secret"): _named("secretsmanager", "secret:{}", "SecretId", "Name"),
}
_ORDER = {key: n for n, key in enumerate(_BUILDERS)}

# service prefix -> condition key -> the parameter that it repeats
_KEYS: dict[str, dict[str, str]] = {
    "s3": {
        "s3:prefix": "Prefix",
        "s3:delimiter": "Delimiter",
        "s3:max-keys": "MaxKeys",
        "s3:x-amz-acl": "ACL",
        "s3:x-amz-server-side-encryption": "ServerSideEncryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
        "s3:x-amz-storage-class": "StorageClass",
        "s3:versionid": "VersionId",
    },
    "iam": {
        "iam:PolicyARN": "PolicyArn",
        "iam:PermissionsBoundary": "PermissionsBoundary",
        "iam:AWSServiceName": "AWSServiceName",
    },
    "sts": {
        "sts:RoleSessionName": "RoleSessionName",
        "sts:ExternalId": "ExternalId",
        "sts:SourceIdentity": "SourceIdentity",
    },
    "sns": {"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"},
    "lambda": {
        "lambda:Principal": "Principal",
        "lambda:FunctionUrlAuthType": "FunctionUrlAuthType",
        "lambda:Layer": "Layers",
        "lambda:CodeSigningConfigArn": "CodeSigningConfigArn",
        "lambda:SubnetIds": "VpcConfig.SubnetIds",
        "lambda:SecurityGroupIds": "VpcConfig.SecurityGroupIds",
    },
}
_WITH_A_ROLE = {("lambda", "CreateFunction"), ("lambda", "UpdateFunctionConfiguration")}


def authorizations(
    service: str, operation: str, params: Params, *, account: str, region: str, lookup: Lookup
) -> tuple[Check, ...]:
    """The permissions that a call needs, in the order in which AWS asks for them; none for a call that needs none.

    `service` and `operation` are botocore's names, `params` the call's parameters, `account` and `region` the caller's.
    """
    place = Place(account, region, lookup)
    documented = catalog.is_documented(service, operation)
    context = dict(_context(service, params, place))
    named = enumerate(catalog.operation_actions(service, operation))
    checks = [_check(action, params if n == 0 else _source(params), place, context, documented) for n, action in named]
    if (service, operation) in _WITH_A_ROLE and params.get("Role"):
        passed = {
            "iam:PassedToService": "lambda.amazonaws.com",
            "iam:AssociatedResourceArn": _function(params, place) or "",
        }
        checks.append(Check("iam:PassRole", params["Role"], account, passed))
    return tuple(checks)


def _check(
    action: str, params: Params, place: Place, context: Mapping[str, str | tuple[str, ...]], documented: bool
) -> Check:
    resource, found = _resource(action, params, place)
    owner = _owner(resource, place)
    if documented and found:
        return Check(action, resource, owner, context)
    what = "the resource" if documented else "the action"
    return Check(
        action, resource, owner, context, False, f"{what} of {action} is not in the lab's tables: asked on `{resource}`"
    )


def _resource(action: str, params: Params, place: Place) -> tuple[str, bool]:
    """The resource that a call names, and whether the tables know where to look. `*` where the action takes none."""
    known = catalog.action(action)
    if known is None or not known.resource_types:
        return "*", known is not None
    service = known.service
    types = sorted(((service, t) for t in known.resource_types if (service, t) in _BUILDERS), key=_ORDER.__getitem__)
    for key in types:
        arn = _BUILDERS[key](params, place)
        if arn:
            return arn, True
    return "*", bool(types)


def _owner(resource: str, place: Place) -> str:
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return place.account
    if parts[2] == "s3" and not parts[4]:
        return place.lookup.bucket_account(parts[5].partition("/")[0]) or place.account
    return place.account if parts[4] in ("", "aws") else parts[4]


def _source(params: Params) -> Params:
    """The parameters of a copy as those of a read of what is copied."""
    source = params.get("CopySource")
    if isinstance(source, str):
        bucket, _, key = source.lstrip("/").partition("/")
        return {"Bucket": bucket, "Key": key.partition("?versionId=")[0]}
    return source or params


def _context(service: str, params: Params, place: Place) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, path in _KEYS.get(catalog.prefix(service), {}).items():
        value: Any = params
        for member in path.split("."):
            value = value.get(member) if isinstance(value, Mapping) else None
        if value is not None and value != []:
            yield key, tuple(map(str, value)) if isinstance(value, list) else str(value)
    if service == "lambda" and "FunctionName" in params:
        yield "lambda:FunctionArn", _function(params, place) or ""
    tags = dict(_tags(params))
    if tags:
        yield "aws:TagKeys", tuple(tags)
        yield from ((f"aws:RequestTag/{key}", value) for key, value in tags.items())


def _tags(params: Params) -> Iterator[tuple[str, str]]:
    found = params.get("Tags", params.get("tags")) or ()
    if isinstance(found, Mapping):
        yield from found.items()
        return
    for tag in found:
        if isinstance(tag, Mapping):
            pair = tag.get("Key", tag.get("TagKey")), tag.get("Value", tag.get("TagValue", ""))
            if pair[0] is not None:
                yield pair


# service prefix -> (error code, HTTP status) of its access denial; the others answer AccessDeniedException, 400
_DENIALS = {
    "s3": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "sqs": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "lambda": ("AccessDeniedException", 403),
    "cloudformation": ("AccessDenied", 403),
    "cloudwatch": ("AccessDenied", 403),
    "rds": ("AccessDenied", 403),
}


def denied_error(service: str, operation: str, message: str, same_account: bool = True) -> tuple[str, int, str]:
    """The error code, the HTTP status and the sentence with which a service refuses, for the general sentence
    `message`.

    S3 quotes the resource, and tells callers of another account nothing; a HEAD request's answer has no body and so no
    sentence; EC2 puts a sentence of its own first.
    """
    code, status = _DENIALS.get(catalog.prefix(service), ("AccessDeniedException", 400))
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
