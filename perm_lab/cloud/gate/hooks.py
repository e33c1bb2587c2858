"""The gate that every boto3 call of an open lab passes: who calls, what that needs, whether it is granted.

botocore offers three events, and they are all it takes: `provide-client-params` hands over the call's parameters,
`before-call` may answer in the service's place (so that a denial is the service's own exception class, raised by
botocore itself), and `after-call` sees every answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from botocore import UNSIGNED

from perm_lab.cloud.internals.clients import raw_response, signing_credentials
from perm_lab.cloud.internals.simulation import STAMP

_PARAMS, _TICKET = "perm_lab_params", "perm_lab_ticket"


class NetworkBlocked(RuntimeError):
    """A call tried to leave the machine, or to reach the simulated services past the gate, while a lab was open."""


@dataclass(frozen=True, slots=True)
class Call:
    """One boto3 call as the caller wrote it.

    `signing` holds botocore's credentials, None for an unsigned call; `shape` is botocore's model of the parameters.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    region: str
    signing: Any = None
    shape: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answers: an HTTP status and the parsed response, or an error with AWS's code and sentence."""

    status: int
    body: Mapping[str, Any]

    @classmethod
    def error(cls, code: str, message: str, status: int = 400, /, **members: Any) -> Answer:
        """An error answer. botocore raises the service's exception class for `code`."""
        return cls(status, {"Error": {"Code": code, "Message": message}, **members})


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that may go on to moto, to work on the resources of `account`."""

    account: str


class Authorizer(Protocol):
    """Who judges the calls that come to the gate."""

    def before(self, call: Call) -> tuple[Answer | Passed, Any]:
        """The answer, or that the call may pass; and whatever `after` is to be given of it."""

    def after(self, ticket: Any, call: Call, status: int, body: dict[str, Any]) -> str:
        """Take note of the answer to a call, which may be corrected in `body`; the request id it is known by."""


class Gate:
    """The gate of one lab. A client made while it was open stays its client: after `close` none of its calls pass."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer: Authorizer | None = authorizer
        self.handlers = [
            ("provide-client-params", self._remember),
            ("before-call", self._before),
            ("after-call", self._after),
        ]

    def close(self) -> None:
        """Let no call pass any more."""
        self._authorizer = None

    @contextmanager
    def standing_in_for(self, other: Gate) -> Iterator[None]:
        """Let the clients of this gate pass `other` for as long as the block lasts."""
        before, self._authorizer = self._authorizer, other._authorizer
        try:
            yield
        finally:
            self._authorizer = before

    def _remember(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_PARAMS] = params

    def _before(
        self, model: Any, params: dict[str, Any], request_signer: Any, context: dict[str, Any], **_: Any
    ) -> Any:
        if self._authorizer is None:
            raise NetworkBlocked("this client belongs to a lab that is closed; make a new one")
        unsigned = context["client_config"].signature_version is UNSIGNED or context["auth_type"] == "none"
        signing = None if unsigned else signing_credentials(request_signer)
        if signing is None and not unsigned:
            return None  # botocore itself raises NoCredentialsError when it comes to sign
        region = context.get("client_region") or "us-east-1"
        call = Call(model.service_model.service_name, model.name, context[_PARAMS], region, signing, model.input_shape)
        outcome, ticket = self._authorizer.before(call)
        context[_TICKET] = (ticket, call)
        if isinstance(outcome, Passed):
            params["headers"][STAMP] = outcome.account
            return None
        return raw_response(params["url"], outcome.status), dict(outcome.body)

    def _after(self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self._authorizer is None or _TICKET not in context:
            return
        ticket, call = context.pop(_TICKET)
        request_id = self._authorizer.after(ticket, call, http_response.status_code, parsed)
        parsed["ResponseMetadata"] = {
            "HTTPHeaders": {},
            "RetryAttempts": 0,
            **parsed.get("ResponseMetadata", {}),
            "RequestId": request_id,
            "HTTPStatusCode": http_response.status_code,
        }
