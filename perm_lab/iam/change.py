"""The smallest change that would turn a decision round, found by trying: each one is evaluated before it is told.

A refusal falls with a statement added where one is missing, or removed where one denies. An allowance falls with the
statement that gives it, or, where several do, with a deny.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from perm_lab.iam.decision import Decision, evaluate
from perm_lab.iam.policy import Policy
from perm_lab.iam.policy_set import PolicySet
from perm_lab.iam.principal import Principal
from perm_lab.iam.request import Request
from perm_lab.iam.statement import Statement
from perm_lab.iam.vocabulary import PolicyKind, PolicyType, PrincipalType, Verdict

# type of policy -> its place in a PolicySet and its kind
_PLACES = {
    PolicyType.IDENTITY: ("identity", PolicyKind.IDENTITY),
    PolicyType.SESSION: ("session", PolicyKind.IDENTITY),
    PolicyType.BOUNDARY: ("boundary", PolicyKind.IDENTITY),
    PolicyType.RESOURCE: ("resource", PolicyKind.RESOURCE),
    PolicyType.VPC_ENDPOINT: ("vpc_endpoint", PolicyKind.RESOURCE),
    PolicyType.TRUST: ("trust", PolicyKind.TRUST),
    PolicyType.SCP: ("scps", PolicyKind.SCP),
    PolicyType.RCP: ("rcps", PolicyKind.RCP),
}
_OF_RESOURCE = (PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.RCP)
# what keeps a service from acting for somebody else, as far as the request carries it
_SOURCE_TESTS = (("ArnLike", "aws:SourceArn"), ("StringEquals", "aws:SourceAccount"))
_MOST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One statement to add to a policy of this type, or, where `removed` is given, to remove from `policy`.

    `account` is where it is done: the caller's or the resource's; `level` counts the levels of SCPs and RCPs from 0.
    """

    type: PolicyType
    account: str
    statement: Mapping[str, Any]
    level: int | None = None
    policy: Policy | None = None
    removed: Statement | None = None

    @property
    def adds(self) -> bool:
        """Whether the statement is to be added; else it is to be removed."""
        return self.removed is None

    @property
    def where(self) -> str:
        """What is done in which policy, without the statement."""
        account = f" in account {self.account}" if self.account else ""
        level = f" at level {self.level}" if self.level is not None else ""
        name = f" `{self.policy.name}`" if self.policy and self.policy.name else ""
        place = f"the {self.type.value}{name}{level}{account}"
        if self.adds:
            return f"add to {place}"
        if self.policy and self.policy.arn.startswith("arn:aws:iam::aws:"):
            return f"detach {place}, which says"
        return f"remove from {place}"

    def __str__(self) -> str:
        return f"{self.where}: {json.dumps(self.statement, ensure_ascii=False)}"


def what_would_change(decision: Decision) -> tuple[Change, ...]:
    """The fewest changes found that turn `decision` round, each of them needed in its turn; empty where none was.

    >>> from perm_lab.iam import evaluate
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> print(*what_would_change(evaluate(Request(maya, "lambda:ListFunctions"), PolicySet())))
    add to the identity-based policy in account 111111111111: {"Effect": "Allow", "Action": "lambda:ListFunctions",
    "Resource": "*"}
    """
    if decision.allowed:
        return _to_deny(decision)
    found = _to_allow(decision)
    if len(found) > 1 and decision.request.same_account and decision.policies.resource:
        direct = _addition(decision.request, PolicyType.RESOURCE, "Allow")
        if evaluate(decision.request, apply(decision.policies, direct)).allowed:
            return (direct,)
    return found


def apply(policies: PolicySet, *changes: Change) -> PolicySet:
    """`policies` after these changes; a statement is added to the policy that stands in its place, or is a new one.

    >>> from perm_lab.iam import evaluate
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> denied = evaluate(Request(maya, "lambda:ListFunctions"), PolicySet())
    >>> evaluate(denied.request, apply(denied.policies, *what_would_change(denied))).verdict.word
    'allowed'
    """
    for change in changes:
        place, kind = _PLACES[change.type]
        there = getattr(policies, place)
        if change.adds:
            new = Policy.parse({"Version": "2012-10-17", "Statement": change.statement}, kind, name="the new statement")
            changed = _with(there, new, change.level)
        else:
            changed = _without(there, change.removed)
        policies = replace(policies, **{place: changed})
    return policies


