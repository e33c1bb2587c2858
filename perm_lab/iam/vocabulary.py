"""The closed sets of words that requests, policies and decisions are described with."""

from __future__ import annotations

from enum import Enum, IntEnum


class Verdict(IntEnum):
    """What a policy, or all of them together, say to a request. The order is total: the greatest verdict wins a tie
    among statements of one policy, and an explicit deny wins everywhere.

    >>> max(Verdict.ALLOW, Verdict.EXPLICIT_DENY).word
    'explicitly denied'
    """

    ALLOW = 0
    IMPLICIT_DENY = 1
    EXPLICIT_DENY = 2

    @property
    def word(self) -> str:
        """The verdict in words."""
        return ("allowed", "implicitly denied", "explicitly denied")[self]

    @property
    def sign(self) -> str:
        """A sign that is told from the others without its colour."""
        return ("✓", "✗", "⊘")[self]


class PolicyKind(Enum):
    """Which grammar a policy document follows: an identity policy names no principal, a trust policy no resource."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    SCP = "service control policy"
    RCP = "resource control policy"


class PolicyType(Enum):
    """In which part a policy takes part in a decision; the values are the words of AWS's messages."""

    __hash__ = object.__hash__  # members are compared by identity; Enum's own hash is a call in Python

    RCP = "resource control policy"
    SCP = "service control policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    TRUST = "role trust policy"
    RESOURCE = "resource-based policy"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


class PrincipalType(Enum):
    """What kind of principal makes a request."""

    USER = "user"
    ROLE = "role"
    ROLE_SESSION = "role session"
    FEDERATED_USER = "federated user"
    FEDERATED = "federated identity"
    ROOT = "account root"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


class Reason(Enum):
    """Why a decision is as it is; `Decision.policy_type` says which type of policy it was."""

    ALLOWED_BY_IDENTITY = "the caller's own policies allow it"
    ALLOWED_BY_RESOURCE = "the resource's own policy allows it to this caller"
    ALLOWED_BY_BOTH = "both sides allow it: the caller's own policies and the resource's policy"
    ALLOWED_BY_TRUST = "the role's trust policy allows it to this caller"
    ALLOWED_TO_ROOT = "the root user of an account needs no policy there"
    NO_ALLOW = "no statement of this type of policy allows it"
    EXPLICIT_DENY = "a statement of this type of policy denies it"


class MatchCode(Enum):
    """How one element of a statement compares with the request."""

    MATCH = "matches"
    NOT_NAMED = "names something else"
    EXCLUDED = "excludes exactly this"
    KEY_MISSING = "the request carries no such key"
    VALUE_DIFFERS = "the request's value differs"
    VARIABLE_MISSING = "a policy variable has no value in this request"
