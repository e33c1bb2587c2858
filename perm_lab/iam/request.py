"""A request: who asks to do what to which resource, and under which circumstances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perm_lab.iam.principal import Principal
from perm_lab.iam.vocabulary import PrincipalType

Values = str | Sequence[str]

# what aws:PrincipalType says for each type of principal
_TYPE_NAMES = {
    PrincipalType.USER: "User",
    PrincipalType.ROLE: "AssumedRole",
    PrincipalType.ROLE_SESSION: "AssumedRole",
    PrincipalType.FEDERATED_USER: "FederatedUser",
    PrincipalType.ROOT: "Account",
    PrincipalType.ANONYMOUS: "Anonymous",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: an action (`lambda:InvokeFunction`) on a resource (its ARN, or `*` where the action takes none).

    `resource_account` is the id of the account that owns the resource: by default the one in the ARN, or else the
    caller's (the ARN of a bucket names no account: give it). `context` holds condition keys with one value or
    several; the keys that follow from the principal itself (`aws:PrincipalArn` and its like) are filled in.

    Follows "The request context" and "AWS global condition context keys" (IAM user guide).
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, Values] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.resource_account:
            parts = self.resource.split(":", 5)
            owner = parts[4] if len(parts) == 6 else ""
            object.__setattr__(self, "resource_account", owner or self.principal.account)

    @property
    def same_account(self) -> bool:
        """Whether caller and resource are in one account."""
        return self.principal.account == self.resource_account

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The request context: every key in lower case, with its values. Keys given win over those filled in."""
        filled = _keys_of(self.principal)
        if self.resource_account:
            filled["aws:resourceaccount"] = (self.resource_account,)
        for key, value in self.context.items():
            filled[key.lower()] = (value,) if isinstance(value, str) else tuple(value)
        return filled


def _keys_of(principal: Principal) -> dict[str, tuple[str, ...]]:
    if principal.type is PrincipalType.SERVICE:
        return {"aws:principalisawsservice": ("true",), "aws:principalservicename": (principal.service,)}
    keys = {"aws:principalisawsservice": ("false",), "aws:principaltype": (_TYPE_NAMES[principal.type],)}
    if principal.type is PrincipalType.ANONYMOUS:
        return keys
    keys["aws:principalarn"] = (principal.role_arn or principal.arn,)
    keys["aws:principalaccount"] = (principal.account,)
    if principal.type is PrincipalType.USER:
        keys["aws:username"] = (principal.arn.rsplit("/", 1)[-1],)
    return keys
