"""Facts about AWS, as data: managed policies, actions with their resource types, which API call needs which action, and
the sources of events with the permission that each needs.

Each data file says where it comes from and of which date (`sources`); the scripts that make them are in `scripts/`.

>>> managed_policy("AWSLambdaBasicExecutionRole").version
'v1'
>>> operation_actions("lambda", "Invoke")
('lambda:InvokeFunction',)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any

from perm_lab.catalog.files import DATA as _DATA
from perm_lab.catalog.files import read as _read
from perm_lab.catalog.keys import condition_key_type, condition_keys, is_key
from perm_lab.catalog.triggers import EventSource, UnknownSource, event_source, event_sources

__all__ = [
    "Action",
    "EventSource",
    "ManagedPolicy",
    "UnknownPolicy",
    "UnknownSource",
    "action",
    "actions",
    "condition_key_type",
    "condition_keys",
    "conditional_actions",
    "denial",
    "event_source",
    "event_sources",
    "is_documented",
    "is_key",
    "is_partial",
    "managed_policies",
    "managed_policy",
    "operation_actions",
    "parameters",
    "passed_role",
    "prefix",
    "rcp_services",
    "reads_only",
    "request_keys",
    "resource_type",
    "services",
    "sources",
    "version_action",
]

# how the names of operations begin that only read
_READS = tuple("BatchGet Describe Get Head List Lookup Query Scan Search".split())


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """An AWS managed policy: its default version's document; `created` and `updated` are ISO dates.

    `source` is where the document was read, and of when.
    """

    name: str
    arn: str
    version: str
    created: str
    updated: str
    document: Mapping[str, Any] = field(hash=False)
    source: str


@dataclass(frozen=True, slots=True)
class Action:
    """An IAM action of a service: its access level (`Read`, `Write`, …), the types of resource it works on (none: it
    can only be granted on `*`), and the condition keys it knows beside the global ones.

    Follows "Actions, resources, and condition keys for AWS services" (Service Authorization Reference). The level is
    `List`, `Read` or `Write`, or `Permissions management, Write` or `Tagging, Write`.
    """

    service: str
    name: str
    access_level: str
    resource_types: tuple[str, ...]
    condition_keys: tuple[str, ...]


class UnknownPolicy(LookupError):
    """No AWS managed policy of this name is in the catalogue."""


@cache
def managed_policies() -> Mapping[str, ManagedPolicy]:
    """The AWS managed policies of the catalogue, by name."""
    return MappingProxyType({name: ManagedPolicy(name, **row) for name, row in _read("managed_policies.json").items()})


def managed_policy(name: str) -> ManagedPolicy:
    """The AWS managed policy with this name (not its ARN). Raises `UnknownPolicy`, with the nearest name."""
    found = managed_policies().get(name)
    if found is None:
        near = get_close_matches(name.rpartition("/")[2], managed_policies(), 1, 0.6)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise UnknownPolicy(f"`{name}` is not an AWS managed policy of the catalogue{hint}")
    return found


@cache
def services() -> tuple[str, ...]:
    """The prefixes of the services whose actions the catalogue knows."""
    return tuple(sorted(path.stem for path in (_DATA / "actions").glob("*.json")))


def _service(service: str) -> dict[str, Any]:
    return dict(_read(f"actions/{service}.json")) if service in services() else {"actions": {}, "resource_types": {}}


@cache
def actions(service: str) -> Mapping[str, Action]:
    """The actions of a service by name in lower case; empty for a service that the catalogue does not know."""
    rows = _service(service)["actions"].items()
    return MappingProxyType({n.lower(): Action(service, n, level, tuple(t), tuple(k)) for n, (level, t, k) in rows})


def action(name: str) -> Action | None:
    """The action `service:Name`, in any case; None when the catalogue does not know it.

    >>> found = action("lambda:invokefunction")
    >>> found.name, found.access_level, found.resource_types
    ('InvokeFunction', 'Write', ('function',))
    """
    service, _, rest = name.partition(":")
    return actions(service.lower()).get(rest.lower())


def resource_type(service: str, name: str) -> str:
    """The ARN template of a service's type of resource. Raises KeyError for one that the catalogue does not know.

    >>> resource_type("s3", "bucket")
    'arn:${Partition}:s3:::${BucketName}'
    """
    return str(_service(service)["resource_types"][name])


@cache
def operation_actions(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions that an API operation needs; the first is the operation's own; empty where it needs none.

    `service` is botocore's name of the service. What no table tells is derived: the service's prefix and the operation.

    >>> operation_actions("s3", "CopyObject"), operation_actions("stepfunctions", "StartExecution")
    (('s3:PutObject', 's3:GetObject'), ('states:StartExecution',))
    """
    listed = _read("operations.json")["operations"].get(service, {}).get(operation)
    return (f"{prefix(service)}:{operation}",) if listed is None else tuple(listed)


