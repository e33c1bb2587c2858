"""One run of a function: assume the role, run the handler, write the log, all with the role's permissions only.

Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.core.scheduler import Busy
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import NOT_ASSUMABLE, Fault
from perm_lab.cloud.functions.roles import role_session, session_name
from perm_lab.cloud.functions.runtime import Environment, Outcome
from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.functions.store import LambdaStore

_LOOP = 16  # times that a function may be set off by itself before Lambda calls it a loop
_LOOPS = (
    "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and "
    "stopped your function's invocation."
)


def run(lambdas: LambdaStore, name: FunctionName, payload: bytes) -> Outcome:
    """Run what `name` leads to once, under its execution role. Raises `Fault` when it cannot be started."""
    scheduler, version, code = lambdas.core.scheduler, lambdas.version(name), Cause(CauseKind.CODE, name.arn)
    if scheduler.causes.count(code) >= _LOOP:
        raise Fault("RecursiveInvocationException", _LOOPS)
    assume(lambdas, version)
    key = f"{name.arn}:{version.number}"
    environment = lambdas.environments.pop(key, None)
    if environment is None:  # a cold start, with fresh credentials of the role
        session = role_session(lambdas.core, version, context={"lambda:SourceFunctionArn": name.arn})
        environment = Environment(version, session, lambdas.next_id())
    clock = environment.clock()
    try:
        with scheduler.because(code), scheduler.function(environment.access_key, clock):
            outcome = environment.run(payload, name.qualified_arn, clock)
    except Busy:
        reason = "ConcurrentInvocationLimitExceeded"
        raise Fault("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason) from None
    finally:
        other = lambdas.environments.pop(key, None)
        if other:
            other.close()
        lambdas.environments[key] = environment
    with scheduler.because(Cause(CauseKind.LOG, name.arn)):
        _write_log(environment, version, outcome)
    return outcome


def assume(lambdas: LambdaStore, version: Version) -> None:
    """Lambda assumes the role for every invocation, so that a trust policy just changed shows at once.

    Raises `Fault` when the trust policy does not let it.
    """
    session = session_name(version)
    if not lambdas.may_assume(version.role, version.name, CauseKind.INVOCATION, RoleSessionName=session):
        raise Fault("AccessDeniedException", NOT_ASSUMABLE, 403)


def _write_log(environment: Environment, version: Version, outcome: Outcome) -> None:
    """Send the log lines to CloudWatch Logs as the role. Without the permission there is no log and nobody is told."""
    logs = environment.logs
    stream = {"logGroupName": version.settings["LoggingConfig"]["LogGroup"], "logStreamName": environment.log_stream}
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in outcome.log.splitlines(keepends=True)]
    try:
        if not environment.has_stream:
            try:
                logs.create_log_stream(**stream)
            except logs.exceptions.ResourceNotFoundException:
                logs.create_log_group(logGroupName=stream["logGroupName"])
                logs.create_log_stream(**stream)
            environment.has_stream = True
        logs.put_log_events(**stream, logEvents=events)
    except ClientError:
        return  # the refusal is in the trail
