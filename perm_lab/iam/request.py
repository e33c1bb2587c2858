"""A request: who asks to do what to which resource, and under which circumstances."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perm_lab.iam.principal import Principal
from perm_lab.iam.vocabulary import PrincipalType

Values = str | Sequence[str]
Keys = dict[str, tuple[str, ...]]

# what aws:PrincipalType says for each type of principal
_TYPE_NAMES = {
    PrincipalType.USER: "User",
    PrincipalType.ROLE: "AssumedRole",
    PrincipalType.ROLE_SESSION: "AssumedRole",
    PrincipalType.FEDERATED_USER: "FederatedUser",
    PrincipalType.ROOT: "Account",
    PrincipalType.ANONYMOUS: "Anonymous",
}
_ACTION = re.compile(r"[a-zA-Z0-9-]+:[a-zA-Z0-9]+")
_TAG, _VIA = "aws:requesttag/", "aws:calledvia"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: an action (`lambda:InvokeFunction`) on a resource (its ARN, or `*` where the action takes none).

    `resource_account` is the id of the account that owns the resource: by default the one in the ARN, or else the
    caller's (the ARN of a bucket names no account: give it). `context` holds condition keys with one value or
    several. The keys that follow from caller, resource and the keys given are filled in (`aws:PrincipalArn`,
    `aws:ResourceOrgID`, `aws:TagKeys` and their like), from what is known: nothing is invented.
    `resource_organization` is the path of the resource's account there (`o-…/r-…/ou-…/`), empty outside.

    `keys` is the whole request context, made once: every key in lower case, with its values.

    Raises ValueError for an action or a resource that can be none.

    Follows "The request context" and "AWS global condition context keys" (IAM user guide).
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, Values] = field(default_factory=dict, hash=False)
    resource_organization: str = ""
    keys: Keys = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            raise ValueError(f"`{self.action}` is not an action; legal: `service:Action` such as `s3:GetObject`")
        if self.resource != "*" and not (self.resource.startswith("arn:") and self.resource.count(":") >= 5):
            raise ValueError(f"`{self.resource}` is not a resource; legal: an ARN, or `*` where an action takes none")
        if not self.resource_account:
            owner = "" if self.resource == "*" else self.resource.split(":", 5)[4]
            object.__setattr__(self, "resource_account", owner or self.principal.account)
        object.__setattr__(self, "keys", _keys(self))

    @property
    def service(self) -> str:
        """The prefix of the action, in lower case: `s3` of `s3:GetObject`."""
        return self.action.partition(":")[0].lower()

    @property
    def same_account(self) -> bool:
        """Whether caller and resource are in one account; else both sides must allow."""
        return self.principal.account == self.resource_account


def _keys(request: Request) -> Keys:
    """The request context. Keys given win over those filled in."""
    filled = _of_principal(request.principal)
    if request.resource_account:
        filled["aws:resourceaccount"] = (request.resource_account,)
    if request.resource_organization:
        filled |= _of_organization("resource", request.resource_organization)
    for key, value in request.context.items():
        filled[key.lower()] = (value,) if isinstance(value, str) else tuple(value)
    tagged = tuple(key[len(_TAG) :] for key in request.context if key.lower().startswith(_TAG))
    if tagged:
        filled.setdefault("aws:tagkeys", tagged)
    for key, value in _following(filled, request.principal).items():
        filled.setdefault(key, value)
    return filled


def _of_principal(principal: Principal) -> Keys:
    if principal.type is PrincipalType.SERVICE:
        return {"aws:principalisawsservice": ("true",), "aws:principalservicename": (principal.service,)}
    keys: Keys = {"aws:principalisawsservice": ("false",)}
    if principal.type is PrincipalType.FEDERATED:
        return keys | {"aws:federatedprovider": (principal.arn,)}
    keys["aws:principaltype"] = (_TYPE_NAMES[principal.type],)
    if principal.type is PrincipalType.ANONYMOUS:
        return keys | {"aws:userid": ("anonymous",)}
    keys["aws:principalarn"] = (principal.role_arn or principal.arn,)
    keys["aws:principalaccount"] = (principal.account,)
    keys |= {f"aws:principaltag/{name.lower()}": (value,) for name, value in principal.tags.items()}
    if principal.organization:
        keys |= _of_organization("principal", principal.organization)
    if principal.type is PrincipalType.USER:
        keys["aws:username"] = (principal.arn.rsplit("/", 1)[-1],)
    if userid := _user_id(principal):
        keys["aws:userid"] = (userid,)
    return keys


def _user_id(principal: Principal) -> str:
    """What `aws:userid` is for the caller, as the table of principal key values has it; empty where it is not known."""
    name = principal.arn.rsplit("/", 1)[-1]
    if principal.type is PrincipalType.ROLE_SESSION:
        return principal.id and f"{principal.id}:{name}"
    if principal.type is PrincipalType.FEDERATED_USER:
        return f"{principal.account}:{name}"
    return principal.account if principal.type is PrincipalType.ROOT else principal.id


def _of_organization(side: str, path: str) -> Keys:
    return {f"aws:{side}orgid": (path.partition("/")[0],), f"aws:{side}orgpaths": (path,)}


def _following(keys: Keys, principal: Principal) -> Keys:
    """Keys that follow from those there are."""
    via = keys.get(_VIA, ())
    found: Keys = {f"{_VIA}first": via[:1], f"{_VIA}last": via[-1:]} if via else {}
    if principal.account:
        found["aws:viaawsservice"] = ("true" if via else "false",)
    if principal.service:
        source = keys.get("aws:sourcearn", ("",))[0].split(":")  # an Arn takes five times as long
        if len(source) > 5 and source[4]:
            found["aws:sourceaccount"] = (source[4],)
    return found
