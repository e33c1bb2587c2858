"""Services that try the function before they take a configuration: without the grant nothing is stored.

Which services do, and in which words they refuse, is the catalogue's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from perm_lab.cloud.events.delivery import Source, probe
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Answer, Call
from perm_lab.cloud.internals import state
from perm_lab.cloud.names import FunctionName

Params = Mapping[str, Any]
Tried = tuple[str, str, Iterable[str]]
"""The source's name in the catalogue, its ARN, and the ARNs of the functions that it is to run."""


def try_function(lambdas: LambdaStore, call: Call, account: str) -> Answer | None:
    """The service's refusal of a configuration that names a function it may not run; None where nothing is amiss.

    `account` is the owner of what is configured.
    """
    tried = _TRIED.get((call.service, call.operation))
    if tried is None:
        return None
    name, arn, functions = tried(call.params, account, call.region)
    for function in functions:
        source = Source.of(name, arn, account)
        if not probe(lambdas, source, function):
            return _refusal(source, FunctionName.parse(function, account, call.region).qualified_arn)
    return None


def _refusal(source: Source, function: str) -> Answer:
    failure = source.kind.failure
    members = {}
    if source.kind.name == "s3":
        members = {"ArgumentName1": function, "ArgumentValue1": f"Not authorized to invoke function [{function}]"}
    answer = Answer.error(failure["code"], source.fill(failure["message"], function), failure.get("status", 400))
    return Answer(answer.status, {**answer.body, "Error": {**answer.body["Error"], **members}})


def _notification(params: Params, account: str, region: str) -> Tried:
    rows = params["NotificationConfiguration"].get("LambdaFunctionConfigurations", ())
    skipped = params.get("SkipDestinationValidation")
    return "s3", f"arn:aws:s3:::{params['Bucket']}", () if skipped else [row["LambdaFunctionArn"] for row in rows]


def _subscription_filter(params: Params, account: str, region: str) -> Tried:
    target = params["destinationArn"]
    group = f"arn:aws:logs:{region}:{account}:log-group:{params['logGroupName']}:*"
    return "cloudwatch-logs", group, [target] if ":lambda:" in target else []


def _rotation(params: Params, account: str, region: str) -> Tried:
    function = params.get("RotationLambdaARN")
    return "secrets-manager", state.secret_arn(account, region, params["SecretId"]), [function] if function else []


def _config_rule(params: Params, account: str, region: str) -> Tried:
    rule = params["ConfigRule"]
    arn = f"arn:aws:config:{region}:{account}:config-rule/{rule.get('ConfigRuleName', '')}"
    custom = rule["Source"]["Owner"] == "CUSTOM_LAMBDA"
    return "config", arn, [rule["Source"]["SourceIdentifier"]] if custom else []


def _receipt_rule(params: Params, account: str, region: str) -> Tried:
    rule = params["Rule"]
    arn = f"arn:aws:ses:{region}:{account}:receipt-rule-set/{params['RuleSetName']}:receipt-rule/{rule['Name']}"
    actions = (action.get("LambdaAction") for action in rule.get("Actions", ()))
    return "ses", arn, [action["FunctionArn"] for action in actions if action]


def _targets(params: Params, account: str, region: str) -> Tried:
    functions = [target["Id"] for target in params["Targets"] if ":lambda:" in target["Id"]]
    return "application-load-balancer", params["TargetGroupArn"], functions


_TRIED: dict[tuple[str, str], Callable[[Params, str, str], Tried]] = {
    ("config", "PutConfigRule"): _config_rule,
    ("elbv2", "RegisterTargets"): _targets,
    ("logs", "PutSubscriptionFilter"): _subscription_filter,
    ("s3", "PutBucketNotificationConfiguration"): _notification,
    ("secretsmanager", "RotateSecret"): _rotation,
    ("ses", "CreateReceiptRule"): _receipt_rule,
}
