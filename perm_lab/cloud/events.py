"""One call as a CloudTrail event.

Follows "CloudTrail record contents" and "CloudTrail userIdentity element" (CloudTrail user guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from perm_lab.cloud.calls import Check
from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.gate import Call
from perm_lab.iam import Decision, PrincipalType

_SOURCES = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb", "stepfunctions": "states"}
_READ_ONLY = ("Get", "List", "Describe", "Head", "Query", "Scan", "Receive")


def cloudtrail_event(
    caller: Caller, call: Call, judged: tuple[tuple[Check, Decision], ...], serial: int
) -> dict[str, Any]:
    """The event of `call`, without its outcome. `serial` numbers the lab's calls and makes the ids reproducible."""
    return {
        "eventVersion": "1.11",
        "userIdentity": _user_identity(caller),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{_SOURCES.get(call.service, call.service)}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": caller.principal.service or "127.0.0.1",
        "requestParameters": _plain(call.params),
        "responseElements": None,
        "requestID": reproducible_id(serial),
        "eventID": reproducible_id(serial, 1),
        "readOnly": call.operation.startswith(_READ_ONLY),
        "resources": [{"ARN": check.resource, "accountId": check.resource_account} for check, _ in judged],
        "eventType": "AwsServiceEvent" if caller.principal.type is PrincipalType.SERVICE else "AwsApiCall",
        "recipientAccountId": next((check.resource_account for check, _ in judged), None) or caller.account,
    }


def reproducible_id(serial: int, kind: int = 0) -> str:
    """An id shaped like a UUID that is the same in every run.

    >>> reproducible_id(7)
    '00000007-0000-4000-8000-000000000000'
    """
    return f"{serial:08x}-0000-4000-8000-{kind:012x}"


def _user_identity(caller: Caller) -> dict[str, Any]:
    principal = caller.principal
    known = {
        "principalId": caller.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": caller.access_key,
    }
    match principal.type:
        case PrincipalType.SERVICE:
            return {"type": "AWSService", "invokedBy": principal.service}
        case PrincipalType.ANONYMOUS:
            return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
        case PrincipalType.ROLE_SESSION:
            role = principal.role_arn or ""
            issuer = {
                "type": "Role",
                "principalId": caller.user_id.partition(":")[0],
                "arn": role,
                "accountId": principal.account,
                "userName": role.rsplit("/", 1)[-1],
            }
            return {"type": "AssumedRole", **known, "sessionContext": {"sessionIssuer": issuer}}
        case _:
            return {"type": "IAMUser", **known, "userName": (principal.arn or "").rsplit("/", 1)[-1]}


def _plain(value: Any, depth: int = 0) -> Any:
    """`value` as JSON can hold it, with CloudTrail's lower-case first letters; contents are named, not copied."""
    if isinstance(value, Mapping):
        return {_lower(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
