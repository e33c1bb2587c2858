"""Facts about AWS, as data: managed policies, actions with their resource types, and which API call needs which action.

Each data file says where it comes from and of which date (`sources`); the scripts that make them are in `scripts/`.

>>> managed_policy("AWSLambdaBasicExecutionRole").version
'v1'
>>> operation_actions("lambda", "Invoke")
('lambda:InvokeFunction',)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = [
    "Action",
    "ManagedPolicy",
    "UnknownPolicy",
    "action",
    "actions",
    "is_documented",
    "managed_policies",
    "managed_policy",
    "operation_actions",
    "prefix",
    "rcp_services",
    "resource_type",
    "services",
    "sources",
]

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """An AWS managed policy: its default version's document; `created` and `updated` are ISO dates."""

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
    can only be granted on `*`), and the condition keys it knows beside the global ones."""

    service: str
    name: str
    access_level: str
    resource_types: tuple[str, ...]
    condition_keys: tuple[str, ...]


class UnknownPolicy(LookupError):
    """No AWS managed policy of this name is in the catalogue."""


def _read(name: str) -> dict[str, Any]:
    return json.loads((_DATA / name).read_text("utf-8"))


@cache
def managed_policies() -> Mapping[str, ManagedPolicy]:
    """The AWS managed policies of the catalogue, by name."""
    rows = _read("managed_policies.json")
    return MappingProxyType({name: ManagedPolicy(name, **row) for name, row in rows.items()})


def managed_policy(name: str) -> ManagedPolicy:
    """The AWS managed policy with this name (not its ARN). Raises `UnknownPolicy`."""
    found = managed_policies().get(name)
    if found is None:
        near = get_close_matches(name, managed_policies(), 1, 0.6)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise UnknownPolicy(f"`{name}` is not an AWS managed policy of the catalogue{hint}")
    return found


@cache
def services() -> tuple[str, ...]:
    """The prefixes of the services whose actions the catalogue knows."""
    return tuple(sorted(path.stem for path in (_DATA / "actions").glob("*.json")))


@cache
def _service(service: str) -> dict[str, Any]:
    if service not in services():
        return {"actions": {}, "resource_types": {}}
    return _read(f"actions/{service}.json")


@cache
def actions(service: str) -> Mapping[str, Action]:
    """The actions of a service by name in lower case; empty for a service that the catalogue does not know."""
    rows = _service(service)["actions"].items()
    return MappingProxyType({n.lower(): Action(service, n, level, tuple(t), tuple(k)) for n, (level, t, k) in rows})


def action(name: str) -> Action | None:
    """The action `service:Name`, in any case; None when the catalogue does not know it."""
    service, _, rest = name.partition(":")
    return actions(service.lower()).get(rest.lower())


def resource_type(service: str, name: str) -> str:
    """The ARN template of a service's type of resource. Raises KeyError for one that the catalogue does not know.

    >>> resource_type("s3", "bucket")
    'arn:${Partition}:s3:::${BucketName}'
    """
    return _service(service)["resource_types"][name]


@cache
def _operations() -> dict[str, Any]:
    return _read("operations.json")


@cache
def operation_actions(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions that an API operation needs; the first is the operation's own; empty where it needs none.

    `service` is botocore's name of the service. What no table tells is derived: the service's prefix and the operation.
    """
    table = _operations()
    listed = table["operations"].get(service, {}).get(operation)
    return (f"{prefix(service)}:{operation}",) if listed is None else tuple(listed)


@cache
def prefix(service: str) -> str:
    """The IAM prefix of the service that botocore calls `service`."""
    return _operations()["prefixes"].get(service, service)


@cache
def is_documented(service: str, operation: str) -> bool:
    """Whether every action that the operation needs is in the catalogue."""
    return all(action(name) for name in operation_actions(service, operation))


@cache
def rcp_services() -> frozenset[str]:
    """The prefixes of the services whose resources RCPs bind."""
    return frozenset(_read("rcp_services.json")["services"])


def sources() -> Mapping[str, str]:
    """Where each data file comes from, by file name."""
    found = {"operations.json": _operations()["source"]}
    found["managed_policies.json"] = "; ".join(sorted({policy.source for policy in managed_policies().values()}))
    return found | {f"actions/{service}.json": _service(service)["source"] for service in services()}
