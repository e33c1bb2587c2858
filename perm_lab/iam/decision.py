"""What came of a request: the verdict, why, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from perm_lab.display import Displayable
from perm_lab.iam.conditions import Condition
from perm_lab.iam.policy import Policy
from perm_lab.iam.request import Request
from perm_lab.iam.vocabulary import MatchCode, PolicyType, Reason, Verdict


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All the policies that have a say in a request.

    `identity` are the caller's own policies (and its groups'), `boundary` its permissions boundary, `session` the
    session policies passed when the role was assumed. `resource` is the resource's policy; for `sts:AssumeRole` it is
    the role's `trust` policy instead. `scps` and `rcps` hold a tuple of policies per level, from the organization's
    root down to the account; leave them empty for the management account and outside organizations.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: tuple[Policy, ...] = ()
    scps: tuple[tuple[Policy, ...], ...] = ()
    rcps: tuple[tuple[Policy, ...], ...] = ()
    vpc_endpoint: Policy | None = None
    trust: Policy | None = None


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
        return self.code is MatchCode.MATCH

    @property
    def operator(self) -> str:
        return self.condition.operator if self.condition else ""

    @property
    def key(self) -> str:
        return self.condition.key if self.condition else ""

    @property
    def asked(self) -> str:
        """What the request asks or carries, in words."""
        if isinstance(self.found, str):
            return self.found
        return f"{self.key} = {', '.join(self.found)}" if self.found else f"no {self.key}"

    @property
    def note(self) -> str:
        """Where the operator is not meant for the key: how."""
        if not self.condition:
            return ""
        from perm_lab.iam.findings import misuse_of  # reads the catalogue, which judging a request does not need

        return "; ".join(text for _, text in misuse_of(self.operator, self.key, self.condition.values))


class StatementEvidence(NamedTuple):
    """One statement: whether it applies to the request, and each of its elements."""

    index: int
    sid: str
    effect: str
    elements: tuple[ElementEvidence, ...]

    @property
    def applies(self) -> bool:
        return all(element.matched for element in self.elements)


class PolicyEvidence(NamedTuple):
    """One policy: what it says on its own, statement by statement. `level` counts SCPs' and RCPs' levels from 0."""

    policy: Policy
    type: PolicyType
    statements: tuple[StatementEvidence, ...]
    level: int | None = None

    @property
    def verdict(self) -> Verdict:
        effects = {statement.effect for statement in self.statements if statement.applies}
        if "Deny" in effects:
            return Verdict.EXPLICIT_DENY
        return Verdict.ALLOW if "Allow" in effects else Verdict.IMPLICIT_DENY


@dataclass(frozen=True, slots=True)
class Decision(Displayable):
    """The answer to a request. `policy_type` is the type of policy that settled it, `reason` how.

    `deciding` are the statements that settled it, each as (policy, index); it is empty when nothing allowed.
    """

    request: Request
    policies: PolicySet = field(repr=False)
    verdict: Verdict
    reason: Reason
    policy_type: PolicyType
    deciding: tuple[tuple[Policy, int], ...]

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOW

    @property
    def evidence(self) -> tuple[PolicyEvidence, ...]:
        """Every policy with every statement and element, gathered now; asking again gives an equal value."""
        from perm_lab.iam.evidence import gather

        return gather(self.request, self.policies)

    def __str__(self) -> str:
        from perm_lab.iam.wording import explain

        return explain(self)