@cache
def reads_only(service: str, operation: str) -> bool:
    """Whether an API operation only reads: the access level of every action that it needs is Read or List.

    `service` is botocore's name of the service. An operation that needs no action only reads, too. Where the catalogue
    does not know an action, the operation's name tells, by AWS's habit: `Get…`, `List…`, `Describe…`, `Head…` and
    their like.

    >>> reads_only("lambda", "GetFunction"), reads_only("lambda", "Invoke"), reads_only("sqs", "ReceiveMessage")
    (True, False, True)
    >>> reads_only("glue", "GetTables"), reads_only("glue", "StartJobRun")
    (True, False)

    Follows "Access levels in policy summaries" (IAM user guide). CloudTrail's `readOnly` need not say the same: it
    is true for KMS's `Decrypt`, whose level is Write.
    """
    if not is_documented(service, operation):
        return operation.startswith(_READS)
    found = map(action, operation_actions(service, operation))
    return {each.access_level for each in found if each} <= {"List", "Read"}


@cache
def conditional_actions(service: str, operation: str) -> Mapping[str, tuple[str, ...]]:
    """The further actions that a call needs when it has one of the parameters named, each with those parameters.

    >>> conditional_actions("s3", "PutObject")["s3:PutObjectTagging"]
    ('Tagging',)
    """
    rows = _read("operations.json")["also"].get(service, {}).get(operation, {})
    return MappingProxyType({action: tuple(members.split()) for action, members in rows.items()})


def passed_role(service: str, operation: str) -> tuple[str, str] | tuple[()]:
    """The parameter in which an operation takes a role, and the service that the role is passed to; else empty.

    Its caller must be allowed `iam:PassRole` on that role.

    >>> passed_role("lambda", "CreateFunction"), passed_role("lambda", "Invoke")
    (('Role', 'lambda.amazonaws.com'), ())

    Follows "Grant a user permissions to pass a role to an AWS service" (IAM user guide).
    """
    return tuple(_read("operations.json")["passes"].get(service, {}).get(operation, ()))


def version_action(action: str) -> str:
    """The action that is needed instead of `action` when the call names a version of the object.

    >>> version_action("s3:GetObject"), version_action("s3:PutObject")
    ('s3:GetObjectVersion', 's3:PutObject')
    """
    return str(_read("operations.json")["versions"].get(action, action))


@cache
def prefix(service: str) -> str:
    """The IAM prefix of the service that botocore calls `service`.

    >>> prefix("stepfunctions"), prefix("lambda")
    ('states', 'lambda')
    """
    return str(_read("operations.json")["prefixes"].get(service, service))


def denial(service: str) -> tuple[str, int]:
    """The error code and the HTTP status with which a service refuses a call; `service` is botocore's name of it.

    >>> denial("sns"), denial("kinesis")
    (('AuthorizationError', 403), ('AccessDeniedException', 400))
    """
    code, status = _read("operations.json")["denials"].get(prefix(service), ("AccessDeniedException", 400))
    return code, status


def parameters(variable: str) -> tuple[str, ...]:
    """The parameters of API calls that may hold a variable of the ARN templates, the likeliest first.

    >>> parameters("SecretId"), parameters("FunctionName")
    (('SecretId', 'Name'), ('FunctionName',))
    """
    return tuple(_read("operations.json")["parameters"].get(variable, variable).split())


@cache
def is_documented(service: str, operation: str) -> bool:
    """Whether every action that the operation needs is in the catalogue."""
    return all(action(name) for name in operation_actions(service, operation))


def is_partial(service: str) -> bool:
    """Whether the catalogue knows some of a service's actions only."""
    return bool(_service(service).get("partial"))


@cache
def rcp_services() -> frozenset[str]:
    """The prefixes of the services whose resources RCPs bind.

    Follows "List of AWS services that support RCPs" (Organizations user guide).

    >>> "s3" in rcp_services(), "lambda" in rcp_services()
    (True, False)
    """
    return frozenset(_read("rcp_services.json")["services"])


def request_keys(service: str) -> Mapping[str, tuple[str, ...]]:
    """The condition keys of a service that repeat a parameter, with the parameter; `[]` where all its items count."""
    rows = _read("request_keys.json")["keys"].get(service, {})
    return MappingProxyType({key: tuple(members.split()) for key, members in rows.items()})


def sources() -> Mapping[str, str]:
    """Where each data file comes from, by file name."""
    single = ("condition_keys", "event_sources", "operations", "rcp_services", "request_keys")
    found = {f"{name}.json": _read(f"{name}.json")["source"] for name in single}
    found["managed_policies.json"] = "; ".join(sorted({policy.source for policy in managed_policies().values()}))
    return found | {f"actions/{service}.json": _service(service)["source"] for service in services()}
