"""What happened in the lab, call by call, shaped as CloudTrail writes it, with the verdicts CloudTrail leaves out.

Follows "CloudTrail record contents" (CloudTrail user guide). Two things differ: API names carry no date suffix
(`CreateFunction`, where CloudTrail writes `CreateFunction20150331`), and calls that CloudTrail counts as data events
are here as well, denied ones included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from perm_lab.cloud.calls import Check
from perm_lab.display import Displayable
from perm_lab.iam import Decision


@dataclass(frozen=True, slots=True)
class Record(Displayable):
    """One call: its CloudTrail event, and each permission that was checked for it with its decision.

    `cause` says on whose account the call happened: empty for the learner's own, otherwise what set it off.
    `depth` is 0 for the learner's own calls and one more for each call inside another.
    """

    event: dict[str, Any]
    checks: tuple[tuple[Check, Decision], ...] = ()
    cause: str = ""
    depth: int = 0

    @property
    def decision(self) -> Decision | None:
        """The decision that settled the call: the one that denied it, or else the first; None where none is needed."""
        decisions = [decision for _, decision in self.checks]
        return next((d for d in decisions if not d.allowed), decisions[0] if decisions else None)

    @property
    def caller(self) -> str:
        """ARN of the principal that called, the service's name for a service, or `anonymous`."""
        identity = self.event["userIdentity"]
        return identity.get("arn") or identity.get("invokedBy") or "anonymous"

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
        return self.event.get("errorCode", "")

    @property
    def error_message(self) -> str:
        return self.event.get("errorMessage", "")

    @property
    def request_id(self) -> str:
        return self.event["requestID"]

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

    def clear(self) -> None:
        """Forget what happened so far; the lab's state stays."""
        self._records.clear()

    @property
    def denied(self) -> Trail:
        """The calls that lacked a permission."""
        return Trail([record for record in self if not record.allowed])

    def __str__(self) -> str:
        width = len(str(len(self)))
        return "\n".join(f"{n:>{width}}  {record}" for n, record in enumerate(self)) or "no calls yet"
