"""Invoking a function: assume the role, run the handler, write the log, all with the role's permissions only.

Follows "Invoke" (Lambda API reference) and "Defining Lambda function permissions with an execution role" (Lambda
developer guide). An asynchronous invocation runs inside the call that asks for it, so that a lab has no clock.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.faults import NOT_ASSUMABLE, Fault
from perm_lab.cloud.functions import Function
from perm_lab.cloud.gate import Call
from perm_lab.cloud.runtime import Environment, Outcome
from perm_lab.iam import Principal, aws_message

if TYPE_CHECKING:
    from perm_lab.cloud.lambda_service import LambdaService

LAMBDA = Caller(Principal.aws_service("lambda.amazonaws.com"))
_TAIL = 4096


def invoke(service: LambdaService, function: Function, call: Call) -> tuple[int, dict[str, Any]]:
    """Lambda's answer to an Invoke that the gate has allowed."""
    payload = _bytes(call.params.get("Payload", b""))
    kind = call.params.get("InvocationType", "RequestResponse")
    _require_json(payload)
    if kind == "DryRun":
        return 204, {"StatusCode": 204}
    outcome = run(service, function, payload or b"{}", asynchronous=kind == "Event")
    if kind == "Event":
        return 202, {"StatusCode": 202, "Payload": _stream(b"")}
    body: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": _stream(outcome.payload)}
    if outcome.failed:
        body["FunctionError"] = "Unhandled"
    if call.params.get("LogType") == "Tail":
        body["LogResult"] = base64.b64encode(outcome.log.encode()[-_TAIL:]).decode()
    return 200, body


def run(service: LambdaService, function: Function, payload: bytes, *, asynchronous: bool = False) -> Outcome:
    """Run the function once under its execution role. Raises `Fault` when Lambda may not assume the role."""
    _assume(service, function, asynchronous)
    environment = service.environments.pop(function.name.arn, None) or _cold_start(service, function)
    with service.lab.because(f"code of {function.name.name}"):
        outcome = environment.run(payload)
    with service.lab.because(f"log of {function.name.name}"):
        _write_log(environment, function, outcome)
    service.environments[function.name.arn] = environment
    return outcome


def _assume(service: LambdaService, function: Function, asynchronous: bool) -> None:
    """Lambda assumes the role for every invocation, so that a trust policy just changed shows at once."""
    check = service.assume_check(function.role, function.name)
    judged = service.lab.judge(LAMBDA, (check,))
    params = {"RoleArn": function.role, "RoleSessionName": session_name(function)}
    with service.lab.because(f"Lambda, to run {function.name.name}"):
        record = service.lab.note(LAMBDA, Call("sts", "AssumeRole", params, function.name.region), judged)
    if not record.allowed:
        record.event.update(errorCode="AccessDenied", errorMessage=aws_message(judged[0][1]))
        raise Fault("AccessDeniedException", NOT_ASSUMABLE, 403)


def _cold_start(service: LambdaService, function: Function) -> Environment:
    """A new execution environment with fresh credentials of the role."""
    sts = service.lab.system_client(function.name.account, "sts")
    answer = sts.assume_role(RoleArn=function.role, RoleSessionName=session_name(function))
    keys = answer["Credentials"]
    credentials = service.lab.credentials
    caller = credentials[keys["AccessKeyId"]]
    credentials.add(dataclasses.replace(caller, context={"lambda:SourceFunctionArn": function.name.arn}))
    session = service.lab.new_session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], function.name.region
    )
    return Environment(function, session, service.next_id())


def session_name(function: Function) -> str:
    """The role session's name: the function's, padded as AWS does where one character is too short for a session."""
    name = function.name.name
    return f"{name}@lambda_function" if len(name) < 2 else name


def _write_log(environment: Environment, function: Function, outcome: Outcome) -> None:
    """Send the log lines to CloudWatch Logs as the role. Without the permission there is no log and nobody is told."""
    logs = environment.logs()
    group, stream = function.settings["LoggingConfig"]["LogGroup"], environment.log_stream
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in outcome.log.splitlines(keepends=True)]
    try:
        if not environment.has_stream:
            _create_stream(logs, group, stream)
            environment.has_stream = True
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    except ClientError:
        return  # the refusal is in the trail


def _create_stream(logs: Any, group: str, stream: str) -> None:
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    except logs.exceptions.ResourceNotFoundException:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)


def _require_json(payload: bytes) -> None:
    try:
        json.loads(payload or b"{}")
    except ValueError as error:
        raise Fault("InvalidRequestContentException", f"Could not parse request body into json: {error}") from None


def _bytes(payload: Any) -> bytes:
    content = payload.read() if hasattr(payload, "read") else payload
    return content.encode() if isinstance(content, str) else bytes(content)


def _stream(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))
