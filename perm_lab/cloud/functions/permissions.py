"""The function policy: the resource-based policy on a function, a version or an alias.

There are two ways to write it, and one document behind both. AddPermission and RemovePermission work on single
statements; PutResourcePolicy takes a whole JSON document in place of all of them.

Follows "Working with resource-based policies in Lambda" (Lambda developer guide) and the recorded answers of AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import NO_POLICY, UNKNOWN_PRINCIPAL, Fault, conflict, missing, refused
from perm_lab.cloud.functions.state import LATEST, Alias, Function, ResourcePolicy, Version, text
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Policy, PolicyError, PolicyKind

LIMIT = 20_480  # characters of a policy document
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(iam|sts)::(\d{12}):(root|user/.+|role/.+|assumed-role/.+|federated-user/.+)")
# (parameter, condition operator, condition key), in the order in which AWS writes them
_CONDITIONS = (
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


def add_permission(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, params = lambdas.name(call, caller), call.params
    function, holder = _holder(lambdas, name)
    if not _is_known(lambdas, params["Principal"]):
        raise refused(UNKNOWN_PRINCIPAL)
    lambdas.check_revision(params.get("RevisionId"), holder.revision)
    statement = written(params, name.qualified_arn)
    _store(lambdas, function, name, with_statement(function.policies.get(name.qualifier), statement))
    return 201, {"Statement": text(statement)}


def remove_permission(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, params = lambdas.name(call, caller), call.params
    lambdas.function(name, f"No policy found for: {name.arn}")
    function, holder = _holder(lambdas, name)
    policy = function.policies.get(name.qualifier)
    if policy is None:
        raise missing(NO_POLICY)
    left = without_statement(policy, params["StatementId"])
    lambdas.check_revision(params.get("RevisionId"), holder.revision)
    _store(lambdas, function, name, left)
    return 204, {}


def get_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = lambdas.name(call, caller)
    return _shown(lambdas.function(name), name)


def put_resource_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _resource(call)
    function, holder = _holder(lambdas, name)
    lambdas.check_revision(call.params.get("RevisionId"), holder.revision, "GetResourcePolicy")
    try:
        Policy.parse(call.params["Policy"], PolicyKind.RESOURCE, name=f"function policy of {name.name}")
    except PolicyError as error:
        raise refused(f"The provided policy is not valid: {error}") from None
    _store(lambdas, function, name, json.loads(call.params["Policy"]))
    return _shown(function, name)


def get_resource_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _resource(call)
    return _shown(lambdas.functions.get(name.arn), name)


def delete_resource_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _resource(call)
    function, holder = _holder(lambdas, name)
    if name.qualifier not in function.policies:
        raise missing()
    lambdas.check_revision(call.params.get("RevisionId"), holder.revision, "GetResourcePolicy")
    _store(lambdas, function, name, None)
    return 204, {}


def _resource(call: Call) -> FunctionName:
    """The function, version or alias that a ResourceArn names."""
    arn = call.params["ResourceArn"]
    if ":function:" not in arn:
        raise Fault("NotInTheLab", f"`{arn}` is no function; the lab has policies of functions and of layers", 501)
    return FunctionName.parse(arn, "", "")


def _shown(function: Function | None, name: FunctionName) -> tuple[int, dict[str, Any]]:
    policy = function and function.policies.get(name.qualifier)
    holder = function and function.named(name.qualifier)
    if not policy or not holder:
        raise missing()
    return 200, {"Policy": text(policy.document), "RevisionId": holder.revision}


def _holder(lambdas: LambdaStore, name: FunctionName) -> tuple[Function, Version | Alias]:
    """The function, and what of it `name` names: it has the policy and tells the policy's revision.

    Raises `Fault` where there is nothing to have one.
    """
    if name.qualifier == LATEST:
        raise refused("We currently do not support adding policies for $LATEST.")
    function = lambdas.function(name, f"Function not found: {name.arn}")
    holder = function.named(name.qualifier)
    if holder is None:
        raise missing(f"{'Cannot find alias arn' if name.has_alias else 'Function not found'}: {name.qualified_arn}")
    return function, holder


def written(params: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """The statement that AddPermission writes of its parameters, on the function, version or alias with this ARN."""
    name = params["Principal"]
    if re.fullmatch(r"\d{12}", name):
        name = f"arn:aws:iam::{name}:root"
    kind = "AWS" if name.startswith("arn:") else "Service"
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": name if name == "*" else {kind: name},
        "Action": params["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, operator, key in _CONDITIONS:
        if params.get(member) is not None:
            value = params[member]
            conditions.setdefault(operator, {})[key] = str(value).lower() if isinstance(value, bool) else value
    return {**statement, "Condition": conditions} if conditions else statement


def with_statement(policy: ResourcePolicy | None, statement: Mapping[str, Any]) -> dict[str, Any]:
    """The policy's document with one more statement. Raises `Fault` where there is one of that id."""
    before = policy.document if policy else {"Version": "2012-10-17", "Id": "default"}
    statements = policy.statements if policy else []
    if statement["Sid"] in (each.get("Sid") for each in statements):
        raise conflict(
            f"The statement id ({statement['Sid']}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    return {**before, "Statement": [*statements, statement]}


def without_statement(policy: ResourcePolicy | None, sid: str) -> dict[str, Any] | None:
    """The policy's document without a statement, None where no other is left. Raises `Fault` where it has none."""
    left = [statement for statement in policy.statements if statement.get("Sid") != sid] if policy else []
    if policy is None or left == policy.statements:
        raise missing(f"Statement {sid} is not found in resource policy.")
    return {**policy.document, "Statement": left} if left else None


def _is_known(lambdas: LambdaStore, name: str) -> bool:
    """Whether AWS knows somebody of this name: everybody, an account, an identity that exists, a service."""
    if name == "*" or re.fullmatch(r"\d{12}", name):
        return True
    if _IDENTITY.fullmatch(name):
        return lambdas.core.policies.knows(name, lambdas.core.accounts)
    return _SERVICE.fullmatch(name) is not None


def _store(lambdas: LambdaStore, function: Function, name: FunctionName, document: dict[str, Any] | None) -> None:
    """Put `document` in place of the policy there is; None leaves no policy."""
    size = len(text(document)) if document else 0
    if size > LIMIT:
        message = f"The final policy size ({size}) is bigger than the limit ({LIMIT})."
        raise Fault("PolicyLengthExceededException", message)
    function.policies.pop(name.qualifier, None)
    if document:
        function.policies[name.qualifier] = ResourcePolicy(document)
    holder = function.named(name.qualifier)
    if holder:
        holder.revision = lambdas.next_id()
