"""What came of a request: the verdict, why, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from perm_lab.display import Displayable
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


@dataclass(frozen=True, slots=True)
class ElementEvidence:
    """How one element of a statement compares with the request: `written` in the policy, `asked` by the request.

    `operator` and `key` are set for the tests of a `Condition`.
    """

    element: str
    code: MatchCode
    written: str
    asked: str
    operator: str = ""
    key: str = ""

    @property
    def matched(self) -> bool:
        return self.code is MatchCode.MATCH


@dataclass(frozen=True, slots=True)
class StatementEvidence:
    """One statement: whether it applies to the request, and each of its elements."""

    index: int
    sid: str
    effect: str
    elements: tuple[ElementEvidence, ...]

    @property
    def applies(self) -> bool:
        return all(element.matched for element in self.elements)


@dataclass(frozen=True, slots=True)
class PolicyEvidence:
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
