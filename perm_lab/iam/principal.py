"""Who makes a request, and whom a policy's `Principal` element names.

Follows "AWS JSON policy elements: Principal" (IAM user guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from perm_lab.iam.arn import Arn
from perm_lab.iam.vocabulary import PrincipalType

_ARN = re.compile(r"arn:[^:]+:(iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:/(.+))?")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazonaws\.com\.cn|amazon\.com)")
_TYPES = {
    "root": PrincipalType.ROOT,
    "user": PrincipalType.USER,
    "role": PrincipalType.ROLE,
    "assumed-role": PrincipalType.ROLE_SESSION,
    "federated-user": PrincipalType.FEDERATED_USER,
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    `arn` is what AWS's messages show; `account` is the 12-digit id, empty for services, for anonymous callers and for
    identities of a provider that have no session yet. A role session knows its role's ARN with the path in `role_arn`;
    a service its principal in `service`. Where they are known: `id` is the unique id (AIDA… of a user, AROA… of a
    role), `tags` the principal's tags, `organization` the path of its account there (`o-…/r-…/ou-…/`), `canonical_id`
    its account's canonical user id in S3.

    >>> Principal.parse("arn:aws:sts::111111111111:assumed-role/reader/now").type
    <PrincipalType.ROLE_SESSION: 'role session'>
    """

    type: PrincipalType
    arn: str = ""
    account: str = ""
    role_arn: str = ""
    service: str = ""
    id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    organization: str = ""
    canonical_id: str = ""

    @classmethod
    def parse(cls, text: str, role_arn: str = "") -> Principal:
        """The principal with this ARN, service name, account id, or `*` for an anonymous caller.

        Raises ValueError for anything else.
        """
        if text == "*":
            return cls.anonymous()
        if re.fullmatch(r"\d{12}", text):
            return cls.root(text)
        match = _ARN.fullmatch(text)
        if match is None:
            if _SERVICE.fullmatch(text):
                return cls.aws_service(text)
            raise ValueError(
                f"`{text}` names no principal; legal: the ARN of a user, role, role session, federated user or account "
                "root, a 12-digit account id, a service such as `lambda.amazonaws.com`, or `*`"
            )
        _, account, kind, rest = match.groups()
        if kind == "assumed-role":
            role_arn = role_arn or f"arn:aws:iam::{account}:role/{rest.partition('/')[0]}"
            return cls(PrincipalType.ROLE_SESSION, text, account, role_arn)
        return cls(_TYPES[kind], text, account, text if kind == "role" else "")

    @classmethod
    def user(cls, arn: str, **known: Any) -> Principal:
        """The IAM user with this ARN; `known` are `id`, `tags`, `organization`. Raises ValueError for what is no ARN.

        >>> Principal.user("arn:aws:iam::111111111111:user/maya").account
        '111111111111'
        """
        return cls(PrincipalType.USER, arn, Arn.parse(arn).account, **known)

    @classmethod
    def role_session(cls, arn: str, role_arn: str = "", **known: Any) -> Principal:
        """The session with this `assumed-role` ARN of the role with `role_arn` (its ARN without a path by default)."""
        found = cls.parse(arn, role_arn)
        return replace(found, **known) if known else found

    @classmethod
    def federated(cls, provider: str) -> Principal:
        """Somebody whom an identity provider vouches for, before there is a session: the ARN of a SAML or OIDC
        provider, or the name of a web identity provider such as `cognito-identity.amazonaws.com`."""
        return cls(PrincipalType.FEDERATED, provider)

    @classmethod
    def aws_service(cls, name: str) -> Principal:
        """An AWS service such as `lambda.amazonaws.com`."""
        return cls(PrincipalType.SERVICE, service=name)

    @classmethod
    def root(cls, account: str) -> Principal:
        """The root user of an account, by its 12-digit id."""
        return cls(PrincipalType.ROOT, f"arn:aws:iam::{account}:root", account)

    @classmethod
    def anonymous(cls) -> Principal:
        """Somebody who did not sign the request: whoever knows the address of a public object or function URL."""
        return cls(PrincipalType.ANONYMOUS)


class Naming(Enum):
    """How directly a `Principal` element names a caller: what limits still apply depends on it.

    Follows "Evaluating identity-based policies with resource-based policies" (IAM user guide).
    """

    __hash__ = object.__hash__  # as in PolicyType

    DIRECT = "the caller itself, or everyone"
    ROLE = "the role whose session it is"
    ACCOUNT = "the account it belongs to"


@dataclass(frozen=True, slots=True)
class PrincipalMatcher:
    """A `Principal` or `NotPrincipal` element, compiled: who is named, and how directly."""

    everyone: bool
    names: frozenset[str]
    accounts: frozenset[str]
    services: frozenset[str]

    def naming(self, principal: Principal) -> Naming | None:
        """How the element names the principal, None when it does not.

        >>> reader = PrincipalMatcher(False, frozenset(), frozenset({"111111111111"}), frozenset())
        >>> reader.naming(Principal.user("arn:aws:iam::111111111111:user/maya"))
        <Naming.ACCOUNT: 'the account it belongs to'>
        """
        if principal.service:
            return Naming.DIRECT if self.everyone or principal.service in self.services else None
        if self.everyone or principal.arn in self.names:
            return Naming.DIRECT
        if principal.id and principal.id in self.names:
            return Naming.ROLE if principal.role_arn else Naming.DIRECT
        if principal.role_arn and principal.role_arn in self.names:
            return Naming.ROLE
        canonical = principal.canonical_id and principal.canonical_id in self.names
        return Naming.ACCOUNT if canonical or principal.account in self.accounts else None
