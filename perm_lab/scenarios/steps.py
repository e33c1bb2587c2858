"""The steps that a run is expected to take, each found again in the trail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perm_lab.cloud import CauseKind, Record
from perm_lab.iam import Arn, Decision
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Hop, RunOutcome, Status, decided_by, hop

_LAMBDA = "lambda.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a run is expected to take, and the record of the trail that tells of it: None when none does.

    `note` says what the step is about, `refused` the sentence and `outcome` the result of a run in which it is refused.
    `start` is where a picture draws the step from, where that is not `who`. A step that is part of a call has the
    `decision` on it instead of a record.
    """

    who: str
    action: str
    what: str
    note: str
    record: Record | None
    refused: str = ""
    start: str = ""
    decision: Decision | None = None
    outcome: RunOutcome = RunOutcome.FAILED

    @property
    def sentence(self) -> str:
        """What to say of a run in which the step is refused."""
        trust = self.hop.decision.policies.trust if self.hop.decision else None
        if trust and not trust.statements:  # a role has one at least
            return f"fails: there is no role {short(self.what)}"
        return self.refused or f"fails: {short(self.who)} may not {self.action} on {short(self.what)}"

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


def assumed(records: Sequence[Record], role: str, function: str, note: str, refused: str = "") -> Step:
    """Lambda assumes the execution role to run the function."""
    record = first(records, "sts:AssumeRole", caller=_LAMBDA)
    refused = refused or (
        f"fails: the trust policy of {Arn.parse(role).name} does not let Lambda assume the role, so the code never "
        "starts"
    )
    return Step(_LAMBDA, "sts:AssumeRole", role, note, record, refused, function)


def logged(records: Sequence[Record], role: str, function: str, unnoticed: str = "") -> Step:
    """The log of the function is written in a session of its execution role; without it the function still works."""
    arn, name = Arn.parse(function), Arn.parse(role).name
    log = f"arn:aws:logs:{arn.region}:{arn.account}:log-group:/aws/lambda/{arn.name}"
    refused = f"works, but leaves no log: {name} may not write to CloudWatch Logs{unnoticed}"
    return Step(
        session(role, arn.name), "logs:PutLogEvents", log, "the log is written as the role",
        worst(caused(records, CauseKind.LOG)), refused, role, outcome=RunOutcome.UNLOGGED,
    )  # fmt: skip


def session(role: str, name: str) -> str:
    """ARN of the session with this name of the role with this ARN."""
    arn = Arn.parse(role)
    return f"arn:aws:sts::{arn.account}:assumed-role/{arn.name}/{name}"


# how a function failed


def invocation_error(answer: Mapping[str, Any]) -> str:
    """What an Invoke answers of a function that failed, in the function's own words; empty where it did not fail."""
    said = json.loads(answer["Payload"].read() or b"{}") if answer.get("FunctionError") else {}
    return f"{said.get('errorType', answer['FunctionError'])}: {said.get('errorMessage', '')}" if said else ""


def event_error(records: Sequence[Record], function: str) -> str:
    """How the function failed on an event whose sender is not told; empty where it did not fail.

    Lambda runs it again then, twice. What went wrong is in its log, if its role may write one.
    """
    runs = sum(record.action == "sts:AssumeRole" and record.caller == _LAMBDA for record in records)
    words = logged_error(records)
    if runs < 2 and not words:
        return ""
    often = f" at each of {runs} runs" if runs > 1 else ""
    return f"{Arn.parse(function).name} failed{often}{f', and its log says: {words}' if words else ''}"


def logged_error(records: Sequence[Record]) -> str:
    """The line with which the log of a function tells that it failed; empty where there is none."""
    written = (r.event["requestParameters"] for r in records if r.action == "logs:PutLogEvents" and r.allowed)
    lines = (line["message"].strip() for each in written for line in each.get("logEvents", ()))
    return next((line for line in lines if line.startswith("[ERROR] ") or "Error: Task timed out" in line), "")


# the records that a step is about


def first(records: Sequence[Record], action: str, **where: Any) -> Record | None:
    """The first record of this API call, `lambda:Invoke`, whose attributes are as given."""
    found = (r for r in records if r.action == action)
    return next((r for r in found if all(getattr(r, name) == value for name, value in where.items())), None)


def checked(record: Record | None, action: str) -> Decision | None:
    """The decision on one of the permissions that a call needed; None where it was not asked for."""
    found = record.checks if record else ()
    return next((decision for check, decision in found if check.action == action), None)


def caused(records: Sequence[Record], kind: CauseKind) -> list[Record]:
    """The records that were set off by a cause of this kind: a function's code, its log, a poller."""
    return [record for record in records if record.cause and record.cause.kind is kind]


def worst(records: Sequence[Record]) -> Record | None:
    """The record that was denied, or else the last."""
    return next((record for record in records if not record.allowed), records[-1] if records else None)
