"""The gate that every boto3 call of an open lab passes: who calls, what that needs, whether it is granted.

botocore offers three events, and they are all it takes: `provide-client-params` hands over the call's parameters,
`before-call` may answer in the service's place (so that a denial is the service's own exception class, raised by
botocore itself), and `after-call` sees every answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse

from perm_lab.cloud.isolation import STAMP, NetworkBlocked

_PARAMS, _TICKET = "perm_lab_params", "perm_lab_ticket"


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


class Keeper(Protocol):
    """What stands behind the gate: the lab."""

    def admit(self, call: Call) -> tuple[Answer | Passed, Any]:
        """The answer, or leave to pass, and a ticket to hand back to `settle`."""

    def settle(self, ticket: Any, call: Call, status: int, body: Mapping[str, Any]) -> str:
        """Take note of the answer to an admitted call; the request id it is known by."""


_keeper: Keeper | None = None


def open_gate(keeper: Keeper) -> None:
    """Let `keeper` judge every call from now on."""
    global _keeper
    _keeper = keeper


def close_gate() -> None:
    """No call of a client made inside a lab passes any more."""
    global _keeper
    _keeper = None


def _remember(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_PARAMS] = params


def _judge(model: Any, params: dict[str, Any], request_signer: Any, context: dict[str, Any], **_: Any) -> Any:
    if _keeper is None:
        raise NetworkBlocked("this client belongs to a lab that is closed; make a new one")
    signing = None if _unsigned(context) else request_signer._credentials
    if signing is None and not _unsigned(context):
        return None  # botocore itself raises NoCredentialsError when it comes to sign
    region = context.get("client_region") or "us-east-1"
    call = Call(model.service_model.service_name, model.name, context[_PARAMS], region, signing, model.input_shape)
    outcome, ticket = _keeper.admit(call)
    context[_TICKET] = (ticket, call)
    if isinstance(outcome, Passed):
        params["headers"][STAMP] = outcome.account
        return None
    return AWSResponse(params["url"], outcome.status, {}, BytesIO()), dict(outcome.body)


def _settle(http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _keeper is None or _TICKET not in context:
        return
    ticket, call = context.pop(_TICKET)
    request_id = _keeper.settle(ticket, call, http_response.status_code, parsed)
    parsed["ResponseMetadata"] = {
        "HTTPHeaders": {},
        "RetryAttempts": 0,
        **parsed.get("ResponseMetadata", {}),
        "RequestId": request_id,
        "HTTPStatusCode": http_response.status_code,
    }


def _unsigned(context: Mapping[str, Any]) -> bool:
    return context["client_config"].signature_version is UNSIGNED or context["auth_type"] == "none"


HANDLERS: list[tuple[str, Any]] = [
    ("provide-client-params", _remember),
    ("before-call", _judge),
    ("after-call", _settle),
]
