"""What every scenario has: an account of its own, switches, an event that is fired, and the steps that follow it.

A scenario says what stands in its account, which switches there are, what is fired and which steps are expected; this
makes it real, keeps its state, and tells what happened step by step from the trail.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.cloud import Lab, Record
from perm_lab.iam import Decision, Policy, PolicyKind
from perm_lab.scenarios.api import ApiCall, Clients, Json
from perm_lab.scenarios.equivalents import Equivalents
from perm_lab.scenarios.run import Handler, Hop, Outcome, Run, Status, Toggle, decided_by, hop

_FIRST_ACCOUNT = 444455556666
Held = tuple[str, Policy]
"""A policy in force, after the name of its holder."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A toggle with the calls that turn it on and off, and the policies then in force.

    `built` is whether the world is built with it on.
    """

    toggle: Toggle
    on: ApiCall
    off: ApiCall
    policy: Held | None = None
    otherwise: Held | None = None
    built: bool = False


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


class Scenario(ABC):
    """A lesson's world in an account of its own.

    `state` holds the keys of the toggles that are on, `handler` is the key of what is run. Without `lab` the world
    stands in the lab that is open, or in a new one where none is.
    """

    START: frozenset[str]  # toggles that are on at the beginning
    PEOPLE: tuple[str, ...] = ()  # names of the account's users

    def __init__(self, lab: Lab | None, name: str) -> None:
        self.lab = lab or Lab.current() or Lab.start()
        number = next(n for n in range(10_000) if str(_FIRST_ACCOUNT + n) not in self.lab.accounts)
        self.account = self.lab.account(str(_FIRST_ACCOUNT + number), name=name)
        self.handlers = self._handlers()
        self._switches = {each.toggle.key: each for each in self._all_switches()}
        self._built = frozenset(key for key, switch in self._switches.items() if switch.built)
        self._state, self._handler = self._built, self.handlers[0]
        self._admin = Clients(self.account.admin())
        self._elsewhere: dict[str, Clients] = {}
        self._people = {name: Clients(self.account.user(name)) for name in self.PEOPLE}
        self._make(*self._world(self.handlers))
        for key in self.START:
            self.set(key, True)

    @abstractmethod
    def _handlers(self) -> tuple[Handler, ...]:
        """What may be run, the first one at the beginning."""

    @abstractmethod
    def _all_switches(self) -> tuple[Switch, ...]:
        """The switches in the order in which they are shown."""

    @abstractmethod
    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        """The calls that build the account for these handlers."""

    @abstractmethod
    def _fire(self) -> None:
        """Set off the event that the lesson is about. A refusal is in the trail."""

    @abstractmethod
    def _steps(self, records: tuple[Record, ...]) -> Sequence[Step]:
        """The expected steps in order, each with its record."""

    @abstractmethod
    def _outcome(self, hops: tuple[Hop, ...]) -> tuple[Outcome, str]:
        """What came of it all, and the sentence that says so."""

    @abstractmethod
    def _event_code(self) -> str:
        """The Python that sets off the event, after the program that builds the state."""

    @property
    def toggles(self) -> tuple[Toggle, ...]:
        return tuple(switch.toggle for switch in self._switches.values())

    @property
    def state(self) -> frozenset[str]:
        """Keys of the toggles that are on."""
        return self._state

    def set(self, key: str, on: bool) -> None:
        """Switch a toggle, by the call that does so, as the account's administrator. Raises ValueError for an unknown
        key."""
        switch = self._switches.get(key)
        if switch is None:
            legal = ", ".join(f"`{each}`" for each in self._switches)
            raise ValueError(f"`{key}` is not a toggle; the toggles are: {legal}")
        if on != (key in self._state):
            self._make(switch.on if on else switch.off)
            self._state ^= {key}

    @property
    def handler(self) -> str:
        """Key of what `run` runs."""
        return self._handler.key

    @handler.setter
    def handler(self, key: str) -> None:
        found = {each.key: each for each in self.handlers}.get(key)
        if found is None:
            legal = ", ".join(f"`{each.key}`" for each in self.handlers)
            raise ValueError(f"`{key}` is not a handler; the handlers are: {legal}")
        self._handler = found

    def run(self) -> Run:
        """Set off the event, with real calls, and say what happened."""
        start = len(self.lab.trail)
        with suppress(ClientError):  # a refusal is in the trail
            self._fire()
        records = tuple(self.lab.trail[start:])
        hops = tuple(step.hop for step in self._steps(records))
        outcome, sentence = self._outcome(hops)
        return Run(hops, records, outcome, sentence, self.policies, self.equivalents)

    @property
    def policies(self) -> tuple[Held, ...]:
        """The policies in force, each with its holder."""
        switches = self._switches.items()
        found = [switch.policy if key in self._state else switch.otherwise for key, switch in switches]
        return tuple(each for each in found if each)

    @property
    def equivalents(self) -> Equivalents:
        """The present state as a program, as commands and as templates."""
        changed = self._state ^ self._built
        changes = [s.on if key in self._state else s.off for key, s in self._switches.items() if key in changed]
        people = [ApiCall("iam", "create_user", {"UserName": name}) for name in self.PEOPLE]
        calls = (*people, *self._world((self._handler,)), *changes)
        return Equivalents(self.account.id, calls, self._event_code())

    @property
    def boto3_code(self) -> str:
        """A program that builds the present state in an empty account and sets off the event."""
        return self.equivalents.boto3_code

    def _make(self, *calls: ApiCall) -> None:
        for call in calls:
            call.make(self._clients_of(call.account))

    def _clients_of(self, account: str) -> Clients:
        """The clients of an administrator of this account, of the scenario's own where it is empty."""
        if account and account not in self._elsewhere:
            self._elsewhere[account] = Clients(self.lab.account(account).admin())
        return self._elsewhere[account] if account else self._admin


