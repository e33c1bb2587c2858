"""Lesson 7: who may invoke a function from where, and which side has to say so.

One function and four callers: somebody of the same account, a partner's application, one of a sister account in the
same organization, and a stranger. Follows "Granting Lambda function access to other accounts" (Lambda developer
guide) and "Cross-account policy evaluation logic" (IAM user guide).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perm_lab.cloud import Lab, Record
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from perm_lab.scenarios.api import ApiCall, Clients, Json, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, RunOutcome, Toggle
from perm_lab.scenarios.steps import Step, assumed, first, invocation_error, session
from perm_lab.scenarios.switches import Switch, inline, statement
from perm_lab.scenarios.world import PERSON, Scenario

FUNCTION, ROLE, APP = "price-list", "price-list-role", "shop-app"
SAME, PARTNER, SISTER, STRANGER = "same account", "partner", "sister", "stranger"
_CALLERS, _FUNCTION = "On the caller's side", "In the function policy"


class Across(Scenario):
    """The world of lesson 7: a function, and callers of four accounts. What is run is a call by one of them."""

    TITLE, CHOICE = "Across accounts", "Who calls"
    STORY = "One function, four accounts. Switch grants on both sides and see who gets in."
    ACCOUNT = "price list"

    def __init__(self, lab: Lab | None = None) -> None:
        super().__init__(lab)
        self._callers = {each.key: Clients(self._session(each.key)) for each in self.handlers}
        self.lab.organization(self._organization, self.account.id, self._id(SISTER))

    @property
    def _organization(self) -> str:
        return f"o-shop{self.account.id[-6:]}"

    def _id(self, caller: str) -> str:
        """The account of a caller: beside the scenario's own, one for each of the others."""
        place = {SAME: 0, PARTNER: 100_000, SISTER: 200_000, STRANGER: 300_000}[caller]
        return str(int(self.account.id) + place)

    def _caller_arn(self, caller: str) -> str:
        kind = f"user/{PERSON}" if caller == SAME else "user/mallory" if caller == STRANGER else f"role/{APP}"
        return f"arn:aws:iam::{self._id(caller)}:{kind}"

    @property
    def _function_arn(self) -> str:
        return self.arn("lambda", f"function:{FUNCTION}")

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler(SAME, f"{PERSON} of the same account {self.account.id}", _HANDLER),
            Handler(PARTNER, f"the role {APP} of the partner's account {self._id(PARTNER)}", _HANDLER),
            Handler(SISTER, f"the role {APP} of {self._id(SISTER)}, in the same organization", _HANDLER),
            Handler(STRANGER, f"mallory of {self._id(STRANGER)}, who may do everything in her account", _HANDLER),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        partner = self._id(PARTNER)
        return (
            self._own(SAME, f"{PERSON}'s policy allows invoking"),
            self._own(PARTNER, f"the partner lets {APP} invoke"),
            self._own(SISTER, f"the sister account lets {APP} invoke"),
            self._statement("account", "names the partner's account", partner),
            self._statement("role", f"names the partner's role {APP}", self._caller_arn(PARTNER)),
            self._statement("organization", "names the organization", "*", PrincipalOrgID=self._organization),
            self._statement("everyone", "names everyone", "*"),
        )  # fmt: skip

    def _own(self, caller: str, label: str) -> Switch:
        """The caller's own permission, written in the caller's account."""
        account, holder = ("", ("user", PERSON)) if caller == SAME else (self._id(caller), ("role", APP))
        toggle = Toggle(caller, label, "inline policy invoke", _CALLERS)
        policy = document("Allow", "lambda:InvokeFunction", self._function_arn)
        return inline(toggle, holder, "invoke", policy, account, f"{holder[1]} of {self._id(caller)}")

    def _statement(self, key: str, label: str, principal: str, **condition: str) -> Switch:
        help = f"Principal {principal}" + "".join(f", {name} {value}" for name, value in condition.items())
        return statement(Toggle(key, label, help, _FUNCTION), self._function_arn, principal, **condition)

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        calls = [
            *create_role(ROLE, trust("lambda.amazonaws.com")),
            create_function(FUNCTION, self.arn("iam", f"role/{ROLE}"), _HANDLER),
        ]
        for caller in (PARTNER, SISTER):
            itself = Json({"Version": "2012-10-17", "Statement": [_trusting(self._id(caller))]})
            calls += create_role(APP, itself, account=self._id(caller))
        return calls

    def _fire(self) -> str:
        """Invoke the function as the caller."""
        return invocation_error(self._callers[self.handler]["lambda"].invoke(FunctionName=self._function_arn))

    def _session(self, caller: str) -> Any:
        account = self.lab.account(self._id(caller))
        if caller == SAME:
            return account.user(PERSON)
        if caller == STRANGER:
            return account.user("mallory", managed=("AdministratorAccess",))
        return account.assume(self._caller_arn(caller), "at-work")

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        who, invoked = self._caller_arn(self.handler), first(records, "lambda:Invoke")
        sides = "both sides are asked: the caller's policies in the caller's account, and the function policy"
        side = invoked.decision.policy_type.value if invoked and invoked.decision else "policy"
        refused = f"fails: across accounts both sides must allow, and no {side} does"
        if self.handler == SAME:
            sides = "one side is enough: the caller's policies, or the function policy"
            refused = f"fails: neither {PERSON}'s policies nor the function policy allows it"
        elif self.handler == STRANGER:
            refused = "fails, as it should: the function policy does not let mallory in"
        return [
            Step(
                session(who, "at-work") if ":role/" in who else who, "lambda:InvokeFunction", self._function_arn, sides,
                invoked, refused,
            ),
            assumed(
                records, self.arn("iam", f"role/{ROLE}"), self._function_arn,
                "whoever calls, the code runs as the execution role",
            ),
        ]  # fmt: skip

    def _allowed(self) -> tuple[RunOutcome, str]:
        if self.handler == STRANGER:
            return RunOutcome.EXPOSED, "works, and lets in too much: everyone means everyone, mallory included"
        who = {SAME: PERSON, PARTNER: "the partner's app", SISTER: "the sister's app"}[self.handler]
        return RunOutcome.WORKED, f"works: {who} may invoke the function"

    def _event_code(self) -> str:
        if self.handler == SAME:
            return signed_in(PERSON) + _CALL_AS_PERSON.format(function=self._function_arn)
        return _CALL.format(who=self._caller_arn(self.handler), function=self._function_arn)


def _trusting(account: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}


_HANDLER = """\
def handler(event, context):
    return {"beach.jpg": 4}
"""

_CALL_AS_PERSON = """\
person.client("lambda").invoke(FunctionName="{function}")
"""

_CALL = """\
# and as {who}:
#   boto3.client("lambda").invoke(FunctionName="{function}")
"""


# the board of both sides

CALLER_SIDES = ("nothing", "allows", "denies")
FUNCTION_SIDES = ("nothing", "names the account", "names the caller", "names everyone", "denies")
_OWNER, _OTHER = "111111111111", "222222222222"
_TARGET = f"arn:aws:lambda:us-east-1:{_OWNER}:function:{FUNCTION}"


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
