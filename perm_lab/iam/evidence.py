"""The second, tracing pass: each policy, each statement, each element, whether it matched and if not why.

It runs the same compiled pieces as the decision, and all of them, where the decision stops at the first that
settles it.
"""

from __future__ import annotations

from typing import NamedTuple

from perm_lab.iam.conditions import Condition
from perm_lab.iam.policy import Policy
from perm_lab.iam.policy_set import PolicySet, layers
from perm_lab.iam.request import Request
from perm_lab.iam.statement import REMEMBERED_ACTIONS, Statement
from perm_lab.iam.vocabulary import MatchCode, PolicyType, Verdict

MATCH, NOT_NAMED, EXCLUDED = MatchCode.MATCH, MatchCode.NOT_NAMED, MatchCode.EXCLUDED
_new = tuple.__new__  # a named tuple from its values at a third of the cost of calling its class


class ElementEvidence(NamedTuple):
    """How one element of a statement compares with the request: `written` in the policy, `found` in the request.

    `condition` is the test of a `Condition`, whose `found` are the key's values, None where the request has no such
    key.
    """

    element: str
    written: str
    code: MatchCode
    found: str | tuple[str, ...] | None
    condition: Condition | None = None

    @property
    def matched(self) -> bool:
        """Whether the element is met; a statement applies where all of its elements are."""
        return self.code is MatchCode.MATCH

    @property
    def operator(self) -> str:
        """The operator of a condition as written (`StringEqualsIfExists`), empty for the other elements."""
        return self.condition.operator if self.condition else ""

    @property
    def key(self) -> str:
        """The key of a condition as written (`aws:SourceArn`), empty for the other elements."""
        return self.condition.key if self.condition else ""

    @property
    def asked(self) -> str:
        """What the request asks or carries, in words."""
        if isinstance(self.found, str):
            return self.found
        return f"{self.key} = {', '.join(self.found)}" if self.found else f"no {self.key}"

    @property
    def note(self) -> str:
        """What to know where a condition's operator is not meant for its key; empty where it is."""
        if not self.condition:
            return ""
        from perm_lab.iam.findings import misuse_of  # reads the catalogue, which judging a request does not need

        return "; ".join(text for _, text in misuse_of(self.operator, self.key, self.condition.values))


class StatementEvidence(NamedTuple):
    """One statement: whether it applies to the request, and each of its elements.

    `index` is its place in the policy, from 0; `sid` is empty where it has none; `effect` is `Allow` or `Deny`.
    """

    index: int  # type: ignore[assignment]  # the place in the policy; a tuple's method `index` is of no use here
    sid: str
    effect: str
    elements: tuple[ElementEvidence, ...]

    @property
    def applies(self) -> bool:
        """Whether the statement is about this request, and so has its effect."""
        return all(element.matched for element in self.elements)


class PolicyEvidence(NamedTuple):
    """One policy: what it says on its own, statement by statement. `level` counts SCPs' and RCPs' levels from 0."""

    policy: Policy
    type: PolicyType
    statements: tuple[StatementEvidence, ...]
    level: int | None = None

    @property
    def verdict(self) -> Verdict:
        """What the policy would say if there were no other: a deny that applies wins over every allow."""
        effects = {statement.effect for statement in self.statements if statement.applies}
        if "Deny" in effects:
            return Verdict.EXPLICIT_DENY
        return Verdict.ALLOW if "Allow" in effects else Verdict.IMPLICIT_DENY


def gather(request: Request, policies: PolicySet) -> tuple[PolicyEvidence, ...]:
    """The evidence of every policy that has a say in the request, in AWS's order.

    >>> from perm_lab.iam import Policy, PolicySet, Principal, Request
    >>> read = Policy.parse({"Version": "2012-10-17",
    ...     "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::photos/*"}})
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> (found,) = gather(Request(maya, "s3:GetObject", "arn:aws:s3:::films/cat"), PolicySet(identity=(read,)))
    >>> [(element.element, element.code.value) for element in found.statements[0].elements]
    [('Action', 'matches'), ('Resource', 'names something else')]
    """
    bounded = policies.boundary is not None
    found = []
    for type, level, layer in layers(request, policies):
        for policy in layer:
            statements = tuple([_of_statement(each, request, bounded) for each in policy.statements])
            found.append(PolicyEvidence(policy, type, statements, level))
    return tuple(found)


def _of_statement(statement: Statement, request: Request, bounded: bool) -> StatementEvidence:
    action, resource, keys = request.action, request.resource, request.keys
    elements = []
    if statement.principal:
        who = request.principal
        named = statement.naming(who, bounded) is not None
        code = MATCH if named else EXCLUDED if statement.negates_principal else NOT_NAMED
        found = who.service or who.arn or "anonymous"
        elements.append(_new(ElementEvidence, (*statement.says_principal, code, found, None)))
    elements.append(statement.action_evidence.get(action) or _action(statement, action))
    if statement.resource:
        name, text = statement.says_resource
        elements.append(_new(ElementEvidence, (name, text, statement.resource(resource, keys), resource, None)))
    for each in statement.conditions:
        row = ("Condition", each.says, each.test(keys), keys.get(each.wanted), each)
        elements.append(_new(ElementEvidence, row))
    return _new(StatementEvidence, (statement.index, statement.sid, statement.effect, tuple(elements)))


def _action(statement: Statement, action: str) -> ElementEvidence:
    """Worked out once for each action, as `Policy.about` does, and kept with the statement."""
    code = MATCH if statement.names_action(action.lower()) else EXCLUDED if statement.negates_action else NOT_NAMED
    if len(statement.action_evidence) >= REMEMBERED_ACTIONS:
        statement.action_evidence.clear()
    found = statement.action_evidence[action] = ElementEvidence(*statement.says_action, code, action)
    return found
