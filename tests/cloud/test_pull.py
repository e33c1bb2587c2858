"""Streams and queues that Lambda polls with the execution role: checked when mapped, read when polled."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.iam import explain
from tests.cloud.conftest import SHOP, allow, document
from tests.cloud.test_push import events  # noqa: F401  (a fixture)

STREAM = f"arn:aws:kinesis:us-east-1:{SHOP}:stream/clicks"
QUEUE = f"arn:aws:sqs:us-east-1:{SHOP}:orders"
ECHO = "import json\n\ndef lambda_handler(event, context):\n    print('EVENT', json.dumps(event))\n"
FAIL_ON_BAD = """
import base64, json

def lambda_handler(event, context):
    bodies = [r.get("body") or base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    print("EVENT", json.dumps(bodies))
    if "bad" in bodies:
        raise ValueError("bad")
"""
REPORT = """
import base64, json

def lambda_handler(event, context):
    print("EVENT", json.dumps(len(event["Records"])))
    bad = [r.get("messageId") or r["kinesis"]["sequenceNumber"] for r in event["Records"]
           if (r.get("body") or base64.b64decode(r["kinesis"]["data"]).decode()) == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""
KINESIS = ("AWSLambdaKinesisExecutionRole",)
SQS = ("AWSLambdaSQSQueueExecutionRole",)


@pytest.fixture
def clicks(admin):
    kinesis = admin.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)

    def put(*texts):
        for text in texts:
            kinesis.put_record(StreamName="clicks", PartitionKey="one", Data=text.encode())

    return put


@pytest.fixture
def orders(admin):
    sqs = admin.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    def send(*texts):
        for text in texts:
            sqs.send_message(QueueUrl=url, MessageBody=text)

    return send


def waiting(session, name="orders"):
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


def map_to(session, source, **settings):
    position = {} if ":sqs:" in source else {"StartingPosition": "TRIM_HORIZON"}
    return session.client("lambda").create_event_source_mapping(
        FunctionName="thumbnails", EventSourceArn=source, **position, **settings
    )


def state(session, uuid):
    found = session.client("lambda").get_event_source_mapping(UUID=uuid)
    return found["State"], found.get("LastProcessingResult")


# what is checked when the mapping is made


@pytest.mark.parametrize("missing", ["GetRecords", "GetShardIterator", "DescribeStream", "ListShards"])
def test_a_stream_is_tried_with_each_permission_of_the_role(lab, shop, admin, deploy, clicks, missing):
    needed = [action for action in catalog.event_source("kinesis").role_actions if not action.endswith(f":{missing}")]
    deploy(ECHO, inline={"read": allow(needed, STREAM)})
    with pytest.raises(ClientError) as caught:
        map_to(admin, STREAM)
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": f"Cannot access stream {STREAM}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.",
    }
    refused = lab.trail.denied[-1]
    assert lab.why(caught.value) is refused.decision
    assert refused.action == f"kinesis:{missing}"
    assert refused.caller == f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails"
    shop.role("thumbnails-role", inline={"read": allow([*needed, f"kinesis:{missing}"], STREAM)})
    assert map_to(admin, STREAM)["State"] == "Creating"


