"""Credentials that calls hand out or take back: the lab learns them from AWS's own answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.gate import Call
from perm_lab.iam import Policy, PolicyKind, Principal

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab


def learn_identity(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    """Take in what a successful call says about who holds which access key."""
    learn = _LESSONS.get((call.service, call.operation))
    if learn:
        learn(lab, caller, call, body)


def _access_key(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    key = body["AccessKey"]
    arn = lab.lookup.user_arn(caller.account, key["UserName"])
    user_id = lab.lookup.user_id(caller.account, key["UserName"])
    lab.credentials.add(Caller(Principal.user(arn, id=user_id), key["AccessKeyId"], key["SecretAccessKey"], user_id))


def _forget_key(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    lab.credentials.remove(call.params["AccessKeyId"])


def _update_key(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    lab.credentials.activate(call.params["AccessKeyId"], call.params["Status"] == "Active")


def _role_session(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    keys, user = body["Credentials"], body["AssumedRoleUser"]
    inline = call.params.get("Policy")
    session = (Policy.parse(inline, PolicyKind.IDENTITY, name="session policy"),) if inline else ()
    managed = tuple(lab.policies.managed(caller.account, item["arn"]) for item in call.params.get("PolicyArns", ()))
    role_id = user["AssumedRoleId"].partition(":")[0]
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", ())}
    principal = Principal.role_session(user["Arn"], role_arn=call.params["RoleArn"], id=role_id, tags=tags)
    lab.credentials.add(
        Caller(principal, keys["AccessKeyId"], keys["SecretAccessKey"], user["AssumedRoleId"], session + managed)
    )


def _same_caller(lab: Lab, caller: Caller, call: Call, body: Mapping[str, Any]) -> None:
    keys = body["Credentials"]
    lab.credentials.add(
        Caller(caller.principal, keys["AccessKeyId"], keys["SecretAccessKey"], caller.user_id, caller.session)
    )


_LESSONS: dict[tuple[str, str], Callable[[Lab, Caller, Call, Mapping[str, Any]], None]] = {
    ("iam", "CreateAccessKey"): _access_key,
    ("iam", "DeleteAccessKey"): _forget_key,
    ("iam", "UpdateAccessKey"): _update_key,
    ("sts", "AssumeRole"): _role_session,
    ("sts", "AssumeRoleWithWebIdentity"): _role_session,
    ("sts", "AssumeRoleWithSAML"): _role_session,
    ("sts", "GetSessionToken"): _same_caller,
}
