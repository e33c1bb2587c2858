"""Sources of another account, encrypted sources, and sources that the lab has only the permissions of."""

import json

import pytest
from botocore.exceptions import ClientError

from perm_lab import catalog
from tests.cloud.conftest import PARTNER, SHOP, allow, document
from tests.cloud.test_pull import ECHO, KINESIS, QUEUE, SQS, map_to
from tests.cloud.test_push import events  # noqa: F401  (a fixture)


@pytest.mark.parametrize(("by_role", "by_queue"), [(True, True), (True, False), (False, True), (False, False)])
def test_another_account_s_queue_needs_both_sides(lab, shop, deploy, admin, by_role, by_queue, events):  # noqa: F811
    partner = lab.account(PARTNER).admin().client("sqs")
    url = partner.create_queue(QueueName="theirs")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{PARTNER}:theirs"
    deploy(ECHO, inline={"read": allow("sqs:*" if by_role else "sqs:SendMessage", arn)})
    role = f"arn:aws:iam::{SHOP}:role/thumbnails-role"
    if by_queue:
        policy = document({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sqs:*", "Resource": arn})
        partner.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    partner.send_message(QueueUrl=url, MessageBody="hello")
    if not (by_role and by_queue):
        with pytest.raises(ClientError, match="call ReceiveMessage on SQS"):
            map_to(admin, arn)
        return
    map_to(admin, arn)
    lab.drain()
    assert [event["Records"][0]["body"] for event in events()] == ["hello"]


def test_another_account_s_stream_needs_its_policy(lab, deploy, admin, events):  # noqa: F811
    partner = lab.account(PARTNER).admin().client("kinesis")
    partner.create_stream(StreamName="theirs", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{PARTNER}:stream/theirs"
    partner.put_record(StreamName="theirs", PartitionKey="one", Data=b"hello")
    deploy(ECHO, managed=KINESIS)
    with pytest.raises(ClientError, match="Cannot access stream"):
        map_to(admin, arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SHOP}:role/thumbnails-role"},
        "Action": ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords"]
        + ["kinesis:GetShardIterator", "kinesis:ListShards"],
        "Resource": arn,
    }
    partner.put_resource_policy(ResourceARN=arn, Policy=json.dumps(document(statement)))
    map_to(admin, arn)
    lab.drain()
    assert len(events()) == 1


def test_an_encrypted_queue_needs_decrypt_on_the_key(lab, shop, admin, deploy):
    key = admin.client("kms").create_key()["KeyMetadata"]["Arn"]
    sqs = admin.client("sqs")
    url = sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="secret")
    deploy(ECHO, managed=SQS)
    map_to(admin, QUEUE)
    assert "kms:Decrypt" in lab.poll()[0].result
    assert lab.trail.denied[-1].action == "kms:Decrypt"
    shop.role("thumbnails-role", inline={"key": allow("kms:Decrypt", key)})
    assert lab.poll()[0].result == "OK"


GIVEN = {
    "msk": f"arn:aws:kafka:us-east-1:{SHOP}:cluster/events/1",
    "mq-activemq": f"arn:aws:mq:us-east-1:{SHOP}:broker:main:b-1",
    "documentdb": f"arn:aws:rds:us-east-1:{SHOP}:cluster:docs",
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_source_that_the_lab_has_not_is_asked_for_each_permission(
    lab,
    shop,
    admin,
    deploy,
    name,
    events,  # noqa: F811
):
    source = catalog.event_source(name)
    deploy(ECHO)
    secret = f"arn:aws:secretsmanager:us-east-1:{SHOP}:secret:login"
    settings = {"SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": secret}]}
    position = {"StartingPosition": "LATEST"} if source.starting_position_needed else {}
    uuid = admin.client("lambda").create_event_source_mapping(
        FunctionName="thumbnails", EventSourceArn=GIVEN[name], **position, **settings
    )["UUID"]
    needed = [action for action in source.role_actions if not action.startswith(("logs:", "kms:"))]
    needed += [] if "secretsmanager:GetSecretValue" in needed else ["secretsmanager:GetSecretValue"]
    for n in range(len(needed)):
        shop.role("thumbnails-role", inline={"read": allow(needed[:n] or ["s3:GetObject"])})
        (step,) = lab.poll(uuid)
        assert step.failed and lab.trail.denied[-1].decision.request.action == needed[n]
    shop.role("thumbnails-role", inline={"read": allow(needed)})
    assert lab.poll(uuid)[0].result == "OK"
    lab.poll(uuid, batch={"mine": 1})
    assert events()[-1] == {"mine": 1}
    assert "${" not in json.dumps(events()[0])


def test_a_mapping_that_is_not_there_is_named(lab):
    with pytest.raises(LookupError, match="no event source mapping has the UUID `x`; there are: none"):
        lab.poll("x")
