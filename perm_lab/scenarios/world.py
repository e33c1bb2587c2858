"""What every scenario has: an account of its own, switches, an event that is fired, and the steps that follow it.

A scenario says what stands in its account, which switches there are, what is fired and which steps are expected; this
makes it real, keeps its state, and tells what happened step by step from the trail.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud import Lab, Record
from perm_lab.scenarios.api import SIGN_IN, ApiCall, Clients
from perm_lab.scenarios.data import api_call, read, switch
from perm_lab.scenarios.equivalents import Equivalents
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Handler, Run, RunOutcome, Status, Toggle
from perm_lab.scenarios.steps import Step
from perm_lab.scenarios.switches import Held

_REMEMBERED = 1_000  # calls of the trail: some 200 runs, and 6 MB
PERSON = "maya"  # the one user of each scenario's account
_FIRST_ACCOUNT = 444455556666


class Scenario(ABC):
    """A lesson's world in an account of its own.

    `state` holds the keys of the toggles that are on, `handler` is the key of what is run. `story` says what happens
    and what to look at, `choice` what the handlers are, `names` what things are called. Without `lab` the world stands
    in the lab that is open, or in a new one where none is.
    """

    FILE: str  # the file of this folder that holds the world's words, calls, switches and handlers

    def __init__(self, lab: Lab | None = None) -> None:
        self.lab = lab or Lab.current() or Lab.start()
        number = next(n for n in range(_FIRST_ACCOUNT, 10**12) if str(n) not in self.lab.accounts)
        self._told = read(files("perm_lab.scenarios").joinpath(self.FILE), **self._given(str(number)))
        self.names: dict[str, str] = self._told["names"]
        self.title, self.story, self.choice = (str(self._told[word]) for word in ("title", "story", "choice"))
        self.account = self.lab.account(str(number), name=self._told["account"])
        self.handlers = tuple(Handler(row["key"], row["label"]) for row in self._told["handler"])
        self._switches = {row["key"]: switch(row) for row in self._told["switch"]}
        self._state = frozenset(key for key, each in self._switches.items() if each.built)
        self._chosen: dict[str, Any] = self._told["handler"][0]
        self._admin = Clients(self.account.admin())
        self._elsewhere: dict[str, Clients] = {}
        self._person = Clients(self.account.user(PERSON))
        self._make(*self._world(self._told["handler"]))
        for key in self._told.get("start", ()):
            self.set(key, True)

    def _given(self, account: str) -> dict[str, str]:
        """Names for the file that it does not give itself, in a scenario of this account."""
        return {"ACCOUNT": account, "MAYA": f"arn:aws:iam::{account}:user/{PERSON}", "SIGN_IN": SIGN_IN}

    def _world(self, handlers: Iterable[Mapping[str, Any]]) -> list[ApiCall]:
        """The calls that build the account for these handlers."""
        rows = [*self._told["world"], *(row for each in handlers for row in each.get("world", ()))]
        return [api_call(row, row.get("account", "")) for row in rows]

    @abstractmethod
    def _fire(self) -> str:
        """Set off the event that the lesson is about; what went wrong that no refusal tells of, empty for nothing.

        Raises ClientError for a call that is refused or fails otherwise.
        """

    @abstractmethod
    def _steps(self, records: tuple[Record, ...]) -> Sequence[Step]:
        """The expected steps in order, each with its record."""

    def _event_code(self) -> str:
        """The Python that sets off the event, after the program that builds the state."""
        return str(self._chosen["event"])

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
        return str(self._chosen["key"])

    @handler.setter
    def handler(self, key: str) -> None:
        found = next((row for row in self._told["handler"] if row["key"] == key), None)
        if found is None:
            legal = ", ".join(f"`{each.key}`" for each in self.handlers)
            raise ValueError(f"`{key}` is not a handler; the handlers are: {legal}")
        self._chosen = found

    def run(self) -> Run:
        """Set off the event, with real calls, and say what happened. Of what happened long ago, the trail forgets."""
        self.lab.trail.clear(keep=_REMEMBERED)
        start = len(self.lab.trail)
        try:
            error = self._fire()
        except ClientError as failed:
            error = str(failed)
        records = tuple(self.lab.trail[start:])
        steps = self._steps(records)
        outcome, sentence = self._outcome(steps, error)
        return Run(tuple(step.hop for step in steps), records, outcome, sentence, self.policies, self.equivalents)

    def _outcome(self, steps: Sequence[Step], error: str) -> tuple[RunOutcome, str]:
        """What came of a run, and the sentence that says so: that of the step that was refused, or else the error's
        own words. `error` is empty where nothing but a refusal went wrong."""
        refused = [step for step in steps if step.hop.decision and not step.hop.decision.allowed]
        for step in refused:
            if step.outcome is RunOutcome.FAILED:
                return RunOutcome.FAILED, step.sentence
        records = (step.record for step in steps if step.record and step.record.allowed)
        failed = next((record for record in records if record.error_code), None)
        if not error and failed:
            error = f"{failed.action} ended with {failed.error_code}: {failed.error_message}"
        missing = next((step for step in steps if step.hop.status is Status.NOT_REACHED), None)
        if not error and missing:
            error = f"{missing.action} on {short(missing.what)} was never called"
        if error:
            return RunOutcome.FAILED, f"fails, though none of these steps was refused: {error}"
        if refused:
            return refused[0].outcome, refused[0].refused
        return RunOutcome(self._chosen["outcome"]), f"{self._chosen['outcome']}: {self._chosen['because']}"

    @property
    def policies(self) -> tuple[Held, ...]:
        """The policies in force, each with its holder."""
        switches = self._switches.items()
        found = [switch.policy if key in self._state else switch.otherwise for key, switch in switches]
        return tuple(each for each in found if each)

    @property
    def equivalents(self) -> Equivalents:
        """The present state as a program, as commands and as templates."""
        return self.in_code(self._state)

    def in_code(self, state: frozenset[str]) -> Equivalents:
        """The same of the state in which these toggles are on and the others off, without going there."""
        switches = ((key in state, switch) for key, switch in self._switches.items())
        changes = [switch.on if on else switch.off for on, switch in switches if on is not switch.built]
        person = ApiCall("iam", "create_user", {"UserName": PERSON})
        calls = (person, *self._world((self._chosen,)), *changes)
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
