"""AWS's decision: an explicit deny anywhere, then each layer of policies in AWS's order.

Follows "Policy evaluation for requests within a single account" and "Cross-account policy evaluation logic" (IAM user
guide). Where those pages are silent: a layer that denies explicitly is named in the order of the layers below, and
across accounts a missing allow is looked for on the caller's side first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from perm_lab.display import Displayable
from perm_lab.iam.evidence import PolicyEvidence, gather
from perm_lab.iam.policy import Policy
from perm_lab.iam.policy_set import PolicySet, layers
from perm_lab.iam.principal import Naming
from perm_lab.iam.request import Request
from perm_lab.iam.vocabulary import PolicyType, PrincipalType, Reason, Verdict

_Found = tuple[Policy, int]
Deciding = tuple[_Found, ...]
"""Statements, each as its policy and its position there."""
_GUARDS = (PolicyType.RCP, PolicyType.SCP, PolicyType.VPC_ENDPOINT)
_SIDES = (PolicyType.TRUST, PolicyType.RESOURCE)
_CAPS = (PolicyType.BOUNDARY, PolicyType.SESSION)
_BY_SIDE = {PolicyType.RESOURCE: Reason.ALLOWED_BY_RESOURCE, PolicyType.TRUST: Reason.ALLOWED_BY_TRUST}


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
    deciding: Deciding

    @property
    def allowed(self) -> bool:
        """Whether AWS would carry out the request."""
        return self.verdict is Verdict.ALLOW

    @property
    def evidence(self) -> tuple[PolicyEvidence, ...]:
        """Every policy with every statement and element, gathered now; asking again gives an equal value."""
        return gather(self.request, self.policies)


class _Tally:
    """What the statements that apply say: the first deny, or else all allows by type of policy, and who is silent."""

    __slots__ = ("allows", "denied", "granted", "silent")

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self.denied: tuple[PolicyType, Deciding] | None = None
        self.allows: dict[PolicyType, list[_Found]] = {}
        self.granted: dict[Naming, list[_Found]] = {}
        self.silent: list[PolicyType] = []
        action, principal, resource, context = request.action, request.principal, request.resource, request.keys
        bounded = policies.boundary is not None
        for type, _, layer in layers(request, policies):
            allows = []
            for policy in layer:
                for statement in policy.about(action):
                    naming = statement.naming(principal, bounded) if statement.principal else Naming.DIRECT
                    if naming is None or not statement.applies(resource, context):
                        continue
                    found = (policy, statement.index)
                    if statement.denies:
                        self.denied = (type, (found,))
                        return
                    allows.append(found)
                    if type in _SIDES:
                        self.granted.setdefault(naming, []).append(found)
            if allows:
                self.allows[type] = allows
            else:
                self.silent.append(type)


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """The decision on `request` under `policies`: a deny that applies wins; what nothing allows is denied.

    >>> from perm_lab.iam import Policy, Principal
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> evaluate(Request(maya, "lambda:ListFunctions"), PolicySet()).verdict.word
    'implicitly denied'
    """
    tally = _Tally(request, policies)

    def decision(verdict: Verdict, reason: Reason, type: PolicyType, found: Iterable[_Found] = ()) -> Decision:
        return Decision(request, policies, verdict, reason, type, tuple(found))

    def refused(type: PolicyType) -> Decision:
        return decision(Verdict.IMPLICIT_DENY, Reason.NO_ALLOW, type)

    if tally.denied:
        return decision(Verdict.EXPLICIT_DENY, Reason.EXPLICIT_DENY, *tally.denied)
    for type in tally.silent:
        if type in _GUARDS:
            return refused(type)
    side = PolicyType.TRUST if policies.trust else PolicyType.RESOURCE
    granted = tally.granted
    if not request.principal.account:  # a service or an anonymous caller has only the resource's side
        found = tally.allows.get(side)
        return decision(Verdict.ALLOW, _BY_SIDE[side], side, found) if found else refused(side)
    identity = tally.allows.get(PolicyType.IDENTITY, [])
    root = request.principal.type is PrincipalType.ROOT
    limits = [] if root else [type for type in tally.silent if type in _CAPS]

    same_account = request.same_account
    by_role = granted.get(Naming.ROLE) if same_account else None
    settled = same_account and (granted.get(Naming.DIRECT) or (not limits and by_role))
    if settled:
        return decision(Verdict.ALLOW, _BY_SIDE[side], side, settled)
    # even within one account, a role's trust policy must allow, and the policy of a KMS key
    needs_grant = not same_account or policies.trust or (policies.resource and request.service == "kms")
    if not identity and not root and not by_role:
        return refused(PolicyType.IDENTITY)
    if needs_grant and not granted:
        return refused(side)
    if limits:
        return refused(limits[0])
    if needs_grant:
        return decision(Verdict.ALLOW, Reason.ALLOWED_BY_BOTH, side, chain(*granted.values(), identity))
    if root and not identity:
        return decision(Verdict.ALLOW, Reason.ALLOWED_TO_ROOT, PolicyType.IDENTITY)
    return decision(Verdict.ALLOW, Reason.ALLOWED_BY_IDENTITY, PolicyType.IDENTITY, identity)
