"""One run of a function: assume the role, run the handler, write the log, all with the role's permissions only.

Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import NOT_ASSUMABLE, Fault
from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.roles import role_session, session_name
from perm_lab.cloud.functions.runtime import Environment, Outcome
from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.gate import Call
from perm_lab.cloud.turns import Busy
from perm_lab.iam import Principal, aws_message

if TYPE_CHECKING:
    from perm_lab.cloud.functions.service import LambdaService

_LOOP = 16  # times that a function may be set off by itself before Lambda calls it a loop
_LOOPS = (
    "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and "
    "stopped your function's invocation."
)
LAMBDA = Caller(Principal.aws_service("lambda.amazonaws.com"))


def run(service: LambdaService, name: FunctionName, payload: bytes) -> Outcome:
    """Run what `name` leads to once, under its execution role. Raises `Fault` when it cannot be started."""
    lab, version, code = service.lab, service.version(name), f"code of {name.name}"
    if service.function(name).reserved == 0:
        raise _throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    if lab.turns.causes.count(code) >= _LOOP:
        raise Fault("RecursiveInvocationException", _LOOPS)
    assume(service, version)
    key = f"{name.arn}:{version.number}"
    environment = service.environments.pop(key, None) or _cold_start(service, version)
    clock = environment.clock()
    try:
        with lab.turns.because(code), lab.turns.function(environment.access_key, clock):
            outcome = environment.run(payload, name.qualified_arn, clock)
    except Busy:
        raise _throttled("ConcurrentInvocationLimitExceeded") from None
    finally:
        other = service.environments.pop(key, None)
        if other:
            other.close()
        service.environments[key] = environment
    with lab.turns.because(f"log of {name.name}"):
        _write_log(environment, version, outcome)
    return outcome


def _throttled(reason: str) -> Fault:
    fault = Fault("TooManyRequestsException", "Rate Exceeded.", 429)
    return fault.with_member("Reason", reason)


def assume(service: LambdaService, version: Version) -> None:
    """Lambda assumes the role for every invocation, so that a trust policy just changed shows at once.

    Raises `Fault` when the trust policy does not let it.
    """
    check = service.assume_check(version.role, version.name)
    judged = service.lab.judge(LAMBDA, (check,))
    params = {"RoleArn": version.role, "RoleSessionName": session_name(version)}
    with service.lab.turns.because(f"Lambda, to run {version.name.name}"):
        record = service.lab.note(LAMBDA, Call("sts", "AssumeRole", params, version.name.region), judged)
    if not record.allowed:
        record.event.update(errorCode="AccessDenied", errorMessage=aws_message(judged[0][1]))
        raise Fault("AccessDeniedException", NOT_ASSUMABLE, 403)


def _cold_start(service: LambdaService, version: Version) -> Environment:
    """A new execution environment with fresh credentials of the role."""
    session = role_session(service.lab, version, context={"lambda:SourceFunctionArn": version.name.arn})
    return Environment(version, session, service.next_id())


def _write_log(environment: Environment, version: Version, outcome: Outcome) -> None:
    """Send the log lines to CloudWatch Logs as the role. Without the permission there is no log and nobody is told."""
    logs = environment.logs()
    group, stream = version.settings["LoggingConfig"]["LogGroup"], environment.log_stream
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
