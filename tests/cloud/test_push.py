"""Services that push events: each calls as itself, the function policy decides, and each fails as the real one does."""

import base64
import gzip
import json
import time

import pytest
from botocore.exceptions import ClientError

from perm_lab.iam import explain
from tests.cloud.conftest import PARTNER, SHOP, allow

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
ECHO = "import json\n\ndef lambda_handler(event, context):\n    print('EVENT', json.dumps(event))\n    return event\n"


@pytest.fixture
def events(admin):
    """The events that the function was given so far."""

    def read(name="thumbnails"):
        logs = admin.client("logs")
        try:
            lines = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(line["message"][6:]) for line in lines if line["message"].startswith("EVENT ")]

    return read


@pytest.fixture
def grant(admin):
    def add(principal, **conditions):
        admin.client("lambda").add_permission(
            FunctionName="thumbnails",
            StatementId=f"let-{principal.partition('.')[0]}",
            Action="lambda:InvokeFunction",
            Principal=principal,
            **conditions,
        )

    return add


def invokes(lab, service):
    """The service's own calls in the trail: which it made, and whether each was allowed."""
    found = [record for record in lab.trail if record.caller == service]
    return [(record.event["requestParameters"]["invocationType"], record.allowed) for record in found]


# S3


@pytest.fixture
def bucket(admin):
    admin.client("s3").create_bucket(Bucket="photos")


def notify(session, **filters):
    row = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], **filters}
    session.client("s3").put_bucket_notification_configuration(
        Bucket="photos", NotificationConfiguration={"LambdaFunctionConfigurations": [row]}
    )


def test_s3_tries_the_function_when_the_notification_is_configured(lab, admin, deploy, bucket):
    deploy(ECHO)
    with pytest.raises(ClientError) as caught:
        notify(admin)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    )
    assert error["ArgumentValue1"] == f"Not authorized to invoke function [{FUNCTION}]"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    stored = admin.client("s3").get_bucket_notification_configuration(Bucket="photos")
    assert "LambdaFunctionConfigurations" not in stored
    assert invokes(lab, "s3.amazonaws.com") == [("DryRun", False)]


def test_s3_runs_the_function_for_each_object_made_copied_and_deleted(lab, admin, deploy, bucket, grant, events):
    deploy(ECHO)
    grant("s3.amazonaws.com", SourceArn="arn:aws:s3:::photos", SourceAccount=SHOP)
    notify(admin)
    s3 = admin.client("s3")
    s3.put_object(Bucket="photos", Key="a cat.jpg", Body=b"meow")
    s3.copy_object(Bucket="photos", Key="copy.jpg", CopySource="photos/a cat.jpg")
    s3.delete_object(Bucket="photos", Key="copy.jpg")
    records = [event["Records"][0] for event in events()]
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectRemoved:Delete",
    ]
    assert records[0]["s3"]["object"]["key"] == "a+cat.jpg"
    assert records[0]["s3"]["bucket"]["arn"] == "arn:aws:s3:::photos"
    assert records[0]["userIdentity"]["principalId"].startswith("AWS:")
    assert invokes(lab, "s3.amazonaws.com") == [("DryRun", True), *[("Event", True)] * 3]


def test_s3_sends_only_what_the_filter_lets_through(admin, deploy, bucket, grant, events):
    deploy(ECHO)
    grant("s3.amazonaws.com", SourceAccount=SHOP)
    notify(admin, Filter={"Key": {"FilterRules": [{"Name": "suffix", "Value": ".jpg"}]}})
    for key in ("cat.jpg", "cat.txt"):
        admin.client("s3").put_object(Bucket="photos", Key=key, Body=b"meow")
    assert [event["Records"][0]["s3"]["object"]["key"] for event in events()] == ["cat.jpg"]


