"""What else is set on a function and needs a permission of its own: concurrency and tags.

Follows "Configuring reserved concurrency" and "Using tags on Lambda functions" (Lambda developer guide).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import Fault, missing, page, refused
from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.state import LATEST, Function
from perm_lab.cloud.gate import Call

if TYPE_CHECKING:
    from perm_lab.cloud.functions.service import LambdaService

_ACCOUNT_LIMIT, _KEPT_FREE = 1_000, 100  # concurrent executions of an account, and how many of them stay unreserved


def put_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, wanted = service.name(call, caller), call.params["ReservedConcurrentExecutions"]
    if name.qualifier:
        raise refused(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN."
        )
    function = service.function(name)
    others = sum(
        other.reserved or 0
        for other in service.functions.values()
        if other is not function and (other.name.account, other.name.region) == (name.account, name.region)
    )
    if wanted and _ACCOUNT_LIMIT - others - wanted < _KEPT_FREE:
        raise refused(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_KEPT_FREE}]."
        )
    function.reserved = wanted
    return 200, {"ReservedConcurrentExecutions": wanted}


def get_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    return 200, {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    service.function(service.name(call, caller)).reserved = None
    return 204, {}


def put_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, wanted = service.name(call, caller), call.params["ProvisionedConcurrentExecutions"]
    if name.qualifier == LATEST:
        raise refused("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    function = service.function(name)
    if function.version(name.qualifier) is None:
        kind = "Function not found" if name.qualifier.isdigit() else "Cannot find alias arn"
        raise missing(f"{kind}: {name.qualified_arn}")
    config = {
        "RequestedProvisionedConcurrentExecutions": wanted,
        "AllocatedProvisionedConcurrentExecutions": wanted,
        "AvailableProvisionedConcurrentExecutions": wanted,
        "Status": "READY",
        "LastModified": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+0000",
    }
    function.provisioned[name.qualifier] = config
    ready = ("AllocatedProvisionedConcurrentExecutions", "AvailableProvisionedConcurrentExecutions")
    return 202, {**config, **dict.fromkeys(ready, 0), "Status": "IN_PROGRESS"}


def get_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = service.name(call, caller)
    config = service.function(name).provisioned.get(name.qualifier)
    if config is None:
        code = "ProvisionedConcurrencyConfigNotFoundException"
        raise Fault(code, "No Provisioned Concurrency Config found for this function", 404)
    return 200, config


def delete_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = service.name(call, caller)
    service.function(name).provisioned.pop(name.qualifier, None)
    return 204, {}


def list_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    found = [
        {"FunctionArn": f"{function.name.arn}:{qualifier}", **config}
        for qualifier, config in function.provisioned.items()
    ]
    return 200, page("ProvisionedConcurrencyConfigs", found, call)


def tag_resource(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    _tagged(service, call).tags.update(call.params["Tags"])
    return 204, {}


def untag_resource(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    tags = _tagged(service, call).tags
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return 204, {}


def list_tags(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, {"Tags": dict(_tagged(service, call).tags)}


def _tagged(service: LambdaService, call: Call) -> Function:
    arn = call.params["Resource"]
    if ":function:" not in arn:
        raise Fault("NotInTheLab", f"`{arn}` is no function; the lab has the tags of functions", 501)
    name = FunctionName.parse(arn, "", "")
    if name.qualifier:
        message = "Tags on function aliases and versions are not supported. Please specify a function ARN."
        raise refused(message)
    return service.function(name)


OPERATIONS = {
    "DeleteFunctionConcurrency": delete_concurrency,
    "DeleteProvisionedConcurrencyConfig": delete_provisioned,
    "GetFunctionConcurrency": get_concurrency,
    "GetProvisionedConcurrencyConfig": get_provisioned,
    "ListProvisionedConcurrencyConfigs": list_provisioned,
    "ListTags": list_tags,
    "PutFunctionConcurrency": put_concurrency,
    "PutProvisionedConcurrencyConfig": put_provisioned,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
