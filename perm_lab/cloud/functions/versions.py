"""Versions and aliases: what a published version freezes, and the names that point to versions.

Follows "Manage Lambda function versions" and "Create an alias for a Lambda function" (Lambda developer guide).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions.answers import conflict, listed, missing, page, refuse, refused
from perm_lab.cloud.functions.state import LATEST, Alias, Function, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call


def publish(lambdas: LambdaStore, function: Function, description: str | None = None) -> Version:
    """A new version of what `$LATEST` is now, or the last version when nothing has changed since."""
    latest, last = function.latest, function.versions.get(str(function.published))
    if last and last.zip == latest.zip and latest.settings == last.settings | {"Description": last.latest_description}:
        return last
    function.published += 1
    described = {} if description is None else {"Description": description}
    version = replace(
        latest,
        settings=copy.deepcopy(latest.settings) | described,
        number=str(function.published),
        revision=lambdas.next_id(),
        modified=datetime.now(UTC),
        latest_description=latest.settings["Description"],
    )
    function.versions[version.number] = version
    latest.revision = lambdas.next_id()
    return version


def publish_version(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller))
    lambdas.check_revision(call.params.get("RevisionId"), function.latest.revision)
    wanted, found = call.params.get("CodeSha256"), function.latest.code_sha256
    if wanted not in (None, "", found):
        raise refused(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({found}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    return 201, publish(lambdas, function, call.params.get("Description")).configuration()


def list_versions_by_function(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.function(lambdas.name(call, caller))
    found = [listed(version, qualified=True) for version in (function.latest, *function.versions.values())]
    return 200, page("Versions", found, call)


def create_alias(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    params, name = call.params, lambdas.name(call, caller)
    function = lambdas.function(name, f"Function not found: {name.arn}:{params['FunctionVersion']}")
    routing = _routing(function, params["FunctionVersion"], params)
    if params["Name"] in function.aliases:
        raise conflict(f"Alias already exists: {name.arn}:{params['Name']}")
    alias = Alias(params["Name"], params["FunctionVersion"], params.get("Description", ""), lambdas.next_id(), routing)
    function.aliases[alias.name] = alias
    return 201, _shown(function, alias)


def get_alias(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, alias = _alias(lambdas, call, caller)
    return 200, _shown(function, alias)


def list_aliases(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function, version = lambdas.function(lambdas.name(call, caller)), call.params.get("FunctionVersion")
    found = [a for a in function.aliases.values() if version in (None, a.version, *a.routing)]
    return 200, page("Aliases", [_shown(function, alias) for alias in sorted(found, key=lambda a: a.name)], call)


def update_alias(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    params = call.params
    function, alias = _alias(lambdas, call, caller)
    lambdas.check_revision(params.get("RevisionId"), alias.revision)
    version = params.get("FunctionVersion", alias.version)
    routing = _routing(function, version, params)
    if "RoutingConfig" in params:
        alias.routing = routing
    alias.version, alias.description = version, params.get("Description", alias.description)
    alias.revision = lambdas.next_id()
    return 200, _shown(function, alias)


def delete_alias(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    function = lambdas.functions.get(lambdas.name(call, caller).arn)
    if function and function.aliases.pop(call.params["Name"], None):
        function.forget(call.params["Name"])
    return 204, {}


def _alias(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[Function, Alias]:
    name = lambdas.name(call, caller)
    function = lambdas.functions.get(name.arn)
    alias = function and function.aliases.get(call.params["Name"])
    if not function or not alias:
        raise missing(f"Cannot find alias arn: {name.arn}:{call.params['Name']}")
    return function, alias


def _require_version(function: Function, number: str) -> None:
    if number != LATEST and number not in function.versions:
        raise missing(f"Function not found: {function.name.arn}:{number}")


def _routing(function: Function, version: str, params: Mapping[str, Any]) -> dict[str, float]:
    """The other versions that an alias for `version` is to send traffic to, by their weights. Raises `Fault`."""
    weights = dict((params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})
    refuse((len(weights) > 1, "Number of items in AdditionalVersionWeights cannot be greater than 1"))
    _require_version(function, version)
    for number in weights:
        already = f"Function version {number} is already included in routing configuration."
        refuse(
            (number == version, f"Invalid function version {number}. {already}"),
            (LATEST in (number, version), "$LATEST is not supported for an alias pointing to more than 1 version"),
        )
        _require_version(function, number)
    return weights


def _shown(function: Function, alias: Alias) -> dict[str, Any]:
    routing = {"RoutingConfig": {"AdditionalVersionWeights": alias.routing}} if alias.routing else {}
    return {
        "AliasArn": f"{function.name.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
        **routing,
    }