# the records that a step is about


def first(records: Sequence[Record], action: str, **where: Any) -> Record | None:
    """The first record of this API call, `lambda:Invoke`, whose attributes are as given."""
    found = (r for r in records if r.action == action)
    return next((r for r in found if all(getattr(r, name) == value for name, value in where.items())), None)


def checked(record: Record | None, action: str) -> Decision | None:
    """The decision on one of the permissions that a call needed; None where it was not asked for."""
    found = record.checks if record else ()
    return next((decision for check, decision in found if check.action == action), None)


def caused(records: Sequence[Record], what: str) -> list[Record]:
    """The records that were set off by `what` of a function: its code, or its log."""
    return [record for record in records if record.cause.startswith(f"{what} of ")]


def worst(records: Sequence[Record]) -> Record | None:
    """The record that was denied, or else the last."""
    return next((record for record in records if not record.allowed), records[-1] if records else None)


# switches that many lessons have


def document(effect: str, actions: Any, resource: str) -> Json:
    """A policy document with one statement."""
    return Json({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": resource}]})


def trust(service: str) -> Json:
    """The trust policy that lets one service assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return Json({"Version": "2012-10-17", "Statement": [statement]})


def inline(toggle: Toggle, holder: tuple[str, str], name: str, policy: Json) -> Switch:
    """An inline policy of a user or a role; `holder` is which of the two, and its name."""
    kind, who = holder
    place = {f"{kind.title()}Name": who, "PolicyName": name}
    on = ApiCall("iam", f"put_{kind}_policy", {**place, "PolicyDocument": policy})
    return Switch(toggle, on, ApiCall("iam", f"delete_{kind}_policy", place), (who, Policy.parse(policy, name=name)))


def managed(toggle: Toggle, holder: tuple[str, str], name: str) -> Switch:
    """An AWS managed policy on a user or a role; `holder` is which of the two, and its name."""
    kind, who = holder
    policy = catalog.managed_policy(name)
    params = {f"{kind.title()}Name": who, "PolicyArn": policy.arn}
    held = (who, Policy.parse(policy.document, name=name, arn=policy.arn))
    on, off = (ApiCall("iam", f"{verb}_{kind}_policy", params) for verb in ("attach", "detach"))
    return Switch(toggle, on, off, held)


def trusting(toggle: Toggle, role: str, service: str, otherwise: str) -> Switch:
    """Whether the trust policy of a role names `service`, which it does when the world is built, or another one."""

    def named(principal: str) -> tuple[ApiCall, Held]:
        policy = trust(principal)
        call = ApiCall("iam", "update_assume_role_policy", {"RoleName": role, "PolicyDocument": policy})
        return call, (role, Policy.parse(policy, PolicyKind.TRUST, name="trust policy"))

    (on, policy), (off, other) = named(service), named(otherwise)
    return Switch(toggle, on, off, policy, other, built=True)
