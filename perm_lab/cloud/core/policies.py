"""Which policies are in force for a request, read from the accounts' state whenever they are needed."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import lru_cache

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.internals import state
from perm_lab.iam import Arn, Policy, PolicyKind, PolicySet, Principal, PrincipalType

Reader = Callable[[Arn, str], str | None]
"""(resource, id of its owner) -> the text of its resource-based policy, None where it has none."""


@lru_cache(maxsize=1024)
def _parsed(text: str, kind: PolicyKind, name: str, arn: str = "") -> Policy:
    """The policy, parsed once for each text."""
    return Policy.parse(text, kind, name=name, arn=arn)


class Policies:
    """The policies in force. `readers` says, for each service, what its policies are called and what reads them."""

    def __init__(self) -> None:
        self.readers: dict[str, tuple[str, Reader]] = dict(state.POLICY_READERS)

    def policy_set(self, caller: Caller, resource: str, resource_account: str, action: str) -> PolicySet:
        """All policies that have a say when `caller` asks for `action` on `resource` of `resource_account`."""
        account = caller.principal.account or ""
        identity = _identity(caller.principal)
        holders = (identity, *identity.groups) if identity else ()
        inline = [
            [
                *(_parsed(text, PolicyKind.IDENTITY, name) for name, text in holder.inline),
                *(self.managed(account, arn) for arn in holder.managed),
            ]
            for holder in holders
        ]
        assumed = action.lower().startswith("sts:") and ":role/" in resource
        return PolicySet(
            identity=tuple(policy for policies in inline for policy in policies),
            boundary=self.managed(account, identity.boundary) if identity and identity.boundary else None,
            session=caller.session,
            resource=None if assumed else self.of_resource(resource, resource_account),
            trust=self.trust(resource) if assumed else None,
        )

    def trust(self, role_arn: str) -> Policy:
        """The trust policy of a role; an empty one where the role does not exist, as AWS hides which it is."""
        role, name = state.identity(role_arn), f"trust policy of {role_arn.rpartition('/')[2]}"
        return _parsed(role.trust, PolicyKind.TRUST, name) if role else Policy.empty(PolicyKind.TRUST, name)

    def of_resource(self, resource: str, account: str) -> Policy | None:
        """The resource-based policy of `resource`, None where it has none."""
        arn = Arn.maybe(resource)
        if arn is None or arn.service not in self.readers:
            return None
        label, read = self.readers[arn.service]
        text = read(arn, account)
        name = arn.resource.partition("/")[0].removeprefix("function:")
        return _parsed(text, PolicyKind.RESOURCE, f"{label} of {name}") if text else None

    def managed(self, account: str, arn: str) -> Policy:
        """The default version of a managed policy."""
        return _parsed(state.managed_policy(account, arn), PolicyKind.IDENTITY, Arn.parse(arn).name, arn)

    def knows(self, arn: str, accounts: Container[str]) -> bool:
        """Whether AWS would find the identity `arn`; those of accounts outside `accounts` are taken to be there."""
        principal = Principal.parse(arn)
        if principal.type is PrincipalType.ROOT or principal.account not in accounts:
            return True
        return principal.type is PrincipalType.FEDERATED_USER or _identity(principal) is not None

    def tags(self, principal: Principal) -> dict[str, str]:
        """The tags of the user or role behind `principal`."""
        identity = _identity(principal)
        return dict(identity.tags) if identity else {}


def _identity(principal: Principal) -> state.Identity | None:
    """The user, or the role of a session."""
    holder = principal.role_arn if principal.type is PrincipalType.ROLE_SESSION else principal.arn
    return state.identity(holder or "")
