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
from perm_lab.cloud.functions.answers import Fault, conflict, missing, refused
from perm_lab.cloud.functions.state import LATEST, Function, ResourcePolicy, text
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.cloud.names import FunctionName
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
    function = _holder(lambdas, name)
    _known(lambdas, params["Principal"])
    policy = function.policies.get(name.qualifier)
    lambdas.check_revision(params.get("RevisionId"), _revision(function, name))
    statements = _statements(policy)
    if params["StatementId"] in (statement.get("Sid") for statement in statements):
        raise conflict(
            f"The statement id ({params['StatementId']}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    statement = written(params, name.qualified_arn)
    document = dict(policy.document) if policy else {"Version": "2012-10-17", "Id": "default"}
    document["Statement"] = [*statements, statement]
    _store(lambdas, function, name, document)
    return 201, {"Statement": text(statement)}


def remove_permission(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, params = lambdas.name(call, caller), call.params
    if name.arn not in lambdas.functions:
        raise missing(f"No policy found for: {name.arn}")
    function = _holder(lambdas, name)
    policy = function.policies.get(name.qualifier)
    if policy is None:
        raise missing("No policy is associated with the given resource.")
    statements = _statements(policy)
    left = [statement for statement in statements if statement.get("Sid") != params["StatementId"]]
    if left == statements:
        raise missing(f"Statement {params['StatementId']} is not found in resource policy.")
    lambdas.check_revision(params.get("RevisionId"), _revision(function, name))
    _store(lambdas, function, name, {**policy.document, "Statement": left} if left else None)
    return 204, {}


def get_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = lambdas.name(call, caller)
    return _shown(lambdas.function(name), name)


def put_resource_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = _resource(call)
    function = _holder(lambdas, name)
    lambdas.check_revision(call.params.get("RevisionId"), _revision(function, name), "GetResourcePolicy")
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
    function = _holder(lambdas, name)
    if name.qualifier not in function.policies:
        raise missing()
    lambdas.check_revision(call.params.get("RevisionId"), _revision(function, name), "GetResourcePolicy")
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
    if not function or not policy:
        raise missing()
    return 200, {"Policy": text(policy.document), "RevisionId": _revision(function, name)}


def _revision(function: Function, name: FunctionName) -> str:
    """The revision id of a policy is that of the function, the version or the alias that the policy is on."""
    holder = function.named(name.qualifier)
    return holder.revision if holder else ""


def _holder(lambdas: LambdaStore, name: FunctionName) -> Function:
    """The function whose policy `name` leads to. Raises `Fault` where there is nothing to have one."""
    if name.qualifier == LATEST:
        raise refused("We currently do not support adding policies for $LATEST.")
    function = lambdas.functions.get(name.arn)
    if function is None:
        raise missing(f"Function not found: {name.arn}")
    if function.named(name.qualifier) is None:
        kind = "Cannot find alias arn" if name.has_alias else "Function not found"
        raise missing(f"{kind}: {name.qualified_arn}")
    return function


def written(params: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """The statement that AddPermission writes of its parameters, on the function, version or alias with this ARN."""
    name = params["Principal"]
    if re.fullmatch(r"\d{12}", name):
        name = f"arn:aws:iam::{name}:root"
    kind = "AWS" if name.startswith("arn:") else "Service"
    statement = {
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


def _known(lambdas: LambdaStore, name: str) -> None:
    """Raises `Fault` for a Principal of which AWS knows nobody."""
    if name == "*" or re.fullmatch(r"\d{12}", name):
        return
    identity = _IDENTITY.fullmatch(name)
    if not (lambdas.core.policies.knows(name, lambdas.core.accounts) if identity else _SERVICE.fullmatch(name)):
        raise refused("The provided principal was invalid. Please check the principal and try again.")


def _statements(policy: ResourcePolicy | None) -> list[dict[str, Any]]:
    found = policy.document["Statement"] if policy else []
    return found if isinstance(found, list) else [found]


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


OPERATIONS = {
    "AddPermission": add_permission,
    "DeleteResourcePolicy": delete_resource_policy,
    "GetPolicy": get_policy,
    "GetResourcePolicy": get_resource_policy,
    "PutResourcePolicy": put_resource_policy,
    "RemovePermission": remove_permission,
}
