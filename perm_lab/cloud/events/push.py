"""Any source of the catalogue, and a function's URL, by hand: for what moto cannot carry."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.events.delivery import Delivery, Source, deliver, deliver_as_role, invoke_as
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.functions.urls import checks
from perm_lab.iam import Principal


def push(lambdas: LambdaStore, source: Source, function: str, event: Any = None, role: str = "") -> Delivery:
    """Let `source` send an event to the function: the catalogue's example of one by default.

    Raises ValueError for a source that does not push: it says what runs the function instead.
    """
    kind = source.kind
    if kind.side == "execution role":
        raise ValueError(f"Lambda polls {kind.title}: create an event source mapping, then call `lab.poll()`")
    if kind.side == "caller" or not kind.principal.endswith((".amazonaws.com", ".amazon.com")):
        raise ValueError(f"{kind.title}: the caller's own permissions count; call Invoke with a session of the caller")
    sent = source.fill(kind.event) if event is None else event
    if kind.side == "function policy":
        if role:
            raise ValueError(f"{kind.title} assumes no role; its permission stands in the function policy")
        return deliver(lambdas, source, function, sent)
    if not role:
        raise ValueError(f"{kind.title} calls with a role that it assumes; give its ARN as `role`")
    return deliver_as_role(lambdas, source, function, sent, role)


@dataclass(frozen=True, slots=True)
class Response:
    """What comes back over HTTPS: the status, the body, and the delivery behind them."""

    status: int
    body: str
    delivery: Delivery = field(repr=False)


def fetch(
    lambdas: LambdaStore, url: str, who: boto3.Session | None = None, method: str = "GET", body: str = ""
) -> Response:
    """Call a function by its URL, signed by `who`, or unsigned where nobody is given.

    With AuthType NONE nobody is asked to sign, and a signature tells Lambda nothing. Raises LookupError for a URL that
    no function of the lab has.

    Follows "Invoking Lambda function URLs" (Lambda developer guide): the payload is of format 2.0.
    """
    parts = urlsplit(url)
    name, auth_type = _find(lambdas, f"{parts.scheme}://{parts.netloc}/")
    signed = auth_type == "AWS_IAM"
    caller = lambdas.core.callers.of(who) if who is not None and signed else Caller(Principal.anonymous())
    source = Source.of("function-url-iam" if signed else "function-url", account=name.account)
    event = _event(parts.netloc, parts.path or "/", parts.query, method, body, caller)
    with lambdas.core.scheduler.because(Cause(CauseKind.URL, name.arn)):
        delivery = invoke_as(lambdas, source, caller, name, checks(name, auth_type), event, wait=True)
    if delivery.outcome is None:
        error = delivery.records[-1].error_code
        if delivery.records[-1].allowed:
            return Response(502 if error == "AccessDeniedException" else 429, '{"Message":null}', delivery)
        forbidden = {"Message": source.kind.failure["message"]}
        return Response(403, json.dumps(forbidden, separators=(",", ":")), delivery)
    if delivery.outcome.failed:
        return Response(502, "Internal Server Error", delivery)
    answer = delivery.payload
    if isinstance(answer, dict) and "statusCode" in answer:
        return Response(int(answer["statusCode"]), str(answer.get("body", "")), delivery)
    return Response(200, answer if isinstance(answer, str) else json.dumps(answer), delivery)


def _find(lambdas: LambdaStore, url: str) -> tuple[FunctionName, str]:
    """The function that has this URL, and the URL's AuthType."""
    for function in lambdas.functions.values():
        for qualifier, config in function.urls.items():
            if config["FunctionUrl"] == url:
                return replace(function.name, qualifier=qualifier), config["AuthType"]
    raise LookupError(f"`{url}` is the URL of no function in this lab")


def _event(host: str, path: str, query: str, method: str, body: str, caller: Caller) -> dict[str, Any]:
    now, prefix = datetime.now(UTC), host.partition(".")[0]
    moment = int(now.timestamp() * 1000)
    request: dict[str, Any] = {
        "accountId": caller.account or "anonymous",
        "apiId": prefix,
        "domainName": host,
        "domainPrefix": prefix,
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "perm_lab",
        },
        "requestId": f"{moment:08x}",
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
        "timeEpoch": moment,
    }
    if caller.account:
        iam = {"accessKey": caller.access_key, "accountId": caller.account, "callerId": caller.user_id}
        request["authorizer"] = {"iam": {**iam, "userArn": caller.principal.arn, "userId": caller.user_id}}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": host, "x-forwarded-proto": "https"},
        "requestContext": request,
        "body": body or None,
        "isBase64Encoded": False,
    }
