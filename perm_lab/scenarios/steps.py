"""The steps that a run is expected to take, each found again in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perm_lab.cloud import CauseKind, Record
from perm_lab.iam import Decision
from perm_lab.scenarios.run import Hop, Status, decided_by, hop


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a run is expected to take, and the record of the trail that tells of it: None when none does.

    `start` is where a picture draws the step from, where that is not `who`; `note` says what the step is about. A step
    that is part of a call has the `decision` on it instead of a record.
    """

    who: str
    action: str
    what: str
    note: str
    record: Record | None
    start: str = ""
    decision: Decision | None = None

    @property
    def hop(self) -> Hop:
        """What came of the step."""
        if self.decision:
            status, via = Status.ALLOWED if self.decision.allowed else Status.DENIED, decided_by(self.decision)
            return Hop(self.who, self.action, self.what, status, self.decision, via, self.note, self.start)
        if self.record:
            return hop(self.record, self.note, start=self.start, what=self.what)
        return Hop(self.who, self.action, self.what, Status.NOT_REACHED, note=self.note, start=self.start)


# what Lambda does at every invocation


def taken(records: Sequence[Record], role: str, function: str, note: str) -> Step:
    """Lambda takes the execution role to run the function."""
    lambda_ = "lambda.amazonaws.com"
    return Step(lambda_, "sts:AssumeRole", role, note, first(records, "sts:AssumeRole", caller=lambda_), function)


def logged(records: Sequence[Record], role: str, function: str) -> Step:
    """The log of the function is written in a session of its execution role."""
    name = function.rpartition(":")[2]
    log = function.replace(":lambda:", ":logs:").replace(":function:", ":log-group:/aws/lambda/")
    note = "the log is written as the role"
    return Step(session(role, name), "logs:PutLogEvents", log, note, worst(caused(records, CauseKind.LOG)), role)


def session(role: str, name: str) -> str:
    """ARN of the session with this name of the role with this ARN."""
    return f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{name}"


# the records that a step is about


def first(records: Sequence[Record], action: str, **where: Any) -> Record | None:
    """The first record of this API call, `lambda:Invoke`, whose attributes are as given."""
    found = (r for r in records if r.action == action)
    return next((r for r in found if all(getattr(r, name) == value for name, value in where.items())), None)


def checked(record: Record | None, action: str) -> Decision | None:
    """The decision on one of the permissions that a call needed; None where it was not asked for."""
    found = record.checks if record else ()
    return next((decision for check, decision in found if check.action == action), None)


def caused(records: Sequence[Record], what: CauseKind) -> list[Record]:
    """The records that were set off by `what` of a function: its code, or its log."""
    return [record for record in records if record.cause and record.cause.kind is what]


def worst(records: Sequence[Record]) -> Record | None:
    """The record that was denied, or else the last."""
    return next((record for record in records if not record.allowed), records[-1] if records else None)