@pytest.mark.parametrize("missing", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_queue_s_refusal_names_the_call(admin, deploy, orders, missing):
    needed = [action for action in catalog.event_source("sqs").role_actions if not action.endswith(f":{missing}")]
    deploy(ECHO, inline={"read": allow(needed, QUEUE)})
    with pytest.raises(ClientError, match=f"does not have permissions to call {missing} on SQS$"):
        map_to(admin, QUEUE)


def test_the_function_policy_has_no_say(admin, deploy, orders):
    deploy(ECHO)
    admin.client("lambda").add_permission(
        FunctionName="thumbnails", StatementId="s", Action="lambda:InvokeFunction", Principal="sqs.amazonaws.com"
    )
    with pytest.raises(ClientError, match="call ReceiveMessage on SQS"):
        map_to(admin, QUEUE)


def test_the_table_instead_of_its_stream_is_the_wrong_resource(shop, admin, deploy):
    table = admin.client("dynamodb").create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    actions = list(catalog.event_source("dynamodb-stream").role_actions)
    deploy(ECHO, inline={"read": allow(actions, table["TableArn"])})
    with pytest.raises(ClientError, match="Cannot access stream"):
        map_to(admin, table["LatestStreamArn"])
    listing = {"Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": "*"}
    read = {"Effect": "Allow", "Action": actions, "Resource": f"{table['TableArn']}/stream/*"}
    shop.role("thumbnails-role", inline={"read": document(read, listing)})
    map_to(admin, table["LatestStreamArn"])


# Kinesis and DynamoDB Streams


def test_records_reach_the_handler_in_batches_as_the_role_s_reads(lab, admin, deploy, clicks, events):  # noqa: F811
    deploy(ECHO, managed=KINESIS)
    uuid = map_to(admin, STREAM, BatchSize=2)["UUID"]
    assert state(admin, uuid) == ("Enabled", "No records processed")
    clicks("a", "b", "c")
    assert [step.records for step in lab.poll()] == [2]
    assert state(admin, uuid) == ("Enabled", "OK")
    assert [step.records for step in lab.drain()] == [1, 0]
    batches = [[base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]] for event in events()]
    assert batches == [["a", "b"], ["c"]]
    record = events()[0]["Records"][0]
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:kinesis", STREAM)
    read = [r for r in lab.trail if r.action == "kinesis:GetRecords" and "before" not in str(r.cause)]
    assert {r.caller for r in read} == {f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails"}
    assert {str(r.cause) for r in read} == {"poller of thumbnails"}


def test_latest_begins_with_what_comes_after_the_first_poll(lab, admin, deploy, clicks, events):  # noqa: F811
    deploy(ECHO, managed=KINESIS)
    clicks("old")
    admin.client("lambda").create_event_source_mapping(
        FunctionName="thumbnails", EventSourceArn=STREAM, StartingPosition="LATEST"
    )
    lab.poll()
    clicks("new")
    lab.drain()
    assert [base64.b64decode(e["Records"][0]["kinesis"]["data"]) for e in events()] == [b"new"]


def test_a_permission_lost_later_shows_in_the_mapping(lab, shop, admin, deploy, clicks):
    deploy(ECHO, managed=KINESIS)
    uuid = map_to(admin, STREAM)["UUID"]
    clicks("a")
    admin.client("iam").detach_role_policy(
        RoleName="thumbnails-role", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
    )
    (step,) = lab.poll()
    assert step.failed and step.records == 0 and not step.progress
    assert state(admin, uuid)[0] == "Enabled"
    assert state(admin, uuid)[1].startswith(f"PROBLEM: Cannot access stream {STREAM}.")
    assert "because no identity-based policy allows it" in explain(lab.why(lab.trail.denied[-1]))
    shop.role("thumbnails-role", managed=KINESIS)
    assert lab.poll()[0].result == "OK"


def test_a_trust_policy_without_lambda_stops_the_poller(lab, shop, admin, deploy, clicks):
    deploy(ECHO, managed=KINESIS)
    map_to(admin, STREAM)
    clicks("a")
    shop.role("thumbnails-role", "ec2.amazonaws.com")
    assert lab.poll()[0].result == "PROBLEM: The role defined for the function cannot be assumed by Lambda."


def test_a_failing_batch_holds_its_shard_up_until_its_retries_are_used(
    lab,
    admin,
    deploy,
    clicks,
    orders,
    events,  # noqa: F811
):
    deploy(FAIL_ON_BAD, managed=KINESIS, inline={"tell": allow("sqs:SendMessage", QUEUE)})
    settings = {"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    map_to(admin, STREAM, BatchSize=2, **settings)
    clicks("bad", "a", "b")
    steps = lab.drain()
    assert events() == [["bad", "a"], ["bad", "a"], ["b"]]
    assert [step.result for step in steps][:2] == ["PROBLEM: Function call failed"] * 2
    url = admin.client("sqs").get_queue_url(QueueName="orders")["QueueUrl"]
    told = json.loads(admin.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["KinesisBatchInfo"]["batchSize"] == 2 and told["KinesisBatchInfo"]["streamArn"] == STREAM


def test_without_a_limit_a_failing_batch_comes_for_ever_and_drain_stops(
    lab,
    admin,
    deploy,
    clicks,
    events,  # noqa: F811
):
    deploy(FAIL_ON_BAD, managed=KINESIS)
    map_to(admin, STREAM)
    clicks("bad")
    assert [step.progress for step in lab.drain()] == [False]
    lab.poll()
    assert events() == [["bad"], ["bad"]]


def test_bisect_finds_the_bad_record(lab, admin, deploy, clicks, events):  # noqa: F811
    deploy(FAIL_ON_BAD, managed=KINESIS)
    map_to(admin, STREAM, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    clicks("a", "bad", "b", "c")
    lab.drain()
    assert events() == [["a", "bad", "b", "c"], ["a", "bad"], ["a"], ["bad"], ["b", "c"]]


def test_a_reported_failure_comes_again_with_what_follows_it(lab, admin, deploy, clicks, events):  # noqa: F811
    deploy(REPORT, managed=KINESIS)
    map_to(admin, STREAM, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1)
    clicks("a", "bad", "c")
    lab.drain()
    assert events() == [3, 2]


def test_dynamodb_streams_bring_each_change(lab, admin, deploy, events):  # noqa: F811
    dynamodb = admin.client("dynamodb")
    stream = dynamodb.create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]["LatestStreamArn"]
    deploy(ECHO, managed=("AWSLambdaDynamoDBExecutionRole",))
    map_to(admin, stream)
    dynamodb.put_item(TableName="carts", Item={"id": {"S": "17"}})
    dynamodb.delete_item(TableName="carts", Key={"id": {"S": "17"}})
    lab.drain()
    records = [record for event in events() for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert records[0]["dynamodb"]["NewImage"] == {"id": {"S": "17"}}
    assert {record["eventSourceARN"] for record in records} == {stream}


# SQS


def test_messages_that_the_function_deals_with_are_deleted(lab, admin, deploy, orders, events):  # noqa: F811
    deploy(ECHO, managed=SQS)
    map_to(admin, QUEUE, BatchSize=2)
    orders("a", "b", "c")
    lab.drain()
    assert [[r["body"] for r in event["Records"]] for event in events()] == [["a", "b"], ["c"]]
    assert waiting(admin) == 0


def test_messages_that_fail_are_there_again_and_end_in_the_queue_s_dead_letter_queue(lab, admin, deploy, orders):
    sqs = admin.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    deploy(FAIL_ON_BAD, managed=SQS)
    map_to(admin, QUEUE)
    orders("bad")
    assert [lab.poll()[0].result for _ in range(3)] == ["PROBLEM: Function call failed"] * 2 + ["No records processed"]
    assert (waiting(admin), waiting(admin, "dead")) == (0, 1)


def test_only_the_reported_messages_stay(lab, admin, deploy, orders):
    deploy(REPORT, managed=SQS)
    map_to(admin, QUEUE, FunctionResponseTypes=["ReportBatchItemFailures"])
    orders("a", "bad", "c")
    lab.poll()
    assert waiting(admin) == 1


def test_filters_let_through_what_matches_and_delete_the_rest(lab, admin, deploy, orders, events):  # noqa: F811
    deploy(ECHO, managed=SQS)
    pattern = json.dumps({"body": {"kind": ["paid"]}})
    map_to(admin, QUEUE, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    orders('{"kind": "paid"}', '{"kind": "open"}', "text")
    lab.drain()
    assert [[r["body"] for r in event["Records"]] for event in events()] == [['{"kind": "paid"}']]
    assert waiting(admin) == 0


def test_messages_that_may_not_be_deleted_come_again(lab, shop, admin, deploy, orders):
    deploy(ECHO, inline={"read": allow("sqs:*", QUEUE)})
    map_to(admin, QUEUE)
    orders("a")
    shop.role("thumbnails-role", inline={"read": allow(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], QUEUE)})
    assert lab.poll()[0].result.startswith("PROBLEM: User: arn:aws:sts::")
    assert waiting(admin) == 1


def test_a_disabled_mapping_reads_nothing(lab, admin, deploy, orders):
    deploy(ECHO, managed=SQS)
    uuid = map_to(admin, QUEUE)["UUID"]
    orders("a")
    assert admin.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert (lab.poll()[0].records, waiting(admin)) == (0, 1)
    admin.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    assert lab.poll(uuid)[0].records == 1
