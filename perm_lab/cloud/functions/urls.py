"""Function URLs: who may call a function over HTTPS, and the two permissions that it takes.

Follows "Control access to Lambda function URLs" (Lambda developer guide) and the recorded answers of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import NO_SUCH_RESOURCE, conflict, missing, page
from perm_lab.cloud.functions.state import Function
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Call

_NO_FUNCTION = "Function does not exist"


def checks(name: FunctionName, auth_type: str) -> tuple[Check, ...]:
    """The two permissions that a call of the function's URL needs."""
    url = {"lambda:FunctionUrlAuthType": auth_type, "lambda:FunctionArn": name.qualified_arn}
    invoked = {"lambda:InvokedViaFunctionUrl": "true", "lambda:FunctionUrlAuthType": auth_type}
    return (
        Check("lambda:InvokeFunctionUrl", name.qualified_arn, name.account, url),
        Check("lambda:InvokeFunction", name.qualified_arn, name.account, invoked),
    )


def create_function_url_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, name = _existing(lambdas, call, caller)
    if name.qualifier in function.urls:
        raise conflict(
            f"Failed to create function url config for [functionArn = {name.qualified_arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    now, host = _now(), sha256(name.qualified_arn.encode()).hexdigest()[:32]
    config = function.urls[name.qualifier] = {
        "FunctionUrl": f"https://{host}.lambda-url.{name.region}.on.aws/",
        "FunctionArn": name.qualified_arn,
        "AuthType": call.params["AuthType"],
        **({"Cors": call.params["Cors"]} if call.params.get("Cors") else {}),
        "CreationTime": now,
        "LastModifiedTime": now,
        "InvokeMode": call.params.get("InvokeMode", "BUFFERED"),
    }
    return 201, _changed(config, call, "LastModifiedTime")


def get_function_url_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, name = _configured(lambdas, call, caller)
    return 200, function.urls[name.qualifier]


def update_function_url_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    _existing(lambdas, call, caller)
    function, name = _configured(lambdas, call, caller)
    given = {key: call.params[key] for key in ("AuthType", "Cors", "InvokeMode") if call.params.get(key) is not None}
    config = {**function.urls[name.qualifier], **given, "LastModifiedTime": _now()}
    if not config.get("Cors"):
        config.pop("Cors", None)
    function.urls[name.qualifier] = config
    return 200, _changed(config, call)


def delete_function_url_config(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, name = _configured(lambdas, call, caller)
    del function.urls[name.qualifier]
    return 204, {}


def list_function_url_configs(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller), _NO_FUNCTION)
    return 200, page("FunctionUrlConfigs", list(function.urls.values()), call)


def _existing(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[Function, FunctionName]:
    name = lambdas.name(call, caller)
    lambdas.version(name, _NO_FUNCTION)
    return lambdas.function(name), name


def _configured(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[Function, FunctionName]:
    name = lambdas.name(call, caller)
    function = lambdas.function(name, NO_SUCH_RESOURCE)
    if name.qualifier not in function.urls:
        raise missing()
    return function, name


def _changed(config: Mapping[str, Any], call: Call, *hidden: str) -> dict[str, Any]:
    """The answer to a call that sets the URL: it has the invoke mode only where the call has it."""
    absent = hidden if "InvokeMode" in call.params else (*hidden, "InvokeMode")
    return {key: value for key, value in config.items() if key not in absent}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
