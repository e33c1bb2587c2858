"""Asynchronous invocations: retries, the dead-letter queue and destinations, each as the execution role."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import PARTNER, SHOP, allow, document
from tests.cloud.test_push import counted

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
QUEUE = f"arn:aws:sqs:us-east-1:{SHOP}:told"
TOPIC = f"arn:aws:sns:us-east-1:{SHOP}:told"
BUS = f"arn:aws:events:us-east-1:{SHOP}:event-bus/told"
BUCKET = "arn:aws:s3:::told"
OTHER = f"arn:aws:lambda:us-east-1:{SHOP}:function:told"
FAIL = "def lambda_handler(event, context):\n    raise ValueError('no')\n"
FINE = "def lambda_handler(event, context):\n    return 'fine'\n"
NEEDED = {
    QUEUE: ("sqs:SendMessage",),
    TOPIC: ("sns:Publish",),
    BUS: ("events:PutEvents",),
    BUCKET: ("s3:PutObject", "s3:ListBucket"),
    OTHER: ("lambda:InvokeFunction",),
}


@pytest.fixture
def told(admin, deploy):
    """Everything that may be told, and what a queue behind it all was told."""
    sqs, sns, events = admin.client("sqs"), admin.client("sns"), admin.client("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    sns.create_topic(Name="told")
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})
    events.create_event_bus(Name="told")
    events.put_rule(Name="all", EventBusName="told", EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule="all", EventBusName="told", Targets=[{"Id": "1", "Arn": QUEUE}])
    admin.client("s3").create_bucket(Bucket="told")
    deploy(
        "import boto3, json\ndef lambda_handler(event, context):\n"
        "    boto3.client('sqs').send_message(QueueUrl='https://sqs.us-east-1.amazonaws.com/"
        f"{SHOP}/told', MessageBody=json.dumps(event))\n",
        name="told",
        inline={"send": allow("sqs:SendMessage")},
    )

    def read():
        objects = admin.client("s3").list_objects_v2(Bucket="told").get("Contents", ())
        found = [admin.client("s3").get_object(Bucket="told", Key=o["Key"])["Body"].read() for o in objects]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        found += [message["Body"] for message in messages.get("Messages", ())]
        return [json.loads(text) for text in found]

    return read


def send(session, **event):
    answer = session.client("lambda").invoke(
        FunctionName="thumbnails", InvocationType="Event", Payload=json.dumps(event)
    )
    assert answer["StatusCode"] == 202 and "FunctionError" not in answer


def runs(lab, name="thumbnails"):
    return len([r for r in lab.trail if r.action == "sts:AssumeRole" and str(r.cause).endswith(f"to run {name}")])


@pytest.mark.parametrize(("retries", "expected"), [(None, 3), (0, 1), (1, 2)])
def test_a_failing_event_is_tried_again(lab, admin, deploy, retries, expected):
    deploy(FAIL)
    if retries is not None:
        admin.client("lambda").put_function_event_invoke_config(FunctionName="thumbnails", MaximumRetryAttempts=retries)
    send(admin)
    assert runs(lab) == expected


def test_the_caller_of_an_event_does_not_wait_for_a_role_that_cannot_be_assumed(lab, shop, admin, deploy):
    deploy(FINE)
    shop.role("thumbnails-role", "ec2.amazonaws.com")
    send(admin)
    assert len([r for r in lab.trail.denied if r.action == "sts:AssumeRole"]) == 3


@pytest.mark.parametrize("target", NEEDED, ids=lambda arn: arn.split(":")[2])
@pytest.mark.parametrize(("source", "side"), [(FINE, "OnSuccess"), (FAIL, "OnFailure")])
def test_a_destination_is_told_as_the_role(lab, shop, admin, deploy, told, target, source, side):
    grants = [{"Effect": "Allow", "Action": action, "Resource": [target, f"{target}/*"]} for action in NEEDED[target]]
    deploy(source, inline={"tell": document(*grants)})
    client = admin.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="thumbnails", DestinationConfig={side: {"Destination": target}}
    )
    send(admin, n=1)
    (record,) = told()
    record = record.get("detail", record)
    assert record["requestPayload"] == {"n": 1}
    assert record["requestContext"]["condition"] == ("Success" if source == FINE else "RetriesExhausted")
    assert record["requestContext"]["functionArn"] == f"{FUNCTION}:$LATEST"
    assert ("functionError" in record["responseContext"]) == (source == FAIL)
    shop.role("thumbnails-role", inline={"tell": allow("s3:GetObject")})
    send(admin, n=2)
    assert counted(admin, "AWS/Lambda", "DestinationDeliveryFailures") == 1
    refused = lab.trail.denied[-1]
    assert refused.caller == f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails"
    assert refused.decision.request.action == NEEDED[target][0]


@pytest.mark.parametrize("target", NEEDED, ids=lambda arn: arn.split(":")[2])
def test_a_destination_that_the_role_may_not_tell_is_refused(lab, admin, deploy, told, target):
    deploy(FINE)
    with pytest.raises(ClientError) as caught:
        admin.client("lambda").put_function_event_invoke_config(
            FunctionName="thumbnails", DestinationConfig={"OnSuccess": {"Destination": target}}
        )
    error = caught.value.response["Error"]
    call = NEEDED[target][0].partition(":")[2]
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"].startswith(f"The function execution role does not have permissions to call {call} on ")
    assert lab.why(caught.value).request.action == NEEDED[target][0]
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        admin.client("lambda").get_function_event_invoke_config(FunctionName="thumbnails")


@pytest.mark.parametrize(("target", "call"), [(QUEUE, "SendMessage on SQS"), (TOPIC, "Publish on SNS")])
def test_a_dead_letter_queue_is_checked_on_the_role_and_gets_the_event_itself(
    lab, shop, admin, deploy, told, target, call
):
    deploy(FAIL)
    client = admin.client("lambda")
    settings = {"FunctionName": "thumbnails", "DeadLetterConfig": {"TargetArn": target}}
    sentence = f"The provided execution role does not have permissions to call {call}"
    with pytest.raises(ClientError, match=sentence):
        client.update_function_configuration(**settings)
    assert "DeadLetterConfig" not in client.get_function_configuration(FunctionName="thumbnails")
    shop.role("thumbnails-role", inline={"tell": allow(list(NEEDED[target]), target)})
    client.update_function_configuration(**settings)
    send(admin, n=1)
    assert told() == [{"n": 1}]
    shop.role("thumbnails-role", inline={"tell": allow("s3:GetObject")})
    send(admin, n=2)
    assert counted(admin, "AWS/Lambda", "DeadLetterErrors") == 1


def test_a_queue_of_another_account_needs_its_policy_too(lab, admin, deploy):
    theirs = f"arn:aws:sqs:us-east-1:{PARTNER}:theirs"
    sqs = lab.account(PARTNER).admin().client("sqs")
    url = sqs.create_queue(QueueName="theirs")["QueueUrl"]
    deploy(FAIL, inline={"tell": allow("sqs:SendMessage", theirs)})
    config = {"FunctionName": "thumbnails", "DestinationConfig": {"OnFailure": {"Destination": theirs}}}
    with pytest.raises(ClientError, match="call SendMessage on SQS"):
        admin.client("lambda").put_function_event_invoke_config(**config)
    role = f"arn:aws:iam::{SHOP}:role/thumbnails-role"
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sqs:SendMessage", "Resource": theirs}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document(statement))})
    admin.client("lambda").put_function_event_invoke_config(**config)
    send(admin)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


@pytest.mark.parametrize("missing", ["CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"])
def test_a_function_in_a_vpc_needs_the_network_interface_actions(shop, admin, deploy, missing):
    needed = {"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"}
    deploy(FINE, inline={"network": allow(sorted(needed - {f"ec2:{missing}"}))})
    network = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    sentence = f"The provided execution role does not have permissions to call {missing} on EC2"
    with pytest.raises(ClientError, match=sentence):
        admin.client("lambda").update_function_configuration(FunctionName="thumbnails", VpcConfig=network)
    shop.role("thumbnails-role", managed=("AWSLambdaVPCAccessExecutionRole",))
    admin.client("lambda").update_function_configuration(FunctionName="thumbnails", VpcConfig=network)


def test_a_key_for_the_environment_asks_the_caller_for_a_grant(shop, admin, deploy):
    key = admin.client("kms").create_key()["KeyMetadata"]["Arn"]
    deploy(FINE)
    maya = shop.user("maya", inline={"change": allow("lambda:UpdateFunctionConfiguration")})
    with pytest.raises(ClientError, match="kms:CreateGrant"):
        maya.client("lambda").update_function_configuration(FunctionName="thumbnails", KMSKeyArn=key)
    shop.user("maya", inline={"key": allow(["kms:CreateGrant", "kms:Encrypt"], key)})
    maya.client("lambda").update_function_configuration(FunctionName="thumbnails", KMSKeyArn=key)
