"""What else is set on a function and needs a permission of its own: concurrency and tags.

Follows "Configuring reserved concurrency" and "Using tags on Lambda functions" (Lambda developer guide).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import Fault, conflict, missing, page, refused
from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.state import LATEST, Function
from perm_lab.cloud.gate import Call

if TYPE_CHECKING:
    from perm_lab.cloud.functions.service import LambdaService

_ACCOUNT_LIMIT, _KEPT_FREE = 1_000, 100  # concurrent executions of an account, and how many of them stay unreserved
_MOST_TAGS = 50


def put_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, wanted = service.name(call, caller), call.params["ReservedConcurrentExecutions"]
    if name.qualifier:
        raise refused(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN."
        )
    function = service.functions.get(name.arn)
    if function is None:
        raise missing(f"Function not found: {name.arn}:{LATEST}")
    if wanted:
        _require_unreserved(_unreserved(service, function), wanted, "ReservedConcurrentExecutions")
    function.reserved = wanted
    return 200, {"ReservedConcurrentExecutions": wanted}


def get_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    return 200, {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


def delete_concurrency(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    service.function(service.name(call, caller)).reserved = None
    return 204, {}


def put_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    latest = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    function, name = _provisionable(service, call, caller, latest)
    wanted, unreserved = call.params["ProvisionedConcurrentExecutions"], _unreserved(service, function)
    if wanted > unreserved:
        raise refused(
            "Specified ConcurrentExecutions for function is greater than account's "
            f"unreserved concurrency [{unreserved}]."
        )
    _require_unreserved(unreserved, wanted, "ConcurrentExecutions")
    _require_one_config(function, name.qualifier)
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
    function, name = _provisionable(service, call, caller)
    config = function.provisioned.get(name.qualifier)
    if config is None:
        code = "ProvisionedConcurrencyConfigNotFoundException"
        raise Fault(code, "No Provisioned Concurrency Config found for this function", 404)
    return 200, config


def delete_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, name = _provisionable(service, call, caller)
    function.provisioned.pop(name.qualifier, None)
    return 204, {}


def list_provisioned(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    found = [
        {"FunctionArn": f"{function.name.arn}:{qualifier}", **config}
        for qualifier, config in function.provisioned.items()
    ]
    return 200, page("ProvisionedConcurrencyConfigs", found, call)


def _unreserved(service: LambdaService, function: Function) -> int:
    """Concurrent executions of the function's account and Region that no other function has reserved."""
    here = (function.name.account, function.name.region)
    others = (f for f in service.functions.values() if f is not function and (f.name.account, f.name.region) == here)
    return _ACCOUNT_LIMIT - sum(other.reserved or 0 for other in others)


def _require_unreserved(unreserved: int, wanted: int, what: str) -> None:
    if unreserved - wanted < _KEPT_FREE:
        raise refused(
            f"Specified {what} for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_KEPT_FREE}]."
        )


def _provisionable(
    service: LambdaService,
    call: Call,
    caller: Caller,
    latest: str = "The function resource provided must be an alias or a published version.",
) -> tuple[Function, FunctionName]:
    """The function whose version or alias a call names. Raises `Fault` where there is none; `latest` for `$LATEST`."""
    name = service.name(call, caller)
    if name.qualifier == LATEST:
        raise refused(latest)
    function = service.functions.get(name.arn)
    if function is None or function.version(name.qualifier) is None:
        kind = "Function not found" if name.qualifier.isdigit() else "Cannot find alias arn"
        raise missing(f"{kind}: {name.qualified_arn}")
    return function, name


def _require_one_config(function: Function, qualifier: str) -> None:
    """A version has provisioned concurrency of its own or by an alias that points to it, not both."""
    alias = function.aliases.get(qualifier)
    if alias and alias.version in function.provisioned:
        message = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        raise conflict(message)
    if any(a.name in function.provisioned for a in function.aliases.values() if a.version == qualifier):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")


def tag_resource(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    tags, given = _tags(service, call), call.params["Tags"]
    if not given:
        raise refused("An error occurred and the request cannot be processed.")
    if len(tags.keys() | given.keys()) > _MOST_TAGS:
        raise refused("Number of tags exceeds resource tag limit.")
    tags.update(given)
    return 204, {}


def untag_resource(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    tags = _tags(service, call)
    if not call.params["TagKeys"]:
        message = "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
        raise Fault("ValidationException", message + "Member must not be null")
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return 204, {}


def list_tags(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, {"Tags": dict(_tags(service, call))}


def _tags(service: LambdaService, call: Call) -> dict[str, str]:
    """The tags of the function or the event source mapping that a call names."""
    arn = call.params["Resource"]
    if ":event-source-mapping:" in arn:
        mapping = service.mappings.get(arn.rpartition(":")[2])
        if mapping is None:
            raise missing(f"Event source mapping not found: {arn}")
        return mapping.tags
    if ":function:" not in arn:
        message = f"`{arn}` is no function; the lab has the tags of functions and of event source mappings"
        raise Fault("NotInTheLab", message, 501)
    name = FunctionName.parse(arn, "", "")
    if name.qualifier:
        message = "Tags on function aliases and versions are not supported. Please specify a function ARN."
        raise refused(message)
    return service.function(name).tags


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