def test_a_grant_taken_back_stops_the_events_and_nobody_is_told(lab, admin, deploy, bucket, grant, events):
    deploy(ECHO)
    grant("s3.amazonaws.com", SourceAccount=SHOP)
    notify(admin)
    admin.client("lambda").remove_permission(FunctionName="thumbnails", StatementId="let-s3")
    admin.client("s3").put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    assert events() == []
    refused = lab.trail.denied[-1]
    assert refused.caller == "s3.amazonaws.com" and str(refused.cause) == "Amazon S3 event notification photos"
    assert refused.decision.request.keys["aws:sourcearn"] == ("arn:aws:s3:::photos",)


@pytest.mark.parametrize(
    ("conditions", "allowed"),
    [
        ({}, True),  # the confused deputy: whoever has a bucket
        ({"SourceArn": "arn:aws:s3:::photos"}, True),  # the bucket of this name, whoever owns it now
        ({"SourceAccount": SHOP}, False),
        ({"SourceArn": "arn:aws:s3:::photos", "SourceAccount": SHOP}, False),
    ],
)
def test_a_stranger_with_a_bucket_of_that_name_gets_in_where_the_account_is_not_asked_for(
    lab, deploy, grant, conditions, allowed
):
    deploy(ECHO)
    grant("s3.amazonaws.com", **conditions)
    mallory = lab.account(PARTNER, name="mallory").admin()
    mallory.client("s3").create_bucket(Bucket="photos")
    try:
        notify(mallory)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidArgument"
        assert not allowed
    else:
        mallory.client("s3").put_object(Bucket="photos", Key="x", Body=b"")
        assert allowed
    assert lab.trail[-1].allowed is allowed or lab.trail.denied


# SNS and EventBridge: silent


def test_sns_delivers_or_drops_silently(lab, admin, deploy, grant, events):
    deploy(ECHO)
    sns = admin.client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    sns.publish(TopicArn=topic, Message="17", Subject="paid")
    assert events() == []
    assert invokes(lab, "sns.amazonaws.com") == [("Event", False)]
    assert counted(admin, "AWS/SNS", "NumberOfNotificationsFailed") == 1
    grant("sns.amazonaws.com", SourceArn=topic)
    attributes = {"kind": {"DataType": "String", "StringValue": "paid"}}
    sns.publish(TopicArn=topic, Message="18", MessageAttributes=attributes)
    record = events()[0]["Records"][0]
    assert (record["EventSource"], record["Sns"]["TopicArn"], record["Sns"]["Message"]) == ("aws:sns", topic, "18")
    assert record["Sns"]["MessageAttributes"] == {"kind": {"Type": "String", "Value": "paid"}}


def test_sns_sends_no_account_along(lab, admin, deploy, grant, events):
    deploy(ECHO)
    topic = admin.client("sns").create_topic(Name="orders")["TopicArn"]
    admin.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    grant("sns.amazonaws.com", SourceAccount=SHOP)
    admin.client("sns").publish(TopicArn=topic, Message="17")
    assert events() == []
    assert "the request carries no AWS:SourceAccount" in explain(lab.trail.denied[-1].decision)


def counted(session, namespace, metric):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    found = session.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86_400,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


@pytest.fixture
def rule(admin):
    events = admin.client("events")
    events.put_rule(Name="placed", EventPattern=json.dumps({"source": ["shop.orders"]}))
    return f"arn:aws:events:us-east-1:{SHOP}:rule/placed"


def put_event(session, source="shop.orders"):
    entry = {"Source": source, "DetailType": "Order Placed", "Detail": json.dumps({"order": 17})}
    assert session.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_eventbridge_delivers_what_the_rule_matches_or_drops_it_silently(lab, admin, deploy, grant, events, rule):
    deploy(ECHO)
    admin.client("events").put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": FUNCTION}])
    put_event(admin)
    assert events() == [] and counted(admin, "AWS/Events", "FailedInvocations") == 1
    grant("events.amazonaws.com", SourceArn=rule)
    put_event(admin)
    put_event(admin, "another.source")
    assert [(event["source"], event["detail"], event["account"]) for event in events()] == [
        ("shop.orders", {"order": 17}, SHOP)
    ]
    assert events()[0]["time"].endswith("Z")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail"}, {"order": 17}),
        (
            {"InputTransformer": {"InputPathsMap": {"o": "$.detail.order"}, "InputTemplate": '{"order": <o>}'}},
            {"order": 17},
        ),
    ],
)
def test_eventbridge_sends_what_the_target_asks_for(admin, deploy, grant, events, rule, target, expected):
    deploy(ECHO)
    grant("events.amazonaws.com", SourceArn=rule)
    admin.client("events").put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": FUNCTION, **target}])
    put_event(admin)
    assert events() == [expected]


