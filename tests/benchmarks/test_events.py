"""What an event costs from its source to the handler and on, every hop authorised, and the gate's part of it."""

import time
from contextlib import contextmanager
from unittest import mock

import pytest

from perm_lab.cloud import Lab, authorizer
from perm_lab.cloud.core.core import Core
from perm_lab.cloud.magic import HANDLER, deployment_package

ROUNDS, WARM = 60, 5
SHOP = "111111111111"
COPY = """
import boto3
s3 = boto3.client("s3")

def lambda_handler(event, context):
    s3.put_object(Bucket="thumbnails", Key=event["Records"][0]["s3"]["object"]["key"], Body=b"")
"""
COUNT = """
def lambda_handler(event, context):
    return len(event["Records"])
"""
PUT = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::thumbnails/*"},
}


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


def deploy(lab, source, managed, inline=None):
    shop = lab.account(SHOP)
    client = shop.admin().client("lambda")
    client.create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Handler=HANDLER,
        Role=shop.role("worker-role", managed=managed, inline=inline),
        Code={"ZipFile": deployment_package(source)},
    )
    return shop.admin(), f"arn:aws:lambda:us-east-1:{SHOP}:function:worker"


@contextmanager
def timed():
    """How long the gate takes inside the block, in a list of one: finding what a call needs, judging it, noting it."""
    spent = [0.0]

    def watch(method):
        def run(*args, **kwargs):
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                spent[0] += time.perf_counter() - start

        return run

    with (
        mock.patch.object(authorizer, "authorizations", watch(authorizer.authorizations)),
        mock.patch.object(Core, "judge", watch(Core.judge)),
        mock.patch.object(Core, "note", watch(Core.note)),
    ):
        yield spent


def test_an_object_to_its_thumbnail(benchmark, notes, lab):
    admin, function = deploy(lab, COPY, ["AWSLambdaBasicExecutionRole"], {"put": PUT})
    s3 = admin.client("s3")
    for bucket in ("photos", "thumbnails"):
        s3.create_bucket(Bucket=bucket)
    admin.client("lambda").add_permission(
        FunctionName="worker",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::photos",
        SourceAccount=SHOP,
    )
    s3.put_bucket_notification_configuration(
        Bucket="photos",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    keys = iter(range(10_000))

    def put():
        s3.put_object(Bucket="photos", Key=f"{next(keys)}.jpg", Body=b"meow")

    benchmark.pedantic(put, rounds=ROUNDS, warmup_rounds=WARM)
    made = s3.list_objects_v2(Bucket="photos")["KeyCount"]
    assert s3.list_objects_v2(Bucket="thumbnails")["KeyCount"] == made > 0
    assert not lab.trail.denied
    notes.milliseconds("event", "min")
    with timed() as spent:
        start = time.perf_counter()
        for _ in range(ROUNDS):
            put()
        notes.value("gate", 100 * spent[0] / (time.perf_counter() - start))


def test_a_thousand_records_in_batches_of_a_hundred(benchmark, notes, lab):
    admin, function = deploy(lab, COUNT, ["AWSLambdaKinesisExecutionRole"])
    kinesis = admin.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    admin.client("lambda").create_event_source_mapping(
        FunctionName="worker",
        EventSourceArn=f"arn:aws:kinesis:us-east-1:{SHOP}:stream/clicks",
        StartingPosition="TRIM_HORIZON",
        BatchSize=100,
    )

    def fill():
        for start in range(0, 1_000, 500):
            records = [{"Data": b"{}", "PartitionKey": str(n)} for n in range(start, start + 500)]
            kinesis.put_records(StreamName="clicks", Records=records)

    found = benchmark.pedantic(lab.drain, setup=fill, rounds=5, warmup_rounds=1)
    assert [step.records for step in found] == [100] * 10 + [0]
    notes.milliseconds("records", "min")
