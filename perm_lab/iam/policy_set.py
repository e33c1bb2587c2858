"""The policies that have a say in a request, and the order in which AWS asks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perm_lab.iam.policy import Policy
from perm_lab.iam.request import Request
from perm_lab.iam.vocabulary import PolicyType

_LINKED_ROLE = ":role/aws-service-role/"


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


def layers(request: Request, policies: PolicySet) -> Iterator[tuple[PolicyType, int | None, tuple[Policy, ...]]]:
    """The policies that have a say in the request, in AWS's order: each layer with its type, level and policies.

    One policy of a layer that allows is enough for the layer. SCPs bind neither services nor service-linked roles;
    RCPs no service-linked roles, and only the services that support them; a service or an anonymous caller has no
    policies of its own.
    """
    principal = request.principal
    linked = _LINKED_ROLE in principal.role_arn
    if policies.rcps and not linked:
        from perm_lab.catalog import rcp_services  # read only where there is an RCP

        if request.service in rcp_services():
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
