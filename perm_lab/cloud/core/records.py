"""What happened in the lab, call by call, shaped as CloudTrail writes it, with the verdicts CloudTrail leaves out.

Follows "CloudTrail record contents" and "CloudTrail userIdentity element" (CloudTrail user guide). Two things differ:
API names carry no date suffix (`CreateFunction`, where CloudTrail writes `CreateFunction20150331`), and calls that
CloudTrail counts as data events are here as well, denied ones included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, overload

from perm_lab import catalog
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Call
from perm_lab.display import Displayable
from perm_lab.iam import Decision, PrincipalType

Judged = tuple[tuple[Check, Decision], ...]
"""Permissions that were checked for a call, in order, each with its decision."""


@dataclass(frozen=True, slots=True)
class Record(Displayable):
    """One call: its CloudTrail event, and each permission that was checked for it with its decision.

    `cause` is what set the call off, None for the learner's own calls. `depth` is 0 for those and one more for each
    call inside another.
    """

    event: dict[str, Any]
    checks: Judged = ()
    cause: Cause | None = None
    depth: int = 0

    def fail(self, code: str, message: str) -> None:
        """Note the error that the call ended with."""
        self.event.update(errorCode=code, errorMessage=message)

    @property
    def decision(self) -> Decision | None:
        """The decision that settled the call: the one that denied it, or else the first; None where none is needed."""
        decisions = [decision for _, decision in self.checks]
        return next((d for d in decisions if not d.allowed), decisions[0] if decisions else None)

    @property
    def caller(self) -> str:
        """ARN of the principal that called, the service's name for a service, or `anonymous`."""
        identity = self.event["userIdentity"]
        return str(identity.get("arn") or identity.get("invokedBy") or "anonymous")

    @property
    def action(self) -> str:
        """The API call, as `lambda:Invoke`."""
        return f"{self.event['eventSource'].split('.')[0]}:{self.event['eventName']}"

    @property
    def resource(self) -> str:
        """ARN the settled permission was asked for, `*` where the action takes no resource."""
        decision = self.decision
        return decision.request.resource if decision else "*"

    @property
    def allowed(self) -> bool:
        """Whether every permission the call needs was granted (the call may still fail for another reason)."""
        return all(decision.allowed for _, decision in self.checks)

    @property
    def error_code(self) -> str:
        return str(self.event.get("errorCode", ""))

    @property
    def error_message(self) -> str:
        return str(self.event.get("errorMessage", ""))

    @property
    def request_id(self) -> str:
        return str(self.event["requestID"])

    @property
    def note(self) -> str:
        """What the lab had to assume about the call; empty where its permission is documented."""
        return "; ".join(dict.fromkeys(check.note for check, _ in self.checks if check.note))

    def __str__(self) -> str:
        indent = "  " * self.depth
        who = self.caller.rsplit(":", 1)[-1]
        if self.error_code:
            outcome = f"✗ {self.error_code}: {self.error_message}"
        elif self.decision is None:
            outcome = "✓ needs no permission"
        else:
            outcome = f"✓ allowed {self.decision.request.action} on {self.resource}"
        return f"{indent}{who} → {self.action}  {outcome}"


class Trail(Sequence[Record], Displayable):
    """Every call made in a lab, oldest first; a slice of it is a trail too."""

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self._records = list(records)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Trail: ...
    def __getitem__(self, index: int | slice) -> Record | Trail:
        found = self._records[index]
        return Trail(found) if isinstance(found, list) else found

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def append(self, record: Record) -> None:
        """Add what happened last."""
        self._records.append(record)

    def clear(self, *, keep: int = 0) -> None:
        """Forget what happened so far, but for the newest `keep` calls; the lab's state stays."""
        del self._records[: max(0, len(self._records) - keep)]

    @property
    def denied(self) -> Trail:
        """The calls that lacked a permission."""
        return Trail([record for record in self if not record.allowed])

    def __str__(self) -> str:
        width = len(str(len(self)))
        return "\n".join(f"{n:>{width}}  {record}" for n, record in enumerate(self)) or "no calls yet"


_SOURCES = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb", "stepfunctions": "states"}


def cloudtrail_event(caller: Caller, call: Call, judged: Judged, serial: int) -> dict[str, Any]:
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
        "readOnly": catalog.reads_only(call.service, call.operation),
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
