"""Whose access key is it: the registry that turns a signed call into its caller.

IAM users' keys and role sessions come into it from the answers of CreateAccessKey and AssumeRole, and leave it with
DeleteAccessKey, so that a caller is known exactly as long as AWS would know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from perm_lab.iam import Policy, Principal


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call: the principal, and what comes with its credentials.

    `session` are the session policies passed to AssumeRole. `function` is the ARN of the function whose code holds the
    credentials (the context key `lambda:SourceFunctionArn`). `system` marks the lab's own set-up calls, which need no
    permission. `user_id` is AWS's unique id (AIDA…, AROA…:session).
    """

    principal: Principal
    access_key: str = ""
    secret_key: str = ""
    user_id: str = ""
    session: tuple[Policy, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    system: bool = False

    @property
    def account(self) -> str:
        return self.principal.account or ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why credentials are not accepted: AWS's error code and sentence."""

    code: str
    message: str


INVALID_TOKEN = "The security token included in the request is invalid."
WRONG_SECRET = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
_UNKNOWN_KEY_CODES = {"s3": "InvalidAccessKeyId", "sts": "InvalidClientTokenId", "iam": "InvalidClientTokenId"}
_UNKNOWN_KEY_MESSAGES = {"s3": "The AWS Access Key Id you provided does not exist in our records."}
_WRONG_SECRET_CODES = {"lambda": "InvalidSignatureException"}


class Callers:
    """The access keys that are valid in a lab, each with its caller."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}
        self._inactive: set[str] = set()

    def copy(self) -> Callers:
        """The keys as they are now."""
        other = Callers()
        other._callers, other._inactive = dict(self._callers), set(self._inactive)
        return other

    def restore(self, before: Callers) -> None:
        """Only the keys of `before` are valid again; the lab's own stay."""
        system = {key: caller for key, caller in self._callers.items() if caller.system}
        self._callers, self._inactive = {**before._callers, **system}, set(before._inactive)

    def add(self, caller: Caller) -> None:
        self._callers[caller.access_key] = caller

    def __getitem__(self, access_key: str) -> Caller:
        return self._callers[access_key]

    def user_id(self, access_key: str) -> str:
        """AWS's unique id of the key's holder, empty where the key is nobody's."""
        found = self._callers.get(access_key)
        return found.user_id if found else ""

    def remove(self, access_key: str) -> None:
        self._callers.pop(access_key, None)

    def activate(self, access_key: str, active: bool) -> None:
        """Let the key be used, or not, as UpdateAccessKey does."""
        (self._inactive.discard if active else self._inactive.add)(access_key)

    def of(self, who: boto3.Session | str) -> Caller:
        """Who a session, or an ARN, is. Raises ValueError for a session that is not of this lab."""
        if isinstance(who, str):
            return Caller(Principal.parse(who))
        found = self.caller("sts", who.get_credentials())
        if isinstance(found, Refusal):
            raise ValueError(f"the session's access key is not of this lab: {found.message}")
        return found

    def caller(self, service: str, signing: Any) -> Caller | Refusal:
        """The caller that signs with botocore's credentials `signing`, or why AWS refuses them.

        `signing` is None for an unsigned call: the caller is then anonymous.
        """
        if signing is None:
            return Caller(Principal.anonymous())
        key = signing.get_frozen_credentials()
        known = self._callers.get(key.access_key)
        if known is None or key.access_key in self._inactive:
            code = _UNKNOWN_KEY_CODES.get(service, "UnrecognizedClientException")
            return Refusal(code, _UNKNOWN_KEY_MESSAGES.get(service, INVALID_TOKEN))
        if known.secret_key != key.secret_key:
            return Refusal(_WRONG_SECRET_CODES.get(service, "SignatureDoesNotMatch"), WRONG_SECRET)
        return known
