"""A lab as a person holds it: what belongs to another lab, or to a closed one, is never taken for its own."""

import boto3
import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab, NetworkBlocked
from tests.cloud.conftest import PARTNER, SHOP, allow


def refused(lab, call="list_buckets", service="s3"):
    """The error that maya meets, who may do nothing."""
    with pytest.raises(ClientError) as caught:
        getattr(lab.account(SHOP).user("maya").client(service), call)()
    return caught.value


def test_an_error_of_an_earlier_lab_is_not_explained_by_another_call():
    with Lab() as earlier:
        error = refused(earlier)
    with Lab() as lab:
        other = refused(lab, "list_queues", "sqs")
        same_id = error.response["ResponseMetadata"]["RequestId"] == other.response["ResponseMetadata"]["RequestId"]
        assert same_id, "the ids begin again in each lab, as runs are reproducible"
        assert "sqs:ListQueues" == lab.why(other).request.action
        with pytest.raises(LookupError, match="did not come from a call in this lab"):
            lab.why(error)


def test_why_after_the_trail_was_cleared(lab):
    error = refused(lab)
    record = lab.trail[-1]
    lab.trail.clear()
    assert "s3:ListAllMyBuckets" == lab.why(record).request.action
    with pytest.raises(LookupError, match="the trail was cleared since"):
        lab.why(error)


def test_why_of_a_call_that_failed_for_no_permission_after_the_trail_was_cleared(lab, admin):
    with pytest.raises(ClientError):
        admin.client("lambda").get_function(FunctionName="nothing")
    record = lab.trail[-1]
    lab.trail.clear()
    assert lab.why(record).allowed


def test_the_trail_can_keep_the_newest_calls(lab, admin):
    for name in ("one", "two", "three"):
        admin.client("sqs").create_queue(QueueName=name)
    lab.trail.clear(keep=2)
    assert ["two", "three"] == [record.event["requestParameters"]["queueName"] for record in lab.trail]
    lab.trail.clear(keep=9)
    assert 2 == len(lab.trail)


ON_A_CLOSED_LAB = {
    "account": lambda lab: lab.account(PARTNER),
    "checkpoint": lambda lab: lab.checkpoint("again"),
    "decide": lambda lab: lab.decide(f"arn:aws:iam::{SHOP}:user/maya", "s3:ListAllMyBuckets"),
    "drain": lambda lab: lab.drain(),
    "fetch": lambda lab: lab.fetch("https://abc.lambda-url.us-east-1.on.aws/"),
    "poll": lambda lab: lab.poll(),
    "push": lambda lab: lab.push("function-url", f"arn:aws:lambda:us-east-1:{SHOP}:function:f"),
    "restore": lambda lab: lab.restore("before"),
    "survey": lambda lab: lab.survey(),
}


@pytest.mark.parametrize("what", ON_A_CLOSED_LAB.values(), ids=ON_A_CLOSED_LAB)
def test_a_closed_lab_does_nothing_to_the_open_one(what):
    closed = Lab()
    closed.account(SHOP).admin()
    closed.checkpoint("before")
    closed.close()
    with Lab() as lab:
        s3 = lab.account(SHOP).admin().client("s3")
        s3.create_bucket(Bucket="photos")
        with pytest.raises(RuntimeError, match="this lab is closed"):
            what(closed)
        assert ["photos"] == [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_sessions_and_accounts_of_a_closed_lab_do_nothing_to_the_open_one():
    with Lab() as closed:
        shop = closed.account(SHOP)
        session, client = shop.admin(), shop.admin().client("s3")
    with Lab() as lab:
        lab.account(SHOP).admin()
        for call in (client.list_buckets, session.client("s3").list_buckets, lambda: shop.role("new")):
            with pytest.raises(NetworkBlocked, match="a lab that is closed"):
                call()
        assert [] == list(lab.trail)


def test_each_caller_of_get_session_token_has_credentials_of_their_own(lab, shop, admin):
    nobody = shop.user("nobody")
    sessions = []
    for session in (admin, nobody):
        keys = session.client("sts").get_session_token()["Credentials"]
        sessions.append(boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    of_admin, of_nobody = sessions
    assert of_admin.get_credentials().access_key != of_nobody.get_credentials().access_key
    assert of_admin.get_credentials().access_key.startswith("ASIA")
    who = [each.client("sts").get_caller_identity()["Arn"] for each in sessions]
    assert [f"arn:aws:iam::{SHOP}:user/admin", f"arn:aws:iam::{SHOP}:user/nobody"] == who
    of_admin.client("s3").create_bucket(Bucket="photos")
    with pytest.raises(ClientError, match="user/nobody is not authorized to perform: s3:DeleteBucket"):
        of_nobody.client("s3").delete_bucket(Bucket="photos")


def test_a_denied_bucket_location_is_an_error_as_any_other(shop, admin):
    admin.client("s3").create_bucket(Bucket="photos")
    with pytest.raises(ClientError, match="AccessDenied"):
        shop.user("maya").client("s3").get_bucket_location(Bucket="photos")


def test_nobody_signs_as_the_lab_itself(lab, shop, admin):
    key = f"LABSYSTEM{SHOP}"
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        boto3.Session(key, "system").client("s3").list_buckets()


@pytest.mark.parametrize(("operation", "read_only"), [("ListQueues", True), ("CreateQueue", False)])
def test_a_record_says_whether_the_call_only_reads(lab, shop, operation, read_only):
    client = shop.user("maya", inline={"all": allow("sqs:*")}).client("sqs")
    client.list_queues() if read_only else client.create_queue(QueueName="orders")
    assert (operation, read_only) == (lab.trail[-1].event["eventName"], lab.trail[-1].event["readOnly"])
