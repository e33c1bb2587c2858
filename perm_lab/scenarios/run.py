"""What happens when a scenario runs, as values: hops, each with its verdict, and what came of it all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from perm_lab.cloud import Record
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Policy
from perm_lab.scenarios.equivalents import Equivalents
from perm_lab.scenarios.names import short


class Status(Enum):
    """How far a hop came."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Toggle:
    """Something that the learner may switch on or off. `group` says what it belongs to, `help` what it changes."""

    key: str
    label: str
    help: str
    group: str


@dataclass(frozen=True, slots=True)
class Handler:
    """Something that the learner may have run, such as one of several functions."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a run: who did what to which resource, and what the law said.

    `decision` is None for a step that was never reached or that needs no permission. `via` names the policy that
    decided, or says that none did. `note` says what the step means in this lesson. `start` is where a picture draws the
    step from, where that is not `who`: the thing on whose behalf a service acts, or the role behind a role session.
    """

    who: str
    action: str
    what: str
    status: Status
    decision: Decision | None = None
    via: str = ""
    note: str = ""
    start: str = ""

    @property
    def sign(self) -> str:
        return self.decision.verdict.sign if self.decision else _UNDECIDED[self.status][0]

    @property
    def word(self) -> str:
        return self.decision.verdict.word if self.decision else _UNDECIDED[self.status][1]

    def __str__(self) -> str:
        through = f" ({self.via})" if self.via else ""
        return f"{self.sign} {self.word}: {short(self.who)} → {self.action} → {short(self.what)}{through}"


# a hop on which no policy was asked: its sign and word
_UNDECIDED = {
    Status.ALLOWED: ("✓", "needs no permission"),
    Status.DENIED: ("✗", "failed"),
    Status.NOT_REACHED: ("○", "never reached"),
}


class RunOutcome(Enum):
    """What came of a run."""

    WORKED = "works"
    UNLOGGED = "works, but leaves no log"
    EXPOSED = "works, and lets in too much"
    FAILED = "fails"


@dataclass(frozen=True, slots=True)
class Run(Displayable):
    """One run of a scenario: its hops in order, the calls behind them, and what came of it.

    `sentence` says the outcome in plain words. `policies` are those in force, each with the name of its holder.
    `equivalents` is this very state as a program, as commands and as templates.
    """

    hops: tuple[Hop, ...]
    records: tuple[Record, ...]
    outcome: RunOutcome
    sentence: str
    policies: tuple[tuple[str, Policy], ...]
    equivalents: Equivalents

    @property
    def boto3_code(self) -> str:
        """A program that builds this very state in an empty account (in empty accounts, where there are more)."""
        return self.equivalents.boto3_code

    @property
    def decisive(self) -> Hop | None:
        """The hop that stopped the run: the first that was denied; None when all went well."""
        return next((hop for hop in self.hops if hop.status is Status.DENIED), None)

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"  {hop}" for hop in self.hops)])


def decided_by(decision: Decision) -> str:
    """The name of what decided: the policy whose statement settled it, or the kind of policy in which none did."""
    names = dict.fromkeys(policy.name or policy.kind.value for policy, _ in decision.deciding)
    return ", ".join(names) or f"no {decision.policy_type.value}"


def hop(record: Record, note: str = "", *, start: str = "", what: str = "") -> Hop:
    """A call of the trail as a hop, on `what` or on what the call's permission was asked for."""
    decision, who, what = record.decision, record.caller, what or record.resource
    if decision is None:
        status = Status.DENIED if record.error_code else Status.ALLOWED
        return Hop(who, record.action, what, status, None, "", note, start)
    request, status = decision.request, Status.ALLOWED if record.allowed else Status.DENIED
    if request.principal.service:
        start = start or str(request.context.get("aws:SourceArn", ""))
    else:
        start = request.principal.role_arn or ""
    return Hop(who, request.action, what, status, decision, decided_by(decision), note, start)
