"""What stands in an account, read from the lab by the API and read from a template, in one form to compare."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud import Account

Standing = dict[tuple[str, str], Any]
_QUEUE = ("VisibilityTimeout", "DelaySeconds")


def held(account: Account) -> Standing:
    """What the services say."""
    admin = account.admin()
    found: Standing = {}
    for service, read in _READERS.items():
        found |= read(admin.client(service))
    return found


def _iam(iam: Any) -> Standing:
    found: Standing = {}
    for kind in ("user", "role"):
        name = f"{kind.title()}Name"
        for each in getattr(iam, f"list_{kind}s")()[f"{kind.title()}s"]:
            who = {name: each[name]}
            if each[name] == "admin":  # who looks
                continue
            one = getattr(iam, f"get_{kind}")(**who)[kind.title()]
            names = getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]
            attached = getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]
            inline = [getattr(iam, f"get_{kind}_policy")(**who, PolicyName=policy) for policy in names]
            found[kind, each[name]] = {
                "trust": one.get("AssumeRolePolicyDocument"),
                "inline": {policy["PolicyName"]: policy["PolicyDocument"] for policy in inline},
                "attached": sorted(policy["PolicyArn"] for policy in attached),
                "boundary": one.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            }
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        found["policy", policy["PolicyName"]] = version["PolicyVersion"]["Document"]
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
    for each in client.list_event_source_mappings()["EventSourceMappings"]:
        start = each.get("StartingPosition"), each["BatchSize"]
        found["mapping", each["EventSourceArn"]] = (each["FunctionArn"].rpartition(":")[2], *start)
    return found


def _s3(s3: Any) -> Standing:
    found: Standing = {}
    for name in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        rows = s3.get_bucket_notification_configuration(Bucket=name).get("LambdaFunctionConfigurations", [])
        told = [(row["LambdaFunctionArn"], event, _rules(row)) for row in rows for event in row["Events"]]
        found["notification", name] = sorted(told)
        try:
            found["bucket policy", name] = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        except ClientError:
            continue
    return found


def _rules(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    rules = row.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return [(each["Name"].lower(), each["Value"]) for each in rules]


def _sqs(sqs: Any) -> Standing:
    found: Standing = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        name = url.rpartition("/")[2]
        found["queue", name] = tuple(int(said[each]) for each in _QUEUE)
        if "Policy" in said:
            found["queue policy", name] = json.loads(said["Policy"])
    return found


def _sns(sns: Any) -> Standing:
    found: Standing = {}
    for arn in (each["TopicArn"] for each in sns.list_topics()["Topics"]):
        said, name = sns.get_topic_attributes(TopicArn=arn)["Attributes"], arn.rpartition(":")[2]
        found["topic", name] = said["DisplayName"]
        if "__default" not in said["Policy"]:
            found["topic policy", name] = json.loads(said["Policy"])
    for each in sns.list_subscriptions()["Subscriptions"]:
        found["subscription", each["TopicArn"].rpartition(":")[2]] = (each["Protocol"], each["Endpoint"])
    return found


def _kinesis(kinesis: Any) -> Standing:
    names = kinesis.list_streams()["StreamNames"]
    said = (kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"] for name in names)
    return {("stream", each["StreamName"]): each["OpenShardCount"] for each in said}


def _dynamodb(dynamodb: Any) -> Standing:
    names = dynamodb.list_tables()["TableNames"]
    said = (dynamodb.describe_table(TableName=name)["Table"] for name in names)
    return {("table", each["TableName"]): (each["KeySchema"], each["AttributeDefinitions"]) for each in said}


def _events(events: Any) -> Standing:
    found: Standing = {}
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        found["rule", rule["Name"]] = (json.loads(rule["EventPattern"]), targets)
    return found


_READERS = {"iam": _iam, "lambda": _lambda, "s3": _s3, "sqs": _sqs, "sns": _sns, "kinesis": _kinesis,
            "dynamodb": _dynamodb, "events": _events}  # fmt: skip


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
        properties, kind = resources[value["Ref"]]["Properties"], resources[value["Ref"]]["Type"]
        name = next(each for key, each in properties.items() if key.endswith("Name"))
        return _arn(kind, name, account) if kind in ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy") else name
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
        "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{account}:policy/{name}",
        "AWS::Lambda::Function": f"arn:aws:lambda:us-east-1:{account}:function:{name}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
        "AWS::SQS::Queue": f"arn:aws:sqs:us-east-1:{account}:{name}",
        "AWS::SNS::Topic": f"arn:aws:sns:us-east-1:{account}:{name}",
        "AWS::Kinesis::Stream": f"arn:aws:kinesis:us-east-1:{account}:stream/{name}",
    }[kind]


def in_order(statements: list[Any]) -> list[Any]:
    return sorted(statements, key=lambda each: json.dumps(each, sort_keys=True))


def _identity(properties: Mapping[str, Any]) -> Any:
    return {
        "trust": properties.get("AssumeRolePolicyDocument"),
        "inline": {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])},
        "attached": sorted(properties.get("ManagedPolicyArns", [])),
        "boundary": properties.get("PermissionsBoundary"),
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
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ):
        if name in properties:
            conditions.setdefault(operator, {})[key] = properties[name]
    return {**statement, "Condition": conditions} if conditions else statement


def _notified(properties: Mapping[str, Any]) -> Any:
    rows = properties.get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
    rules = [
        [(each["Name"], each["Value"]) for each in row.get("Filter", {}).get("S3Key", {}).get("Rules", [])]
        for row in rows
    ]
    return sorted((row["Function"], row["Event"], rule) for row, rule in zip(rows, rules, strict=True))


_SAID: Mapping[str, Any] = {
    "AWS::IAM::User": lambda p: (("user", p["UserName"]), _identity(p)),
    "AWS::IAM::Role": lambda p: (("role", p["RoleName"]), _identity(p)),
    "AWS::IAM::ManagedPolicy": lambda p: (("policy", p["ManagedPolicyName"]), p["PolicyDocument"]),
    "AWS::Lambda::Function": lambda p: (
        ("function", p["FunctionName"]),
        (p["Role"], p["Runtime"], p["Handler"].removeprefix("index."), p.get("Timeout", 3)),
    ),
    "AWS::Lambda::Permission": lambda p: (("statements", p["FunctionName"]), _statement(p)),
    "AWS::Lambda::EventSourceMapping": lambda p: (
        ("mapping", p["EventSourceArn"]),
        (p["FunctionName"], p.get("StartingPosition"), p.get("BatchSize")),
    ),
    "AWS::S3::Bucket": lambda p: (("notification", p["BucketName"]), _notified(p)),
    "AWS::S3::BucketPolicy": lambda p: (("bucket policy", p["Bucket"]), p["PolicyDocument"]),
    "AWS::SQS::Queue": lambda p: (
        ("queue", p["QueueName"]),
        (p.get("VisibilityTimeout", 30), p.get("DelaySeconds", 0)),
    ),
    "AWS::SQS::QueuePolicy": lambda p: (("queue policy", p["Queues"][0]), p["PolicyDocument"]),
    "AWS::SNS::Topic": lambda p: (("topic", p["TopicName"]), p.get("DisplayName", "")),
    "AWS::SNS::TopicPolicy": lambda p: (("topic policy", p["Topics"][0].rpartition(":")[2]), p["PolicyDocument"]),
    "AWS::SNS::Subscription": lambda p: (
        ("subscription", p["TopicArn"].rpartition(":")[2]),
        (p["Protocol"], p["Endpoint"]),
    ),
    "AWS::Kinesis::Stream": lambda p: (("stream", p["Name"]), p["ShardCount"]),
    "AWS::DynamoDB::Table": lambda p: (("table", p["TableName"]), (p["KeySchema"], p["AttributeDefinitions"])),
    "AWS::Events::Rule": lambda p: (("rule", p["Name"]), (p["EventPattern"], p.get("Targets", []))),
}
