"""Streams and their policies, tags of callers, and session tags: state of other services that verdicts rest on."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import SHOP, allow

TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
}
PHOTO_TEAM = {"StringEquals": {"aws:PrincipalTag/team": "photo"}}


def session_of(key):
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken"), region_name="us-east-1")


def test_a_stream_that_has_no_policy_of_its_own(shop, admin):
    admin.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    maya = shop.user("maya", inline={"read": allow("kinesis:DescribeStream")}).client("kinesis")
    assert "clicks" == maya.describe_stream(StreamName="clicks")["StreamDescription"]["StreamName"]
    with pytest.raises(maya.exceptions.AccessDeniedException, match="no identity-based policy allows"):
        maya.put_record(StreamName="clicks", Data=b"x", PartitionKey="p")


def test_a_tables_stream_is_read_by_its_arn(admin, lab):
    table = admin.client("dynamodb").create_table(**TABLE)["TableDescription"]
    found = admin.client("dynamodbstreams").describe_stream(StreamArn=table["LatestStreamArn"])
    assert "orders" == found["StreamDescription"]["TableName"]
    assert ("dynamodb:DescribeStream", table["LatestStreamArn"]) == (
        lab.trail[-1].decision.request.action,
        lab.trail[-1].resource,
    )


@pytest.mark.parametrize(("team", "allowed"), [("photo", True), ("video", False)])
def test_tags_of_a_user_are_keys_of_her_calls(admin, team, allowed):
    iam = admin.client("iam")
    iam.create_user(UserName="maya", Tags=[{"Key": "team", "Value": team}])
    document = json.dumps(allow("lambda:ListFunctions", Condition=PHOTO_TEAM))
    iam.put_user_policy(UserName="maya", PolicyName="list", PolicyDocument=document)
    client = session_of(iam.create_access_key(UserName="maya")["AccessKey"]).client("lambda")
    if allowed:
        assert [] == client.list_functions()["Functions"]
    else:
        with pytest.raises(ClientError, match="no identity-based policy allows the lambda:ListFunctions action"):
            client.list_functions()


def test_tags_of_a_session_win_over_those_of_its_role(admin, lab):
    iam = admin.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SHOP}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    role = iam.create_role(
        RoleName="reader",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        Tags=[{"Key": "team", "Value": "video"}, {"Key": "stage", "Value": "test"}],
    )["Role"]
    sts = admin.client("sts")
    keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="now", Tags=[{"Key": "team", "Value": "photo"}])
    with pytest.raises(ClientError) as caught:
        session_of(keys["Credentials"]).client("lambda").list_functions()
    found = lab.why(caught.value).request.keys
    assert (("photo",), ("test",)) == (found["aws:principaltag/team"], found["aws:principaltag/stage"])
    assert (f"{role['RoleId']}:now",) == found["aws:userid"]