def _with(there: Any, new: Policy, level: int | None) -> Any:
    """What stands in a place of a PolicySet, with one policy more."""
    if level is not None:
        return tuple((*each, new) if n == level else each for n, each in enumerate(there))
    if isinstance(there, tuple):
        return (*there, new)
    if there is None:
        return new
    added = (replace(statement, index=len(there.statements)) for statement in new.statements)
    return _of(there, (*there.statements, *added))


def _of(policy: Policy, statements: tuple[Statement, ...]) -> Policy:
    """The policy with these statements instead of its own."""
    document = {**policy.document, "Statement": [dict(s.written) for s in statements]}
    return replace(policy, document=document, statements=statements, _about={})


def _without(there: Any, removed: Statement | None) -> Any:
    if isinstance(there, tuple):
        return tuple(_without(each, removed) for each in there)
    return _of(there, tuple(s for s in there.statements if s is not removed))


def _to_allow(decision: Decision) -> tuple[Change, ...]:
    found: list[Change] = []
    policies = decision.policies
    while not decision.allowed:
        if len(found) == _MOST:
            return ()
        change = _removal(decision) if decision.verdict is Verdict.EXPLICIT_DENY else _missing(decision)
        found.append(change)
        policies = apply(policies, change)
        decision = evaluate(decision.request, policies)
    return tuple(found)


def _to_deny(decision: Decision) -> tuple[Change, ...]:
    if len(decision.deciding) == 1:
        change = _removal(decision)
        if not evaluate(decision.request, apply(decision.policies, change)).allowed:
            return (change,)
    request = decision.request
    own = request.principal.account and request.principal.type is not PrincipalType.ROOT
    side = PolicyType.TRUST if decision.policies.trust else PolicyType.RESOURCE
    return (_addition(request, PolicyType.IDENTITY if own else side, "Deny"),)


def _removal(decision: Decision) -> Change:
    (policy, index), *_ = decision.deciding
    removed = next(s for s in policy.statements if s.index == index)
    types = [e.type for e in decision.evidence if e.policy is policy]
    type = types[0] if decision.allowed else decision.policy_type
    return Change(type, _account(decision.request, type), removed.written, None, policy, removed)


def _missing(decision: Decision) -> Change:
    type = decision.policy_type
    allowed = {e.level for e in decision.evidence if e.type is type and e.verdict is Verdict.ALLOW}
    levels = sorted({e.level for e in decision.evidence if e.type is type and e.level is not None} - allowed)
    return _addition(decision.request, type, "Allow", levels[0] if levels else None)


def _addition(request: Request, type: PolicyType, effect: str, level: int | None = None) -> Change:
    kind = _PLACES[type][1]
    statement: dict[str, Any] = {"Effect": effect}
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RCP):
        statement["Principal"] = "*" if kind is PolicyKind.RCP else _named(request.principal)
    statement["Action"] = request.action
    if kind is not PolicyKind.TRUST:
        resource = request.resource  # as a pattern that matches it alone
        literal = "".join(f"${{{c}}}" if c in "*?$" else c for c in resource)
        statement["Resource"] = resource if resource == "*" else literal
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST) and request.principal.service and effect == "Allow":
        carried = [(name, key, request.keys.get(key.lower())) for name, key in _SOURCE_TESTS]
        if guard := {name: {key: values[0]} for name, key, values in carried if values}:
            statement["Condition"] = guard
    return Change(type, _account(request, type), statement, level)


def _account(request: Request, type: PolicyType) -> str:
    return request.resource_account if type in _OF_RESOURCE else request.principal.account


def _named(principal: Principal) -> Any:
    """The `Principal` element that names exactly this caller; a session by its role."""
    if principal.service:
        return {"Service": principal.service}
    if principal.type is PrincipalType.FEDERATED:
        return {"Federated": principal.arn}
    return {"AWS": principal.role_arn or principal.arn} if principal.account else "*"
