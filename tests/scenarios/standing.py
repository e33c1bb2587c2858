"""What stands in an account, read from the lab by the API and read from a template, in one form to compare."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.scenarios.api import Clients

Standing = dict[tuple[str, str], Any]


def held(admin: Clients) -> Standing:
    """What the services say to an administrator of the account."""
    found: Standing = {}
    for service, read in _READERS.items():
        found |= read(admin[service])
    return found


def _iam(iam: Any) -> Standing:
    found: Standing = {}
    said = iam.get_account_authorization_details(Filter=["User", "Role"])
    for kind in ("User", "Role"):
        for each in said[f"{kind}DetailList"]:
            if each[f"{kind}Name"] == "admin":  # who looks
                continue
            found[kind.lower(), each[f"{kind}Name"]] = {
                "trust": each.get("AssumeRolePolicyDocument"),
                "inline": {p["PolicyName"]: p["PolicyDocument"] for p in each.get(f"{kind}PolicyList", [])},
                "attached": sorted(policy["PolicyArn"] for policy in each["AttachedManagedPolicies"]),
            }
    return found


def _lambda(client: Any) -> Standing:
    found: Standing = {}
    for each in client.list_functions()["Functions"]:
        name = each["FunctionName"]
        function = each["Handler"].rpartition(".")[2]
        found["function", name] = (each["Role"], each["Runtime"], function, each["Timeout"])
        try:
            statements = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
        except ClientError:
            continue
        found["statements", name] = in_order([{k: v for k, v in each.items() if k != "Sid"} for each in statements])
    return found


def _s3(s3: Any) -> Standing:
    found: Standing = {}
    for name in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        rows = s3.get_bucket_notification_configuration(Bucket=name).get("LambdaFunctionConfigurations", [])
        found["notification", name] = sorted(
            (row["LambdaFunctionArn"], event) for row in rows for event in row["Events"]
        )
    return found


def _sqs(sqs: Any) -> Standing:
    return {("queue", url.rpartition("/")[2]): True for url in sqs.list_queues().get("QueueUrls", [])}


def _kinesis(kinesis: Any) -> Standing:
    names = kinesis.list_streams()["StreamNames"]
    said = (kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"] for name in names)
    return {("stream", each["StreamName"]): each["OpenShardCount"] for each in said}


def _events(events: Any) -> Standing:
    found: Standing = {}
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        found["rule", rule["Name"]] = (json.loads(rule["EventPattern"]), targets)
    return found


_READERS = {"iam": _iam, "lambda": _lambda, "s3": _s3, "sqs": _sqs, "kinesis": _kinesis, "events": _events}


# the same of a template


def told(resources: Mapping[str, Any], account: str) -> Standing:
    """What a template says will stand."""
    found: Standing = {}
    for each in resources.values():
        properties = resolved(each["Properties"], resources, account)
        key, said = _SAID[each["Type"]](properties)
        if each["Type"] == "AWS::Lambda::Permission":
            arn = f"arn:aws:lambda:us-east-1:{account}:function:{properties['FunctionName']}"
            said = in_order([*found.get(key, []), {**said, "Resource": arn}])
        found[key] = said
    return found


def resolved(value: Any, resources: Mapping[str, Any], account: str) -> Any:
    """The value with each reference as what CloudFormation puts there."""
    if isinstance(value, list):
        return [resolved(each, resources, account) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        properties = resources[value["Ref"]]["Properties"]
        return next(each for key, each in properties.items() if key.endswith("Name"))
    if set(value) == {"Fn::GetAtt"}:
        logical, attribute = value["Fn::GetAtt"]
        assert "Arn" == attribute
        kind, properties = resources[logical]["Type"], resources[logical]["Properties"]
        return _arn(kind, next(each for key, each in properties.items() if key.endswith("Name")), account)
    return {key: resolved(each, resources, account) for key, each in value.items()}


def _arn(kind: str, name: str, account: str) -> str:
    return {
        "AWS::IAM::User": f"arn:aws:iam::{account}:user/{name}",
        "AWS::IAM::Role": f"arn:aws:iam::{account}:role/{name}",
        "AWS::Lambda::Function": f"arn:aws:lambda:us-east-1:{account}:function:{name}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
        "AWS::SQS::Queue": f"arn:aws:sqs:us-east-1:{account}:{name}",
        "AWS::Kinesis::Stream": f"arn:aws:kinesis:us-east-1:{account}:stream/{name}",
    }[kind]


def in_order(statements: list[Any]) -> list[Any]:
    return sorted(statements, key=lambda each: json.dumps(each, sort_keys=True))


def _identity(properties: Mapping[str, Any]) -> Any:
    return {
        "trust": properties.get("AssumeRolePolicyDocument"),
        "inline": {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])},
        "attached": sorted(properties.get("ManagedPolicyArns", [])),
    }


def _statement(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The statement that AddPermission writes for these."""
    who = properties["Principal"]
    kind = "Service" if who.endswith((".com", ".com.cn")) else "AWS"
    written = f"arn:aws:iam::{who}:root" if who.isdigit() else who
    statement = {
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {kind: written},
        "Action": properties["Action"],
    }
    conditions: dict[str, dict[str, str]] = {}
    for name, operator, key in (
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ):
        if name in properties:
            conditions.setdefault(operator, {})[key] = properties[name]
    return {**statement, "Condition": conditions} if conditions else statement


def _notified(properties: Mapping[str, Any]) -> Any:
    rows = properties.get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
    return sorted((row["Function"], row["Event"]) for row in rows)


_SAID: Mapping[str, Any] = {
    "AWS::IAM::User": lambda p: (("user", p["UserName"]), _identity(p)),
    "AWS::IAM::Role": lambda p: (("role", p["RoleName"]), _identity(p)),
    "AWS::Lambda::Function": lambda p: (
        ("function", p["FunctionName"]),
        (p["Role"], p["Runtime"], p["Handler"].removeprefix("index."), p.get("Timeout", 3)),
    ),
    "AWS::Lambda::Permission": lambda p: (("statements", p["FunctionName"]), _statement(p)),
    "AWS::S3::Bucket": lambda p: (("notification", p["BucketName"]), _notified(p)),
    "AWS::SQS::Queue": lambda p: (("queue", p["QueueName"]), True),
    "AWS::Kinesis::Stream": lambda p: (("stream", p["Name"]), p["ShardCount"]),
    "AWS::Events::Rule": lambda p: (("rule", p["Name"]), (p["EventPattern"], p.get("Targets", []))),
}
