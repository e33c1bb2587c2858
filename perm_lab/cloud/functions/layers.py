"""Layers, as far as permissions go: their versions and the policy by which another account may use one.

Follows "Granting layer access to other accounts" (Lambda developer guide) and the recorded answers of AWS.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions.answers import (
    NO_POLICY,
    NO_SUCH_RESOURCE,
    UNKNOWN_PRINCIPAL,
    missing,
    page,
    refuse,
    refused,
)
from perm_lab.cloud.functions.permissions import with_statement, without_statement, written
from perm_lab.cloud.functions.state import LayerVersion, ResourcePolicy, text
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Arn

_MOST_OF_A_FUNCTION = 5
_OTHER_ACTION = "The provided action is not supported. The only supported action is lambda:GetLayerVersion."
_TOO_LOW = "Layer Version Cannot be less than 1"
_PRINCIPAL = re.compile(r"\*|\d{12}|arn:aws[a-z-]*:iam::\d{12}:root")


def publish_layer_version(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    layer, content = _layer(call, caller), call.params["Content"]
    data = content.get("ZipFile") or f"{content.get('S3Bucket')}/{content.get('S3Key')}".encode()
    number = lambdas.published_layers[layer] = lambdas.published_layers.get(layer, 0) + 1
    kept = ("CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo")
    shown = {
        "Content": {
            "CodeSha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
            "CodeSize": len(data),
            "Location": f"https://awslambda-{call.region}-layers.s3.amazonaws.com/{layer.rpartition(':')[2]}",
        },
        "LayerArn": layer,
        "LayerVersionArn": f"{layer}:{number}",
        "Description": call.params.get("Description", ""),
        "CreatedDate": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000+0000",
        "Version": number,
        **{key: call.params[key] for key in kept if call.params.get(key) is not None},
    }
    lambdas.layers[shown["LayerVersionArn"]] = LayerVersion(shown)
    return 201, shown


def attached(lambdas: LambdaStore, arns: list[str], region: str) -> list[dict[str, Any]]:
    """The layers `arns` as a function of that Region shows them. Raises `Fault` for those that it may not have."""
    refuse((len(arns) > _MOST_OF_A_FUNCTION, f"Cannot reference more than {_MOST_OF_A_FUNCTION} layers."))
    taken: dict[str, str] = {}  # ARN of a layer -> that of its version
    for arn in arns:
        elsewhere = "Layers are not in the same region as the function. Layers are expected to be in region"
        refuse(
            (Arn.parse(arn).region != region, f"{elsewhere} {region}."),
            (arn not in lambdas.layers, f"Layer version {arn} does not exist."),
        )
        layer = lambdas.layers[arn].shown["LayerArn"]
        if layer in taken:
            raise refused(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{taken[layer]} and {arn} are versions of the same layer."
            )
        taken[layer] = arn
    return [{"Arn": arn, "CodeSize": lambdas.layers[arn].shown["Content"]["CodeSize"]} for arn in arns]


def get_layer_version(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    refuse((call.params.get("VersionNumber", 1) < 1, _TOO_LOW))
    return 200, _found(lambdas, call, caller, NO_SUCH_RESOURCE).shown


get_layer_version_by_arn = get_layer_version


def list_layer_versions(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    layer = _layer(call, caller)
    found = [v.shown for v in lambdas.layers.values() if v.shown["LayerArn"] == layer]
    return 200, page("LayerVersions", [_listed(shown) for shown in reversed(found)], call)


def list_layers(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mine = f"arn:aws:lambda:{call.region}:{caller.account}:layer:"
    newest = {v.shown["LayerArn"]: v.shown for v in lambdas.layers.values() if v.shown["LayerArn"].startswith(mine)}
    found = [
        {"LayerName": arn.rpartition(":")[2], "LayerArn": arn, "LatestMatchingVersion": _listed(newest[arn])}
        for arn in sorted(newest)
    ]
    return 200, page("Layers", found, call)


def delete_layer_version(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    refuse((call.params["VersionNumber"] < 1, _TOO_LOW))
    lambdas.layers.pop(f"{_layer(call, caller)}:{call.params['VersionNumber']}", None)
    return 204, {}


def add_layer_version_permission(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    version, params = _found(lambdas, call, caller), call.params
    who, organization = params["Principal"], params.get("OrganizationId")
    refuse(
        (params["Action"] != "lambda:GetLayerVersion", _OTHER_ACTION),
        (not _PRINCIPAL.fullmatch(who), UNKNOWN_PRINCIPAL),
        (bool(organization) and who != "*", "The principal must be * when an organization ID is given."),
    )
    lambdas.check_revision(params.get("RevisionId"), version.policy_revision, "GetLayerPolicy")
    statement = written({**params, "PrincipalOrgID": organization}, version.shown["LayerVersionArn"])
    version.policy = ResourcePolicy(with_statement(version.policy, statement), lambdas.next_id())
    return 201, {"Statement": text(statement), "RevisionId": version.policy.revision}


def get_layer_version_policy(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    policy = _found(lambdas, call, caller).policy
    if policy is None:
        raise missing(NO_POLICY)
    return 200, {"Policy": text(policy.document), "RevisionId": policy.revision}


def remove_layer_version_permission(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    version, params = _found(lambdas, call, caller), call.params
    left = without_statement(version.policy, params["StatementId"])
    lambdas.check_revision(params.get("RevisionId"), version.policy_revision, "GetLayerPolicy")
    version.policy = ResourcePolicy(left, lambdas.next_id()) if left else None
    return 204, {}


def _layer(call: Call, caller: Caller) -> str:
    """The ARN of the layer that a call names, without a version."""
    name = call.params["LayerName"]
    return name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{caller.account}:layer:{name}"


def _found(lambdas: LambdaStore, call: Call, caller: Caller, else_say: str = "") -> LayerVersion:
    arn = call.params.get("Arn") or f"{_layer(call, caller)}:{call.params['VersionNumber']}"
    if arn not in lambdas.layers:
        raise missing(else_say or f"Layer version {arn} does not exist.")
    return lambdas.layers[arn]


def _listed(shown: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shown.items() if key not in ("Content", "LayerArn")}
