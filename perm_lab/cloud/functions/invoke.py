"""Invoke: Lambda's answer to whoever may call the function.

Follows "Invoke" (Lambda API reference). An asynchronous invocation runs inside the call that asks for it, so that a lab
has no clock.
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from botocore.response import StreamingBody

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.asynchronous import accept
from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call

_TAIL = 4096


def invoke(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    """Lambda's answer to an Invoke that the gate has allowed."""
    name = lambdas.name(call, caller)
    version = lambdas.version(name)
    given, kind = call.params.get("Payload", b""), call.params.get("InvocationType", "RequestResponse")
    content = given.read() if hasattr(given, "read") else given
    payload = (content.encode() if isinstance(content, str) else bytes(content)) or b"{}"
    try:
        json.loads(payload)
    except ValueError as error:
        raise Fault("InvalidRequestContentException", f"Could not parse request body into json: {error}") from None
    if kind == "DryRun":
        return 204, {"StatusCode": 204}
    if kind == "Event":
        accept(lambdas, name, payload)
        return 202, {"StatusCode": 202, "Payload": _stream(b"")}
    outcome = run(lambdas, name, payload)
    body: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": version.number, "Payload": _stream(outcome.payload)}
    if outcome.failed:
        body["FunctionError"] = "Unhandled"
    if call.params.get("LogType") == "Tail":
        body["LogResult"] = base64.b64encode(outcome.log.encode()[-_TAIL:]).decode()
    return 200, body


def _stream(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))
