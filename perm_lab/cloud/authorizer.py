"""What stands behind the gate of a lab: each call authenticated, judged and recorded, then answered or let through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from perm_lab.cloud.core.callers import Caller, Refusal
from perm_lab.cloud.core.core import Core, denial
from perm_lab.cloud.core.records import Record
from perm_lab.cloud.events.configuration import try_function
from perm_lab.cloud.functions.operations import answer, invalid
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import authorizations
from perm_lab.cloud.gate.hooks import Answer, Call, Passed
from perm_lab.cloud.internals import state
from perm_lab.iam import Policy, PolicyKind, Principal

Ticket = tuple[Caller, Record | None]
"""Who made a call, and the record of it: None for the lab's own calls."""


class LabAuthorizer:
    """The judge of a lab's calls: an `Authorizer`, as the gate wants one."""

    def __init__(self, core: Core, lambdas: LambdaStore) -> None:
        self._core = core
        self._lambdas = lambdas

    def before(self, call: Call) -> tuple[Answer | Passed, Ticket]:
        """The service's refusal, Lambda's answer, or leave to go on to moto."""
        core, caller = self._core, self._core.callers.caller(call.service, call.signing)
        if isinstance(caller, Refusal):
            nobody = Caller(Principal.anonymous())
            return Answer.error(caller.code, caller.message, 403), (nobody, core.note(nobody, call, ()))
        core.scheduler.caller = caller.access_key
        refused = invalid(call) if call.service == "lambda" else None
        if refused:
            return refused, (caller, core.note(caller, call, ()))
        if caller.system:
            ticket: Ticket = (caller, None)
            owner = caller.account
        else:
            checks = authorizations(
                call.service, call.operation, call.params, account=caller.account, region=call.region, lookup=state
            )
            judged = core.judge(caller, checks)
            ticket = (caller, core.note(caller, call, judged))
            if judged and not judged[-1][1].allowed:
                return denial(call, judged[-1][1]), ticket
            owner = next((check.resource_account for check in checks), None) or caller.account
        if call.service == "lambda":
            return answer(self._lambdas, call, caller), ticket
        refused = None if caller.system else try_function(self._lambdas, call, owner)
        return refused or Passed(owner), ticket

    def after(self, ticket: Ticket, call: Call, status: int, body: dict[str, Any]) -> str:
        """Learn what a successful call says of who holds which key, and complete the record; its request id."""
        caller, record = ticket
        learn = _LEARNED.get((call.service, call.operation))
        if learn and status < 300:
            learn(self._core, caller, call, body)
        if record is None:
            return "system"
        if status >= 300:
            error = body.get("Error", {})
            record.fail(error.get("Code", str(status)), error.get("Message", ""))
        return record.request_id


# credentials that calls hand out or take back


def _access_key(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    key = body["AccessKey"]
    user_id = state.user_id(caller.account, key["UserName"])
    user = Principal.user(state.user_arn(caller.account, key["UserName"]), id=user_id)
    core.callers.add(Caller(user, key["AccessKeyId"], key["SecretAccessKey"], user_id))


def _forget_key(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    core.callers.remove(call.params["AccessKeyId"])


def _update_key(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    core.callers.activate(call.params["AccessKeyId"], call.params["Status"] == "Active")


def _role_session(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    keys, user, inline = body["Credentials"], body["AssumedRoleUser"], call.params.get("Policy")
    policies = (
        *([Policy.parse(inline, PolicyKind.IDENTITY, name="session policy")] if inline else []),
        *(core.policies.managed(caller.account, item["arn"]) for item in call.params.get("PolicyArns", ())),
    )
    principal = Principal.role_session(
        user["Arn"],
        role_arn=call.params["RoleArn"],
        id=user["AssumedRoleId"].partition(":")[0],
        tags={tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())},
    )
    keys_of = Caller(principal, keys["AccessKeyId"], keys["SecretAccessKey"], user["AssumedRoleId"], policies)
    core.callers.add(keys_of)


def _session_token(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    """moto gives everybody the same key: each caller gets one of their own."""
    keys = body["Credentials"] = {**body["Credentials"], **state.session_keys()}
    core.callers.add(
        Caller(caller.principal, keys["AccessKeyId"], keys["SecretAccessKey"], caller.user_id, caller.session)
    )


def _caller_identity(core: Core, caller: Caller, call: Call, body: dict[str, Any]) -> None:
    """moto knows the keys that it made itself, and not those of GetSessionToken."""
    body.update(UserId=caller.user_id or caller.account, Arn=caller.principal.arn, Account=caller.account)


_LEARNED: Mapping[tuple[str, str], Callable[[Core, Caller, Call, dict[str, Any]], None]] = {
    ("iam", "CreateAccessKey"): _access_key,
    ("iam", "DeleteAccessKey"): _forget_key,
    ("iam", "UpdateAccessKey"): _update_key,
    ("sts", "AssumeRole"): _role_session,
    ("sts", "AssumeRoleWithWebIdentity"): _role_session,
    ("sts", "AssumeRoleWithSAML"): _role_session,
    ("sts", "GetCallerIdentity"): _caller_identity,
    ("sts", "GetSessionToken"): _session_token,
}