@pytest.mark.parametrize(("trusted", "granted"), [(True, True), (True, False), (False, True)])
def test_eventbridge_with_a_role_needs_trust_and_permission_and_no_function_policy(
    lab, shop, admin, deploy, events, rule, trusted, granted
):
    deploy(ECHO)
    role = shop.role(
        "caller",
        "events.amazonaws.com" if trusted else "scheduler.amazonaws.com",
        inline={"call": allow("lambda:InvokeFunction" if granted else "lambda:GetFunction", FUNCTION)},
    )
    admin.client("events").put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": FUNCTION, "RoleArn": role}])
    put_event(admin)
    assert len(events()) == (trusted and granted)
    if trusted and not granted:
        assert "no identity-based policy allows the lambda:InvokeFunction action" in lab.trail.denied[-1].error_message
    if not trusted:
        assert lab.trail.denied[-1].action == "sts:AssumeRole"


# CloudWatch Logs and Secrets Manager: tried when configured


def test_logs_tries_the_function_and_then_sends_matching_lines(admin, deploy, grant, events):
    deploy(ECHO)
    logs = admin.client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    wanted = {"logGroupName": "app", "filterName": "all", "filterPattern": "", "destinationArn": FUNCTION}
    with pytest.raises(ClientError) as caught:
        logs.put_subscription_filter(**wanted)
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterException",
        "Message": "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
        "execute your function.",
    }
    grant("logs.amazonaws.com", SourceArn=f"arn:aws:logs:us-east-1:{SHOP}:log-group:app:*", SourceAccount=SHOP)
    logs.put_subscription_filter(**wanted)
    logs.put_log_events(
        logGroupName="app", logStreamName="one", logEvents=[{"timestamp": int(time.time() * 1000), "message": "hello"}]
    )
    data = json.loads(gzip.decompress(base64.b64decode(events()[0]["awslogs"]["data"])))
    assert (data["logGroup"], data["logEvents"][0]["message"]) == ("app", "hello")


def test_secrets_manager_asks_for_the_function_policy_and_runs_the_four_steps(admin, deploy, grant, events):
    deploy(ECHO)
    secrets = admin.client("secretsmanager")
    secret = secrets.create_secret(Name="db", SecretString="x")["ARN"]
    with pytest.raises(ClientError) as caught:
        secrets.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "Secrets Manager cannot invoke the specified Lambda function." in caught.value.response["Error"]["Message"]
    grant("secretsmanager.amazonaws.com", SourceArn=secret)
    secrets.rotate_secret(SecretId="db", RotationLambdaARN=FUNCTION)
    assert [event["Step"] for event in events()] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert {event["SecretId"] for event in events()} == {secret}


def test_a_handler_that_feeds_itself_is_stopped(lab, admin, deploy, bucket, grant):
    source = """
import boto3
def lambda_handler(event, context):
    boto3.client("s3").put_object(Bucket="photos", Key="again.jpg", Body=b"")
"""
    deploy(source, inline={"put": allow("s3:PutObject")})
    grant("s3.amazonaws.com", SourceAccount=SHOP)
    notify(admin)
    admin.client("s3").put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    runs = [record for record in lab.trail if record.action == "s3:PutObject"]
    assert len(runs) == 17


def test_why_finds_the_permission_behind_a_refused_configuration(lab, admin, deploy, bucket):
    deploy(ECHO)
    with pytest.raises(ClientError) as caught:
        notify(admin)
    decision = lab.why(caught.value)
    assert decision.request.principal.service == "s3.amazonaws.com"
    assert decision.request.resource == FUNCTION
