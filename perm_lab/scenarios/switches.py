"""What a learner may turn on and off: each switch with the calls that turn it, and the policy that is then in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perm_lab import catalog
from perm_lab.cloud.functions.permissions import written
from perm_lab.iam import Arn, Policy, PolicyKind
from perm_lab.scenarios.api import ApiCall, Json, put_policy, trust
from perm_lab.scenarios.run import Toggle

Held = tuple[str, Policy]
"""A policy in force, after the name of its holder."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A toggle with the calls that turn it on and off, and the policies then in force.

    `built` is whether the world is built with it on.
    """

    toggle: Toggle
    on: ApiCall
    off: ApiCall
    policy: Held | None = None
    otherwise: Held | None = None
    built: bool = False


def inline(
    toggle: Toggle, kind: str, who: str, name: str, policy: list[Any], account: str = "", held_by: str = ""
) -> Switch:
    """An inline policy with these statements; `kind` is `user` or `role`, `who` the name of the one that holds it.

    `account` is where that is not the scenario's own, `held_by` what to call the holder where there are several.
    """
    document = Json({"Version": "2012-10-17", "Statement": policy})
    off = ApiCall("iam", f"delete_{kind}_policy", {f"{kind.title()}Name": who, "PolicyName": name}, account)
    held = (held_by or who, Policy.parse(document, name=name))
    return Switch(toggle, put_policy(kind, who, name, document, account), off, held)


def managed(toggle: Toggle, kind: str, who: str, name: str) -> Switch:
    """An AWS managed policy; `kind` is `user` or `role`, `who` the name of the one that holds it."""
    policy = catalog.managed_policy(name)
    params = {f"{kind.title()}Name": who, "PolicyArn": policy.arn}
    held = (who, Policy.parse(policy.document, name=name, arn=policy.arn))
    on, off = (ApiCall("iam", f"{verb}_{kind}_policy", params) for verb in ("attach", "detach"))
    return Switch(toggle, on, off, held)


def trusting(toggle: Toggle, role: str, service: str, otherwise: str) -> Switch:
    """Whether the trust policy of a role names `service`, which it does when the world is built, or another one."""

    def named(principal: str) -> tuple[ApiCall, Held]:
        policy = trust(principal)
        call = ApiCall("iam", "update_assume_role_policy", {"RoleName": role, "PolicyDocument": policy})
        return call, (role, Policy.parse(policy, PolicyKind.TRUST, name="trust policy"))

    (on, policy), (off, other) = named(service), named(otherwise)
    return Switch(toggle, on, off, policy, other, built=True)


def statement(toggle: Toggle, function: str, principal: str, sid: str = "", **conditions: str) -> Switch:
    """A statement in the policy of the function with this ARN, made by AddPermission; its id is the toggle's key unless
    it is given."""
    where = {"FunctionName": Arn.parse(function).name, "StatementId": sid or toggle.key}
    grant = {**where, "Action": "lambda:InvokeFunction", "Principal": principal, **conditions}
    whole = Json({"Version": "2012-10-17", "Statement": [written(grant, function)]})
    policy = Policy.parse(whole, PolicyKind.RESOURCE, name=f"statement {where['StatementId']}")
    on, off = ApiCall("lambda", "add_permission", grant), ApiCall("lambda", "remove_permission", where)
    return Switch(toggle, on, off, (where["FunctionName"], policy))
