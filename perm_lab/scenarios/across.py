"""Lesson 7: who may invoke a function from where, and which side has to say so.

One function and four callers: somebody of the same account, a partner's application, one of a sister account in the
same organization, and a stranger. Follows "Granting Lambda function access to other accounts" (Lambda developer
guide) and "Cross-account policy evaluation logic" (IAM user guide).
"""

from __future__ import annotations

from dataclasses import dataclass

import boto3

from perm_lab.cloud import Lab, Record
from perm_lab.display import Displayable
from perm_lab.iam import Arn, Decision, Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from perm_lab.scenarios.api import Clients, Json, document
from perm_lab.scenarios.steps import Step, assumed, first, invocation_error, session
from perm_lab.scenarios.world import PERSON, Scenario


class Across(Scenario):
    """The world of lesson 7: a function, and callers of four accounts. What is run is a call by one of them."""

    FILE = "across.toml"

    def __init__(self, lab: Lab | None = None) -> None:
        super().__init__(lab)
        self._callers = {row["key"]: Clients(self._session(Arn.parse(row["caller"]))) for row in self._told["handler"]}
        self.lab.organization(self.names["ORGANIZATION"], self.account.id, self.names["SISTER"])

    def _given(self, account: str) -> dict[str, str]:
        """The accounts of the others as well, and the organization."""
        others = {"PARTNER": 100_000, "SISTER": 200_000, "STRANGER": 300_000}
        accounts = {name: str(int(account) + place) for name, place in others.items()}
        return {**super()._given(account), **accounts, "ORGANIZATION": f"o-shop{account[-6:]}"}

    def _session(self, caller: Arn) -> boto3.Session:
        account = self.lab.account(caller.account)
        if caller.name == PERSON:
            return account.user(PERSON)
        if caller.name == "mallory":
            return account.user("mallory", managed=("AdministratorAccess",))
        return account.assume(caller.text, "at-work")

    def _fire(self) -> str:
        """Invoke the function as the caller."""
        return invocation_error(self._callers[self.handler]["lambda"].invoke(FunctionName=self.names["FUNCTION"]))

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        who, function, invoked = self._chosen["caller"], self.names["FUNCTION"], first(records, "lambda:Invoke")
        sides = "both sides are asked: the caller's policies in the caller's account, and the function policy"
        side = invoked.decision.policy_type.value if invoked and invoked.decision else "policy"
        refused = f"fails: across accounts both sides must allow, and no {side} does"
        if self.handler == "same account":
            sides = "one side is enough: the caller's policies, or the function policy"
            refused = "fails: neither maya's policies nor the function policy allows it"
        elif self.handler == "stranger":
            refused = "fails, as it should: the function policy does not let mallory in"
        caller = session(who, "at-work") if ":role/" in who else who
        return [
            Step(caller, "lambda:InvokeFunction", function, sides, invoked, refused),
            assumed(records, self.names["ROLE_ARN"], function, "whoever calls, the code runs as the execution role"),
        ]


# the board of both sides

CALLER_SIDES = ("nothing", "allows", "denies")
FUNCTION_SIDES = ("nothing", "names the account", "names the caller", "names everyone", "denies")
_OWNER, _OTHER = "111111111111", "222222222222"
_TARGET = f"arn:aws:lambda:us-east-1:{_OWNER}:function:price-list"


@dataclass(frozen=True, slots=True)
class Cell(Displayable):
    """One combination: where the caller is, what the caller's policies say, what the function policy says."""

    across: bool
    caller: str
    function: str

    @property
    def decision(self) -> Decision:
        """What AWS would say. Raises ValueError for a side that the board has not."""
        for said, legal in ((self.caller, CALLER_SIDES), (self.function, FUNCTION_SIDES)):
            if said not in legal:
                raise ValueError(f"`{said}` is not on the board; legal: {', '.join(f'`{each}`' for each in legal)}")
        account = _OTHER if self.across else _OWNER
        who = Principal.parse(f"arn:aws:iam::{account}:user/maya")
        identity: tuple[Policy, ...] = ()
        resource = None
        if self.caller != "nothing":
            identity = (Policy.parse(_invoking(self.caller), name="maya's policy"),)
        if self.function != "nothing":
            everyone = {"names everyone": "*", "names the account": {"AWS": f"arn:aws:iam::{account}:root"}}
            whole = _invoking(self.function)
            whole["Statement"][0]["Principal"] = everyone.get(self.function, {"AWS": who.arn})
            resource = Policy.parse(whole, PolicyKind.RESOURCE, name="function policy")
        request = Request(who, "lambda:InvokeFunction", _TARGET)
        return evaluate(request, PolicySet(identity=identity, resource=resource))

    def __str__(self) -> str:
        where = "another account" if self.across else "the same account"
        verdict = self.decision.verdict
        return (
            f"{verdict.sign} {verdict.word}: a caller of {where}; their own policies say: {self.caller}; the function "
            f"policy: {self.function}"
        )


def _invoking(side: str) -> Json:
    """The document of a side that allows or denies to invoke the function."""
    return document("Deny" if side == "denies" else "Allow", "lambda:InvokeFunction", _TARGET)


def board() -> tuple[Cell, ...]:
    """Every combination of both sides, the same account first."""
    return tuple(
        Cell(across, caller, function)
        for across in (False, True)
        for caller in CALLER_SIDES
        for function in FUNCTION_SIDES
    )
