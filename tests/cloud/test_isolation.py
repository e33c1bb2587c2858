"""While a lab is open nothing of the machine is read and nothing leaves it; afterwards all is as it was."""

import json
import os
import socket
import subprocess
import sys

import boto3
import botocore.handlers
import pytest
import requests
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from perm_lab.cloud import Lab, NetworkBlocked

REAL_LOOKING = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCY"}


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch):
    """Any attempt to open a connection fails the test, whatever code makes it."""

    def refuse(*args, **kwargs):
        raise AssertionError(f"a connection was tried: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with credentials, a profile and endpoints of its own."""
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\nendpoint_url = https://real.example\n")
    shared = tmp_path / "credentials"
    shared.write_text("[default]\naws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://everything.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://buckets.example")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")


def test_machine_settings_are_neither_used_nor_lost(machine):
    before = dict(os.environ)
    with Lab() as lab:
        with pytest.raises(NoCredentialsError):
            boto3.client("s3").list_buckets()
        s3 = lab.account("111111111111").admin().client("s3")
        s3.create_bucket(Bucket="photos")
        assert s3.meta.endpoint_url == "https://s3.amazonaws.com"
        assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["photos"]
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("iam", "list_users", "InvalidClientTokenId"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("dynamodb", "list_tables", "UnrecognizedClientException"),
    ],
)
def test_real_looking_credentials_are_refused_as_unknown(lab, service, call, code):
    client = boto3.Session(**REAL_LOOKING, region_name="us-east-1").client(service)
    with pytest.raises(ClientError) as refused:
        getattr(client, call)()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_wrong_secret_is_refused(lab, shop, admin):
    keys = admin.get_credentials()
    forged = boto3.Session(keys.access_key, "guessed", region_name="us-east-1")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        forged.client("sts").get_caller_identity()


def test_explicit_endpoint_is_not_called(lab, admin):
    with pytest.raises(NetworkBlocked, match="nothing leaves this machine"):
        admin.client("sqs", endpoint_url="https://sqs.example").list_queues()


def test_client_from_before_the_lab_is_not_let_through():
    old = boto3.Session(**REAL_LOOKING, region_name="us-east-1").client("s3")
    with Lab(), pytest.raises(NetworkBlocked, match="after the lab is opened"):
        old.list_buckets()


def test_client_of_a_closed_lab_does_not_call_out(lab, admin):
    s3 = admin.client("s3")
    lab.close()
    with pytest.raises(NetworkBlocked, match="closed"):
        s3.list_buckets()


def test_plain_http_to_aws_does_not_pass_the_gate(lab, admin):
    admin.client("s3").create_bucket(Bucket="photos")
    with pytest.raises(NetworkBlocked):
        requests.get("https://photos.s3.amazonaws.com/", timeout=1)


def test_closing_leaves_boto3_as_it_was():
    boto3.setup_default_session(region_name="eu-central-1")
    before = (boto3.DEFAULT_SESSION, list(botocore.handlers.BUILTIN_HANDLERS), URLLib3Session.send, list(sys.path))
    try:
        lab = Lab()
        lab.account("111111111111").sign_in("maya")
        assert boto3.DEFAULT_SESSION is not before[0]
        lab.close()
        lab.close()
        after = (boto3.DEFAULT_SESSION, list(botocore.handlers.BUILTIN_HANDLERS), URLLib3Session.send, list(sys.path))
        assert after == before
    finally:
        boto3.DEFAULT_SESSION = None


def test_labs_share_nothing():
    with Lab() as first:
        first.account("111111111111").admin().client("s3").create_bucket(Bucket="photos")
    with Lab() as second:
        admin = second.account("111111111111").admin()
        assert admin.client("s3").list_buckets()["Buckets"] == []
        assert len(second.trail) == 1


def test_only_one_lab_is_open_at_a_time(lab):
    with pytest.raises(RuntimeError, match="already open"):
        Lab()
    again = Lab.start()
    try:
        with pytest.raises(RuntimeError, match="closed"):
            lab.account("333333333333")
    finally:
        again.close()


def test_runs_are_reproducible():
    def run():
        with Lab() as lab:
            admin = lab.account("111111111111").admin()
            admin.client("sqs").create_queue(QueueName="orders")
            return admin.get_credentials().access_key, lab.trail[0].request_id

    assert run() == run()


READS_DATA = """
from collections import Counter
from botocore.loaders import JSONFileLoader
from perm_lab import Lab

reads, load = Counter(), JSONFileLoader.load_file

def counted(self, path):
    content = load(self, path)
    reads[path.rpartition("data/")[2]] += content is not None
    return content

JSONFileLoader.load_file = counted
for _ in range(2):
    with Lab() as lab:
        for account in ("111111111111", "222222222222"):
            session = lab.account(account).admin()
            session.client("logs").describe_log_groups()
            session.client("sqs").list_queues()
print(reads["endpoints"], reads["partitions"], max(reads.values()))
"""


def test_what_botocore_knows_is_read_once_in_a_process_and_what_moto_adds_once_more():
    done = subprocess.run([sys.executable, "-c", READS_DATA], capture_output=True, text=True, check=True)
    assert "1 1 2" == done.stdout.strip()


@pytest.mark.parametrize("action", ["sts:AssumeRole", "STS:assumerole", "sts:tagsession"])
def test_the_actions_of_a_trust_policy_have_no_case(shop, admin, action):
    shop.role("worker")
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": action}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    admin.client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=document)
    assert admin.client("iam").get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"]["Statement"] == [
        statement
    ]


def test_a_trust_policy_of_another_service_is_refused(shop, admin):
    shop.role("worker")
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "s3:GetObject"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        admin.client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=document)
