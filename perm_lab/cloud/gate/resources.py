"""Where a call names its resources: from an action and the call's parameters to the ARNs that AWS asks about.

The catalogue has the ARN template of every type of resource. A parameter that is such an ARN is the resource; else the
template is filled with the parameters that its variables name. The tables hold what differs: variables whose parameter
is called otherwise, and resources that take more than a name.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from perm_lab import catalog
from perm_lab.cloud.function_name import FunctionName
from perm_lab.iam import Arn

Params = Mapping[str, Any]


class Lookup(Protocol):
    """What a call's parameters leave open and only the accounts' state can tell: `perm_lab.cloud.internals.state`."""

    def bucket_account(self, bucket: str) -> str | None: ...
    def role_arn(self, account: str, name: str) -> str: ...
    def user_arn(self, account: str, name: str) -> str: ...
    def group_arn(self, account: str, name: str) -> str: ...
    def subnet_vpc(self, account: str, region: str, subnet: str) -> str | None: ...
    def key_arn(self, account: str, region: str, key: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call is made: the caller's account, the region, and what the state knows."""

    account: str
    region: str
    lookup: Lookup

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def owner(resource: str, otherwise: str, lookup: Lookup) -> str:
    """Id of the account that `resource` belongs to; `otherwise` where its ARN, or `*`, does not tell."""
    arn = Arn.maybe(resource)
    if arn is None or arn.account == "aws":
        return otherwise
    if arn.service == "s3" and not arn.account:
        return lookup.bucket_account(arn.resource.partition("/")[0]) or otherwise
    return arn.account or otherwise


Builder = Callable[[Params, Place], str | None]


def _bucket(params: Params, place: Place) -> str | None:
    bucket = params.get("Bucket")
    return bucket and (bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}")


def _object(params: Params, place: Place) -> str | None:
    bucket, key = _bucket(params, place), params.get("Key")
    return f"{bucket}/{key}" if bucket and key is not None else None


def _queue(params: Params, place: Place) -> str | None:
    rest, _, name = (params.get("QueueUrl") or params.get("QueueName") or "").rstrip("/").rpartition("/")
    account = rest.rpartition("/")[2]
    account = account if account.isdigit() else params.get("QueueOwnerAWSAccountId", place.account)
    return f"arn:aws:sqs:{place.region}:{account}:{name}" if name else None


def _stream(params: Params, place: Place) -> str | None:
    if "ShardIterator" not in params or params.get("StreamARN"):
        return None
    try:  # moto's iterators, unlike AWS's, name their stream in clear
        name = base64.b64decode(params["ShardIterator"]).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name if name.startswith("arn:") else place.arn("kinesis", f"stream/{name}")


def _index(params: Params, place: Place) -> str | None:
    table, index = _named(("dynamodb", "table"), params, place), params.get("IndexName")
    return f"{table}/index/{index}" if table and index else None


def _log_stream(params: Params, place: Place) -> str | None:
    """A stream, or all streams of a group: as which AWS asks about a group, whatever is done to it. See "CloudWatch
    Logs resources and operations"; tagging alone is asked on the group."""
    name = params.get("logGroupName") or params.get("logGroupIdentifier")
    if name is None:
        return None
    group = name.removesuffix(":*") if name.startswith("arn:") else place.arn("logs", f"log-group:{name}")
    return f"{group}:log-stream:{params.get('logStreamName', '')}"


def _key(params: Params, place: Place) -> str | None:
    key = params.get("KeyId") or params.get("TargetKeyId") or params.get("AliasName")
    if key is None and params.get("CiphertextBlob"):
        key = bytes(params["CiphertextBlob"])[:36].decode("ascii", "ignore")  # so moto begins a ciphertext
    account, alias = place.account, re.fullmatch(r"arn:aws:kms:[^:]*:(\d+):(alias/.+)", key or "")
    if alias:
        account, key = alias.groups()
    return key and (key if key.startswith("arn:") else place.lookup.key_arn(account, place.region, key))


def function_arn(params: Params, place: Place) -> str | None:
    """The ARN of the function that a call names, qualified when the call is."""
    text = params.get("FunctionName") or params.get("ResourceArn") or params.get("Resource") or ""
    if text.startswith("arn:") and ":function:" not in text:
        return None
    name = FunctionName.maybe(text, place.account, place.region, params.get("Qualifier", ""))
    return name.qualified_arn if name else None


def _layer_version(params: Params, place: Place) -> str | None:
    layer, version = params.get("LayerName", ""), params.get("VersionNumber")
    layer = layer if layer.startswith("arn:") else place.arn("lambda", f"layer:{layer}")
    return f"{layer}:{version}" if version else None


