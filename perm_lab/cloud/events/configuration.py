"""Services that try the function before they take a configuration: without the grant nothing is stored.

Which services do, and in which words they refuse, is the catalogue's to say.
"""

from __future__ import annotations

import re

from perm_lab.cloud.events.delivery import Source, probe
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import values
from perm_lab.cloud.gate.hooks import Answer, Call
from perm_lab.cloud.internals import state
from perm_lab.cloud.names import FunctionName

# the call that configures a source -> the source, its ARN, and where the call has the functions
_TRIED = {
    ("config", "PutConfigRule"): (
        "config",
        "arn:aws:config:${Region}:${Account}:config-rule/${ConfigRule.ConfigRuleName}",
        "ConfigRule.Source.SourceIdentifier",
    ),
    ("elbv2", "RegisterTargets"): ("application-load-balancer", "${TargetGroupArn}", "Targets.Id"),
    ("logs", "PutSubscriptionFilter"): (
        "cloudwatch-logs",
        "arn:aws:logs:${Region}:${Account}:log-group:${logGroupName}:*",
        "destinationArn",
    ),
    ("s3", "PutBucketNotificationConfiguration"): (
        "s3",
        "arn:aws:s3:::${Bucket}",
        "NotificationConfiguration.LambdaFunctionConfigurations.LambdaFunctionArn",
    ),
    ("secretsmanager", "RotateSecret"): ("secrets-manager", "${SecretArn}", "RotationLambdaARN"),
    ("ses", "CreateReceiptRule"): (
        "ses",
        "arn:aws:ses:${Region}:${Account}:receipt-rule-set/${RuleSetName}:receipt-rule/${Rule.Name}",
        "Rule.Actions.LambdaAction.FunctionArn",
    ),
}
_MEMBER = re.compile(r"\$\{([\w.]+)\}")


def try_function(lambdas: LambdaStore, call: Call, account: str) -> Answer | None:
    """The service's refusal of a configuration that names a function it may not run; None where nothing is amiss.

    `account` is the owner of what is configured.
    """
    if (call.service, call.operation) not in _TRIED or call.params.get("SkipDestinationValidation"):
        return None
    name, template, path = _TRIED[call.service, call.operation]
    known = {**call.params, "Region": call.region, "Account": account}
    if call.service == "secretsmanager":
        known["SecretArn"] = state.secret_arn(account, call.region, call.params["SecretId"])
    arn = _MEMBER.sub(lambda match: "".join(values(known, match[1])), template)
    for function in values(call.params, path):
        source = Source.of(name, arn, account)
        if ":lambda:" in function and not probe(lambdas, source, function):
            return _refusal(source, FunctionName.parse(function, account, call.region).qualified_arn)
    return None


def _refusal(source: Source, function: str) -> Answer:
    failure = source.kind.failure
    error = {"Code": failure["code"], "Message": source.fill(failure["message"], function)}
    if source.kind.name == "s3":
        error |= {"ArgumentName1": function, "ArgumentValue1": f"Not authorized to invoke function [{function}]"}
    return Answer(failure.get("status", 400), {"Error": error})
