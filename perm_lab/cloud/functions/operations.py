"""AWS Lambda's API: which operation is answered by what.

The gate has authorised the caller before an operation comes here. What remains are the checks that Lambda makes itself:
the parameters' constraints, then that what is named exists, then what the operation's own module says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore import xform_name

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions import asynchronous, invoke, layers, lifecycle, mappings, permissions, urls, versions
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.functions.validation import validation_message
from perm_lab.cloud.gate.hooks import Answer, Call

Operation = Callable[[LambdaStore, Call, Caller], tuple[int, dict[str, Any]]]
"""(store, call, caller) -> (HTTP status, parsed response). Raises `Fault`."""

# a module answers an operation by the function that has boto3's name of it
_NAMES = {
    asynchronous: "DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig ListFunctionEventInvokeConfigs "
    "PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
    invoke: "Invoke",
    layers: "AddLayerVersionPermission DeleteLayerVersion GetLayerVersion GetLayerVersionByArn GetLayerVersionPolicy "
    "ListLayerVersions ListLayers PublishLayerVersion RemoveLayerVersionPermission",
    lifecycle: "CreateFunction DeleteFunction GetFunction GetFunctionConfiguration ListFunctions UpdateFunctionCode "
    "UpdateFunctionConfiguration",
    mappings: "CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListEventSourceMappings "
    "UpdateEventSourceMapping",
    permissions: "AddPermission DeleteResourcePolicy GetPolicy GetResourcePolicy PutResourcePolicy RemovePermission",
    urls: "CreateFunctionUrlConfig DeleteFunctionUrlConfig GetFunctionUrlConfig ListFunctionUrlConfigs "
    "UpdateFunctionUrlConfig",
    versions: "CreateAlias DeleteAlias GetAlias ListAliases ListVersionsByFunction PublishVersion UpdateAlias",
}
_OPERATIONS: dict[str, Operation] = {
    name: getattr(module, xform_name(name)) for module, names in _NAMES.items() for name in names.split()
}


def invalid(call: Call) -> Answer | None:
    """Lambda's answer to parameters that break its model's constraints; None when they keep them."""
    message = validation_message(call.shape, call.params)
    return Fault("ValidationException", message).answer if message else None


def answer(lambdas: LambdaStore, call: Call, caller: Caller) -> Answer:
    """What Lambda answers to an authorised call; `NotInTheLab` to one that is not simulated."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        said = f"`{call.operation}` is not simulated yet; the lab has: {', '.join(sorted(_OPERATIONS))}"
        return Fault("NotInTheLab", said, 501).answer
    try:
        return Answer(*operation(lambdas, call, caller))
    except Fault as fault:
        return fault.answer