def _entity(member: str, arn: str) -> Builder:
    """An identity that exists has the path it was made with; one that a call makes has the path in the call."""

    def build(params: Params, place: Place) -> str | None:
        known = "Path" not in params and params.get(member)
        return str(getattr(place.lookup, arn)(place.account, params[member])) if known else None

    return build


def _rule(params: Params, place: Place) -> str | None:
    name, bus = params.get("Rule") or params.get("Name"), params.get("EventBusName", "default").rpartition("/")[2]
    return name and place.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")


def _schedule(params: Params, place: Place) -> str | None:
    name = params.get("Name")
    return name and place.arn("scheduler", f"schedule/{params.get('GroupName', 'default')}/{name}")


_BUILDERS: dict[tuple[str, str], Builder] = {
    ("s3", "object"): _object,
    ("s3", "bucket"): _bucket,
    ("sqs", "queue"): _queue,
    ("sns", "topic"): lambda params, place: params.get("SubscriptionArn", "").rpartition(":")[0] or None,
    ("kinesis", "stream"): _stream,
    ("kinesis", "kmsKey"): _key,
    ("dynamodb", "stream"): lambda params, place: (
        params.get("ShardIterator", "").rpartition("|")[0].split("|")[0] or None
    ),
    ("dynamodb", "index"): _index,
    ("logs", "log-stream"): _log_stream,
    ("logs", "log-group"): _log_stream,
    ("kms", "alias"): lambda params, place: params.get("AliasName") and place.arn("kms", params["AliasName"]),
    ("kms", "key"): _key,
    ("lambda", "function"): function_arn,
    ("lambda", "function alias"): function_arn,
    ("lambda", "function version"): function_arn,
    ("lambda", "layerVersion"): _layer_version,
    ("iam", "role"): _entity("RoleName", "role_arn"),
    ("iam", "user"): _entity("UserName", "user_arn"),
    ("iam", "group"): _entity("GroupName", "group_arn"),
    ("events", "rule-on-custom-event-bus"): _rule,
    ("events", "rule-on-default-event-bus"): _rule,
    ("scheduler", "schedule"): _schedule,
}
# who names the first is not asked for the second
_INSTEAD = {("dynamodb", "index"): ("dynamodb", "table"), ("events", "api-destination"): ("events", "connection")}
# what AWS's own sentences name although the Service Authorization Reference has no type of resource for it
_ALWAYS = {"logs:DescribeLogGroups": "log-group::log-stream:"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_LONG = re.compile("Path$|Label$|^Log|^SecretId$")  # variables whose values may hold slashes and colons


def resources(action: str, params: Params, place: Place) -> list[str]:
    """The resources of `action` that a call names, without repetition; none where it names none."""
    known = catalog.action(action)
    if known is None:
        return []
    if action in _ALWAYS:
        return [place.arn(known.service, _ALWAYS[action])]
    keys = [(known.service, name) for name in known.resource_types]
    found = {key: arn for key in keys if (arn := _named(key, params, place))}
    for key in list(found):
        found.pop(_INSTEAD.get(key, ("", "")), None)
    return list(dict.fromkeys(found.values()))


def _named(key: tuple[str, str], params: Params, place: Place) -> str | None:
    builder = _BUILDERS.get(key)
    return (builder and builder(params, place)) or _derived(key, params, place)


@cache
def _pattern(key: tuple[str, str]) -> re.Pattern[str]:
    escaped = re.escape(_VARIABLE.sub(r"<\1>", catalog.resource_type(*key)))
    return re.compile(re.sub(r"<(\w+)>", lambda match: ".+" if _LONG.search(match[1]) else "[^:/]*", escaped))


def _derived(key: tuple[str, str], params: Params, place: Place) -> str | None:
    """The parameter that is an ARN of this type, or the type's template filled with parameters."""
    for value in params.values():
        if isinstance(value, str) and _pattern(key).fullmatch(value):
            return value
    given = {name.lower(): value for name, value in params.items() if isinstance(value, str | int)}
    given |= {"partition": "aws", "region": place.region, "account": place.account}
    try:
        return _VARIABLE.sub(lambda match: _value(match[1], given), catalog.resource_type(*key))
    except KeyError:
        return None


def _value(variable: str, given: Mapping[str, Any]) -> str:
    name = variable.removesuffix("WithPath")
    member = next((m for m in map(str.lower, catalog.parameters(name)) if m in given), name.lower())
    path = given.get("path", "/")[1:] if name != variable else ""
    return f"{path}{given[member]}"
