"""AWS's decision: an explicit deny anywhere, then each layer of policies in AWS's order.

Follows "Policy evaluation for requests within a single account" and "Cross-account policy evaluation logic" (IAM user
guide). Where those pages are silent: a layer that denies explicitly is named in the order of the layers below, and
across accounts a missing allow is looked for on the caller's side first.
"""

from __future__ import annotations

from collections.abc import Iterator

from perm_lab.iam.decision import Decision, PolicySet
from perm_lab.iam.policy import Policy
from perm_lab.iam.principal import Naming
from perm_lab.iam.request import Request
from perm_lab.iam.variables import Context
from perm_lab.iam.vocabulary import PolicyType, PrincipalType, Reason, Verdict

Deciding = tuple[tuple[Policy, int], ...]
_LINKED_ROLE = ":role/aws-service-role/"


def layers(request: Request, policies: PolicySet) -> Iterator[tuple[PolicyType, int | None, Policy]]:
    """Every policy that has a say in the request, with its type and level, in AWS's order.

    SCPs bind neither services nor service-linked roles; RCPs no service-linked roles, and only the services that
    support them; a service or an anonymous caller has no policies of its own.
    """
    principal = request.principal
    linked = _LINKED_ROLE in principal.role_arn
    if policies.rcps and not linked and _supports_rcps(request.service):
        yield from ((PolicyType.RCP, n, policy) for n, level in enumerate(policies.rcps) for policy in level)
    if not linked and principal.account:
        yield from ((PolicyType.SCP, n, policy) for n, level in enumerate(policies.scps) for policy in level)
    if policies.vpc_endpoint:
        yield PolicyType.VPC_ENDPOINT, None, policies.vpc_endpoint
    if policies.trust:
        yield PolicyType.TRUST, None, policies.trust
    if policies.resource:
        yield PolicyType.RESOURCE, None, policies.resource
    if principal.account:
        yield from ((PolicyType.IDENTITY, None, policy) for policy in policies.identity)
        if policies.boundary:
            yield PolicyType.BOUNDARY, None, policies.boundary
        yield from ((PolicyType.SESSION, None, policy) for policy in policies.session)


def _supports_rcps(service: str) -> bool:
    from perm_lab.catalog import rcp_services  # read only where there is an RCP

    return service in rcp_services()


class _Tally:
    """What the statements that apply say, by type of policy (and level): the first deny, and all allows."""

    __slots__ = ("allows", "denied", "granted")

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self.denied: tuple[PolicyType, Deciding] | None = None
        self.allows: dict[tuple[PolicyType, int | None], Deciding] = {}
        self.granted: dict[Naming, Deciding] = {}
        context: Context | None = None
        bounded = policies.boundary is not None
        for type, level, policy in layers(request, policies):
            self.allows.setdefault((type, level), ())
            for statement in policy.about(request.action):
                if context is None:
                    context = request.keys()
                naming = statement.naming(request.principal, bounded)
                if naming is None or not statement.applies(request.resource, context):
                    continue
                found = ((policy, statement.index),)
                if statement.denies:
                    self.denied = (type, found)
                    return
                self.allows[type, level] += found
                if type in (PolicyType.RESOURCE, PolicyType.TRUST):
                    self.granted[naming] = self.granted.get(naming, ()) + found

    def missing(self, type: PolicyType) -> bool:
        """Whether policies of this type are in force and one level of them allows nothing."""
        return any(not found for (kind, _), found in self.allows.items() if kind is type)


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """The decision on `request` under `policies`.

    >>> from perm_lab.iam import Policy, Principal
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> evaluate(Request(maya, "lambda:ListFunctions"), PolicySet()).verdict.word
    'implicitly denied'
    """
    tally = _Tally(request, policies)

    def decision(verdict: Verdict, reason: Reason, type: PolicyType, deciding: Deciding = ()) -> Decision:
        return Decision(request, policies, verdict, reason, type, deciding)

    def refused(type: PolicyType) -> Decision:
        return decision(Verdict.IMPLICIT_DENY, Reason.NO_ALLOW, type)

    if tally.denied:
        return decision(Verdict.EXPLICIT_DENY, Reason.EXPLICIT_DENY, *tally.denied)
    for type in (PolicyType.RCP, PolicyType.SCP, PolicyType.VPC_ENDPOINT):
        if tally.missing(type):
            return refused(type)
    side = PolicyType.TRUST if policies.trust else PolicyType.RESOURCE
    granted = tally.granted
    if not request.principal.account:  # a service or an anonymous caller has only the resource's side
        found = tally.allows.get((side, None), ())
        return decision(Verdict.ALLOW, _BY_SIDE[side], side, found) if found else refused(side)
    identity = tally.allows.get((PolicyType.IDENTITY, None), ())
    root = request.principal.type is PrincipalType.ROOT
    limits = [t for t in (PolicyType.BOUNDARY, PolicyType.SESSION) if tally.missing(t) and not root]

    if request.same_account and granted.get(Naming.DIRECT):
        return decision(Verdict.ALLOW, _BY_SIDE[side], side, granted[Naming.DIRECT])
    if request.same_account and granted.get(Naming.ROLE) and not limits:
        return decision(Verdict.ALLOW, _BY_SIDE[side], side, granted[Naming.ROLE])
    needs_grant = not request.same_account or _always_asks(request, policies)
    if not identity and not root and not (request.same_account and granted.get(Naming.ROLE)):
        return refused(PolicyType.IDENTITY)
    if needs_grant and not granted:
        return refused(side)
    if limits:
        return refused(limits[0])
    given = tuple(found for each in granted.values() for found in each)
    if needs_grant:
        return decision(Verdict.ALLOW, Reason.ALLOWED_BY_BOTH, side, given + identity)
    if root and not identity:
        return decision(Verdict.ALLOW, Reason.ALLOWED_TO_ROOT, PolicyType.IDENTITY)
    return decision(Verdict.ALLOW, Reason.ALLOWED_BY_IDENTITY, PolicyType.IDENTITY, identity)


_BY_SIDE = {PolicyType.RESOURCE: Reason.ALLOWED_BY_RESOURCE, PolicyType.TRUST: Reason.ALLOWED_BY_TRUST}


def _always_asks(request: Request, policies: PolicySet) -> bool:
    """Whether the resource must allow even within its own account: roles do (their trust policy), and KMS keys."""
    return policies.trust is not None or (policies.resource is not None and request.action.lower().startswith("kms:"))
