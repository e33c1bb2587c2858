"""Creating, reading, changing and deleting functions.

Follows "CreateFunction" and its neighbours (Lambda API reference).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions.answers import conflict, listed, page, refuse, refused
from perm_lab.cloud.functions.layers import attached
from perm_lab.cloud.functions.roles import require
from perm_lab.cloud.functions.state import CREATING, DEFAULTS, LATEST, UPDATING, Function, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.functions.validation import TOO_LONG
from perm_lab.cloud.functions.versions import publish
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Arn

_LONGEST_NAME = 64


def create_function(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = lambdas.name(call, caller)
    said = f"1 validation error detected: Value '{name.name}' at 'functionName' failed to satisfy constraint"
    refuse((len(name.name) > _LONGEST_NAME, f"{said}: {TOO_LONG.format(_LONGEST_NAME)}"))
    if name.arn in lambdas.functions:
        raise conflict(f"Function already exist: {name.name}")
    code = _code(lambdas, call.params.get("Code", {}), caller)
    lambdas.check_role(call.params["Role"], name)
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name.name}"}
    latest = Version(name, {**DEFAULTS, "LoggingConfig": logging}, code, lambdas.next_id())
    latest.configure(_settings(lambdas, call))
    _check_settings(lambdas, latest, call.params)
    function = lambdas.functions[name.arn] = Function(name, latest)
    if call.params.get("Publish"):
        answer = function.latest.configuration(state=CREATING)
        return 201, answer | {"Version": publish(lambdas, function).number}
    return 201, _begun(lambdas, function, CREATING)


def get_function(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name, (_, configuration) = lambdas.name(call, caller), get_function_configuration(lambdas, call, caller)
    location = f"https://awslambda-{name.region}-tasks.s3.amazonaws.com/{name.name}"
    return 200, {"Configuration": configuration, "Code": {"RepositoryType": "S3", "Location": location}}


def get_function_configuration(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = lambdas.name(call, caller)
    return 200, lambdas.version(name).configuration(name.qualified_arn)


def list_functions(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    here = (caller.account, call.region)
    mine = [f for f in lambdas.functions.values() if (f.name.account, f.name.region) == here]
    mine.sort(key=lambda function: function.name.name)
    every = call.params.get("FunctionVersion") == "ALL"
    found = [version for f in mine for version in (f.latest, *(f.versions.values() if every else ()))]
    return 200, page("Functions", [listed(version, qualified=every) for version in found], call)


def update_function_code(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller))
    lambdas.check_revision(call.params.get("RevisionId"), function.latest.revision)
    code = _code(lambdas, call.params, caller)
    if call.params.get("DryRun"):
        return 200, function.latest.configuration(state=UPDATING)
    function.latest.zip = code
    lambdas.changed(function)
    if call.params.get("Publish"):
        return 200, publish(lambdas, function).configuration(state=CREATING)
    return 200, _begun(lambdas, function, UPDATING)


def update_function_configuration(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller))
    lambdas.check_revision(call.params.get("RevisionId"), function.latest.revision)
    if "Role" in call.params:
        lambdas.check_role(call.params["Role"], function.name)
    changed = replace(function.latest, settings=dict(function.latest.settings))
    changed.configure(_settings(lambdas, call))
    _check_settings(lambdas, changed, call.params)
    function.latest.settings = changed.settings
    lambdas.changed(function)
    return 200, _begun(lambdas, function, UPDATING)


def delete_function(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    name = lambdas.name(call, caller)
    refuse(
        (name.qualifier == LATEST, "$LATEST version cannot be deleted without deleting the function."),
        (name.has_alias, "Deletion of aliases is not currently supported."),
    )
    function = lambdas.function(name, f"Function not found: {name.arn}")
    if not name.qualifier:
        lambdas.forget_environments(function)
        del lambdas.functions[name.arn]
        return 204, {}
    pointing = [a.name for a in function.aliases.values() if name.qualifier in (a.version, *a.routing)]
    if pointing:
        raise conflict(f"Version cannot be deleted while aliases point to it: {', '.join(pointing)}")
    lambdas.forget_environments(function, name.qualifier)
    function.versions.pop(name.qualifier, None)
    function.forget(name.qualifier)
    return 204, {}


def _settings(lambdas: LambdaStore, call: Call) -> dict[str, Any]:
    """The parameters of a call, with the layers that they name as a function shows them."""
    layers = call.params.get("Layers")
    return {**call.params, "Layers": attached(lambdas, layers, call.region) if layers is not None else None}


# what Lambda does with the role when it attaches a function to a VPC
_NETWORK = ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface")


def _check_settings(lambdas: LambdaStore, version: Version, params: Mapping[str, Any]) -> None:
    """The role must be able to do what the new settings in `params` ask of it."""
    target = params.get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        queue_or_topic = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}.get(Arn.parse(target).service)
        if queue_or_topic is None:
            raise refused(f"The target ARN {target} is neither that of a queue nor that of a topic.")
        require(lambdas.core, version, (queue_or_topic,), target, "provided")
    if params.get("VpcConfig", {}).get("SubnetIds"):
        require(lambdas.core, version, _NETWORK, "*", "provided")


def _begun(lambdas: LambdaStore, function: Function, state: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a change that goes on for a while in AWS. At its end the revision id is another one."""
    answer = function.latest.configuration(state=state)
    function.latest.revision = lambdas.next_id()
    return answer


def _code(lambdas: LambdaStore, given: Mapping[str, Any], caller: Caller) -> bytes:
    """The deployment package as bytes, from `ZipFile` or, with the caller's own permissions, from S3."""
    if "S3Bucket" not in given and "ZipFile" not in given:
        raise refused("Please provide a source for function code.")
    s3 = lambdas.core.system_client(caller.account, "s3")
    try:
        if "S3Bucket" in given:
            data: bytes = s3.get_object(Bucket=given["S3Bucket"], Key=given["S3Key"])["Body"].read()
        else:
            data = given["ZipFile"]
        zipfile.ZipFile(io.BytesIO(data)).close()
    except ClientError as error:
        found = error.response["Error"]
        said = f"S3 Error Code: {found['Code']}. S3 Error Message: {found['Message']}"
        raise refused(f"Error occurred while GetObject. {said}") from None
    except zipfile.BadZipFile:
        raise refused("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    return data
