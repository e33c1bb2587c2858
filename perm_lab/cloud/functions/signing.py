"""Code signing configurations: whose signature a function's code must bear before it is deployed.

The lab signs nothing: code is unsigned, and a configuration that enforces signatures refuses it.

Follows "Using code signing to verify code integrity with Lambda" (Lambda developer guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import Fault, page
from perm_lab.cloud.gate import Call

if TYPE_CHECKING:
    from perm_lab.cloud.functions.service import LambdaService

_UNSIGNED = (
    "The code signature failed one or more of the validation checks for signature mismatch or expiry, and the code "
    "signing policy is set to ENFORCE. Lambda blocks the deployment."
)

_NONE = "The code signing configuration cannot be found. Check that the provided configuration is not deleted:"


def create_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    number = f"csc-{int(service.next_id()[:8], 16):017x}"
    arn = f"arn:aws:lambda:{call.region}:{caller.account}:code-signing-config:{number}"
    config = {
        "CodeSigningConfigId": number,
        "CodeSigningConfigArn": arn,
        "Description": call.params.get("Description", ""),
        "AllowedPublishers": call.params["AllowedPublishers"],
        "CodeSigningPolicies": call.params.get("CodeSigningPolicies", {"UntrustedArtifactOnDeployment": "Warn"}),
        "LastModified": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    service.signing[arn] = config
    return 201, {"CodeSigningConfig": config}


def get_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, {"CodeSigningConfig": _found(service, call.params["CodeSigningConfigArn"])}


def delete_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    del service.signing[_found(service, call.params["CodeSigningConfigArn"])["CodeSigningConfigArn"]]
    return 204, {}


def list_configs(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mine = f"arn:aws:lambda:{call.region}:{caller.account}:"
    found = [config for arn, config in service.signing.items() if arn.startswith(mine)]
    return 200, page("CodeSigningConfigs", found, call)


def put_function_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    function.signing = _found(service, call.params["CodeSigningConfigArn"])["CodeSigningConfigArn"]
    return 200, {"CodeSigningConfigArn": function.signing, "FunctionName": function.name.name}


def get_function_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = service.function(service.name(call, caller))
    set_up = {"CodeSigningConfigArn": function.signing} if function.signing else {}
    return 200, {**set_up, "FunctionName": function.name.name}


def delete_function_config(service: LambdaService, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    service.function(service.name(call, caller)).signing = ""
    return 204, {}


def check_signature(service: LambdaService, arn: str) -> None:
    """Raises `Fault` where the configuration `arn` lets no unsigned code be deployed; an empty ARN lets all."""
    if arn and _found(service, arn)["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce":
        raise Fault("CodeVerificationFailedException", _UNSIGNED)


def _found(service: LambdaService, arn: str) -> Mapping[str, Any]:
    if arn not in service.signing:
        raise Fault("CodeSigningConfigNotFoundException", f"{_NONE} {arn}.", 404)
    return service.signing[arn]


OPERATIONS = {
    "CreateCodeSigningConfig": create_config,
    "DeleteCodeSigningConfig": delete_config,
    "DeleteFunctionCodeSigningConfig": delete_function_config,
    "GetCodeSigningConfig": get_config,
    "GetFunctionCodeSigningConfig": get_function_config,
    "ListCodeSigningConfigs": list_configs,
    "PutFunctionCodeSigningConfig": put_function_config,
}
