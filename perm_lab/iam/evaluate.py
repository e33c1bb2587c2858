"""AWS's decision: an explicit deny anywhere, then each layer of policies in AWS's order.

Follows "Policy evaluation for requests within a single account" and "Cross-account policy evaluation logic" (IAM user
guide). Where those pages are silent: a layer that denies explicitly is named in the order of the layers below, and
across accounts a missing allow is looked for on the caller's side first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from perm_lab.iam.decision import Decision, PolicySet
from perm_lab.iam.policy import Policy
from perm_lab.iam.principal import Naming
from perm_lab.iam.request import Request
from perm_lab.iam.vocabulary import PolicyType, PrincipalType, Reason, Verdict

Deciding = tuple[tuple[Policy, int], ...]
_GUARDS = (PolicyType.RCP, PolicyType.SCP, PolicyType.VPC_ENDPOINT)
_SIDES = (PolicyType.TRUST, PolicyType.RESOURCE)
_CAPS = (PolicyType.BOUNDARY, PolicyType.SESSION)
_LINKED_ROLE = ":role/aws-service-role/"


def layers(request: Request, policies: PolicySet) -> Iterator[tuple[PolicyType, int | None, tuple[Policy, ...]]]:
    """The policies that have a say in the request, in AWS's order: each layer with its type, level and policies.

    One policy of a layer that allows is enough for the layer. SCPs bind neither services nor service-linked roles;
    RCPs no service-linked roles, and only the services that support them; a service or an anonymous caller has no
    policies of its own.
    """
    principal = request.principal
    linked = _LINKED_ROLE in principal.role_arn
    if policies.rcps and not linked and _supports_rcps(request.service):
        yield from ((PolicyType.RCP, n, level) for n, level in enumerate(policies.rcps))
    if policies.scps and not linked and principal.account:
        yield from ((PolicyType.SCP, n, level) for n, level in enumerate(policies.scps))
    if policies.vpc_endpoint:
        yield PolicyType.VPC_ENDPOINT, None, (policies.vpc_endpoint,)
    if policies.trust:
        yield PolicyType.TRUST, None, (policies.trust,)
    if policies.resource:
        yield PolicyType.RESOURCE, None, (policies.resource,)
    if principal.account:
        if policies.identity:
            yield PolicyType.IDENTITY, None, policies.identity
        if policies.boundary:
            yield PolicyType.BOUNDARY, None, (policies.boundary,)
        if policies.session:
            yield PolicyType.SESSION, None, policies.session


def _supports_rcps(service: str) -> bool:
    from perm_lab.catalog import rcp_services  # read only where there is an RCP

    return service in rcp_services()


class _Tally:
    """What the statements that apply say: the first deny, or else all allows by type of policy, and who is silent."""

    __slots__ = ("allows", "denied", "granted", "silent")

    def __init__(self, request: Request, policies: PolicySet) -> None:
        self.denied: tuple[PolicyType, Deciding] | None = None
        self.allows: dict[PolicyType, list[tuple[Policy, int]]] = {}
        self.granted: dict[Naming, list[tuple[Policy, int]]] = {}
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
    """The decision on `request` under `policies`.

    >>> from perm_lab.iam import Policy, Principal
    >>> maya = Principal.user("arn:aws:iam::111111111111:user/maya")
    >>> evaluate(Request(maya, "lambda:ListFunctions"), PolicySet()).verdict.word
    'implicitly denied'
    """
    tally = _Tally(request, policies)

    def decision(
        verdict: Verdict, reason: Reason, type: PolicyType, deciding: Iterable[tuple[Policy, int]] = ()
    ) -> Decision:
        return Decision(request, policies, verdict, reason, type, tuple(deciding))

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
    if needs_grant:
        return decision(Verdict.ALLOW, Reason.ALLOWED_BY_BOTH, side, chain(*granted.values(), identity))
    if root and not identity:
        return decision(Verdict.ALLOW, Reason.ALLOWED_TO_ROOT, PolicyType.IDENTITY)
    return decision(Verdict.ALLOW, Reason.ALLOWED_BY_IDENTITY, PolicyType.IDENTITY, identity)


_BY_SIDE = {PolicyType.RESOURCE: Reason.ALLOWED_BY_RESOURCE, PolicyType.TRUST: Reason.ALLOWED_BY_TRUST}


def _always_asks(request: Request, policies: PolicySet) -> bool:
    """Whether the resource must allow even within its own account: roles do (their trust policy), and KMS keys."""
    return policies.trust is not None or (policies.resource is not None and request.action.lower().startswith("kms:"))
