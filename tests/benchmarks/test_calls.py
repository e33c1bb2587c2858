"""What the lab adds to a boto3 call: the same calls through its gate and on moto alone, and one invocation."""

import json
from contextlib import ExitStack
from functools import partial

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from perm_lab.cloud import Lab
from perm_lab.cloud.gate.sandbox import clean_environment
from perm_lab.cloud.internals.patches import Patches
from perm_lab.cloud.magic import HANDLER, deployment_package

ROUNDS, WARM = 200, 10
SHOP = "111111111111"
REGION = "us-east-1"
READS = ["s3:GetObject", "sqs:GetQueueAttributes"]
MAY_READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READS, "Resource": "*"}]}
SOURCE = "def lambda_handler(event, context):\n    return event['n'] + 1\n"


def furnish(session):
    """A bucket with an object and a queue, made by the session; the queue's URL."""
    s3 = session.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    return session.client("sqs").create_queue(QueueName="orders")["QueueUrl"]


def reading(service, session, queue):
    """The call that is measured, ready to be made: its HTTP status, or the code of its refusal."""
    method, params = {
        "s3": ("get_object", {"Bucket": "photos", "Key": "cat.jpg"}),
        "sqs": ("get_queue_attributes", {"QueueUrl": queue, "AttributeNames": ["All"]}),
    }[service]
    client = session.client(service)

    def call():
        try:
            return getattr(client, method)(**params)["ResponseMetadata"]["HTTPStatusCode"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    return call


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_on_moto_alone(benchmark, notes, service):
    patches = Patches()
    with ExitStack() as stack:
        stack.callback(patches.undo)
        clean_environment(patches)
        stack.enter_context(mock_aws())
        session = boto3.Session(region_name=REGION)
        call = reading(service, session, furnish(session))
        assert 200 == benchmark.pedantic(call, rounds=ROUNDS, warmup_rounds=WARM)
    notes.milliseconds(f"{service} moto", "min")


@pytest.mark.parametrize("service", ["s3", "sqs"])
@pytest.mark.parametrize(
    ("who", "policies", "answers"),
    [
        ("allowed", {"inline": {"may-read": MAY_READ}}, {200}),
        ("admin", {"managed": ["AdministratorAccess"]}, {200}),
        ("denied", {}, {"AccessDenied", "AccessDeniedException"}),
    ],
)
def test_through_the_gate(benchmark, notes, lab, service, who, policies, answers):
    shop = lab.account(SHOP, name="shop")
    call = reading(service, shop.user(who, **policies), furnish(shop.admin()))
    assert benchmark.pedantic(call, rounds=ROUNDS, warmup_rounds=WARM) in answers
    notes.milliseconds(f"{service} {who}", "min")


def test_an_invocation(benchmark, notes, lab):
    shop = lab.account(SHOP, name="shop")
    client = shop.admin().client("lambda")
    client.create_function(
        FunctionName="increment",
        Runtime="python3.13",
        Handler=HANDLER,
        Role=shop.role("increment-role", managed=["AWSLambdaBasicExecutionRole"]),
        Code={"ZipFile": deployment_package(SOURCE)},
    )
    invoke = partial(client.invoke, FunctionName="increment", Payload=json.dumps({"n": 41}))
    answer = benchmark.pedantic(invoke, rounds=ROUNDS, warmup_rounds=WARM)
    assert 42 == json.loads(answer["Payload"].read())
    notes.milliseconds("invoke", "min")
