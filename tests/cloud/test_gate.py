"""Every call of every client is judged, and a refusal is the service's own exception with AWS's sentence."""

import json

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud.conftest import PARTNER, SHOP, allow, document

MAYA = f"arn:aws:iam::{SHOP}:user/maya"


def refused(call, *args, **params):
    """The error of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "action"),
    [
        ("lambda", "list_functions", {}, "AccessDeniedException", "lambda:ListFunctions"),
        ("dynamodb", "scan", {"TableName": "orders"}, "AccessDeniedException", "dynamodb:Scan"),
        ("kinesis", "put_record", {"StreamName": "s", "Data": b"x", "PartitionKey": "p"}, "AccessDeniedException",
         "kinesis:PutRecord"),
        ("logs", "create_log_group", {"logGroupName": "g"}, "AccessDeniedException", "logs:CreateLogGroup"),
        ("kms", "list_keys", {}, "AccessDeniedException", "kms:ListKeys"),
        ("iam", "create_user", {"UserName": "x"}, "AccessDenied", "iam:CreateUser"),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{SHOP}:role/r", "RoleSessionName": "me"}, "AccessDenied",
         "sts:AssumeRole"),
        ("s3", "list_buckets", {}, "AccessDenied", "s3:ListAllMyBuckets"),
        ("sqs", "create_queue", {"QueueName": "q"}, None, "sqs:CreateQueue"),
        ("sns", "create_topic", {"Name": "t"}, "AuthorizationError", "SNS:CreateTopic"),
    ],
)  # fmt: skip
def test_refusal_has_the_services_own_shape(shop, service, operation, params, code, action):
    response = refused(getattr(shop.user("maya").client(service), operation), **params)
    assert response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    assert code is None or response["Error"]["Code"] == code
    message = response["Error"]["Message"]
    assert message.startswith(f"User: {MAYA} is not authorized to perform: ")
    assert action.lower() in message.lower()
    assert "because no identity-based policy allows the" in message


def test_exception_class_is_the_services_own(shop, admin):
    admin.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3 = shop.user("maya").client("s3")
    with pytest.raises(s3.exceptions.ClientError) as caught:
        s3.get_object(Bucket="photos", Key="cat.jpg")
    assert type(caught.value).__name__ in ("AccessDenied", "ClientError")


def test_every_service_of_botocore_is_gated(lab, shop):
    """One call without parameters of each service that has one; none goes through for a user without permissions."""
    maya = shop.user("maya")
    calls = 0
    for service in (
        "athena",
        "cloudformation",
        "cloudwatch",
        "ec2",
        "ecs",
        "events",
        "glue",
        "rds",
        "ssm",
        "stepfunctions",
    ):
        client = maya.client(service)
        model = client.meta.service_model
        operation = next(
            name
            for name in model.operation_names
            if name.startswith(("List", "Describe")) and not _required(model.operation_model(name))
        )
        refused(getattr(client, botocore.xform_name(operation)))
        calls += 1
    assert [record.allowed for record in lab.trail] == [False] * calls


def _required(operation):
    return operation.input_shape.required_members if operation.input_shape else []


def test_granted_call_goes_through_and_is_recorded(lab, shop):
    maya = shop.user("maya", inline={"make-queue": allow("sqs:CreateQueue", f"arn:aws:sqs:*:{SHOP}:orders")})
    maya.client("sqs").create_queue(QueueName="orders")
    record = lab.trail[-1]
    assert (record.allowed, record.action, record.caller) == (True, "sqs:CreateQueue", MAYA)
    assert record.resource == f"arn:aws:sqs:us-east-1:{SHOP}:orders"
    assert record.decision.deciding[0][0].name == "make-queue"
    assert refused(maya.client("sqs").create_queue, QueueName="other")


def test_change_of_policy_counts_at_once(shop, admin):
    maya, iam = shop.user("maya").client("s3"), admin.client("iam")
    refused(maya.list_buckets)
    iam.put_user_policy(UserName="maya", PolicyName="list", PolicyDocument=json.dumps(allow("s3:ListAllMyBuckets")))
    assert maya.list_buckets()["Buckets"] == []
    iam.delete_user_policy(UserName="maya", PolicyName="list")
    refused(maya.list_buckets)


def test_groups_and_managed_policies_count(shop, admin):
    iam = admin.client("iam")
    maya = shop.user("maya")
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AWSLambda_ReadOnlyAccess")
    refused(maya.client("lambda").list_functions)
    iam.add_user_to_group(GroupName="readers", UserName="maya")
    assert maya.client("lambda").list_functions()["Functions"] == []


def test_customer_managed_policy_follows_its_default_version(shop, admin):
    iam, maya = admin.client("iam"), shop.user("maya").client("s3")
    arn = iam.create_policy(PolicyName="list", PolicyDocument=json.dumps(allow("s3:ListAllMyBuckets")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="maya", PolicyArn=arn)
    maya.list_buckets()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(allow("s3:GetObject")), SetAsDefault=True)
    refused(maya.list_buckets)


def test_caller_needs_no_permission_to_ask_who_they_are(lab, shop):
    identity = shop.user("maya").client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (SHOP, MAYA)
    assert lab.trail[-1].decision is None and lab.trail[-1].allowed


def test_real_keys_made_by_the_learner_work(lab, shop, admin):
    iam = admin.client("iam")
    iam.create_user(UserName="noor")
    key = iam.create_access_key(UserName="noor")["AccessKey"]
    noor = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
    assert noor.client("sts").get_caller_identity()["Arn"].endswith("user/noor")
    iam.update_access_key(UserName="noor", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(noor.client("sts").get_caller_identity)["Error"]["Code"] == "InvalidClientTokenId"
    iam.update_access_key(UserName="noor", AccessKeyId=key["AccessKeyId"], Status="Active")
    noor.client("sts").get_caller_identity()
    iam.delete_access_key(UserName="noor", AccessKeyId=key["AccessKeyId"])
    assert refused(noor.client("sts").get_caller_identity)["Error"]["Code"] == "InvalidClientTokenId"


def test_role_is_assumed_through_its_trust_policy(lab, shop, admin):
    trust = document({"Effect": "Allow", "Principal": {"AWS": MAYA}, "Action": "sts:AssumeRole"})
    maya = shop.user("maya").client("sts")
    role = shop.role("lister", trust, inline={"list": allow("s3:ListAllMyBuckets")})
    keys = maya.assume_role(RoleArn=role, RoleSessionName="maya-now")["Credentials"]
    session = shop.session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert session.client("s3").list_buckets()["Buckets"] == []
    assert session.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{SHOP}:assumed-role/lister/maya-now"
    response = refused(session.client("sqs").list_queues)
    assert f"User: arn:aws:sts::{SHOP}:assumed-role/lister/maya-now is not" in response["Error"]["Message"]


def test_role_that_does_not_exist_looks_like_one_that_is_not_trusting(shop, admin):
    there = shop.role("closed", "ec2.amazonaws.com")
    messages = [
        refused(admin.client("sts").assume_role, RoleArn=arn, RoleSessionName="me")["Error"]["Message"]
        for arn in (there, there.replace("closed", "nowhere"))
    ]
    assert messages[0].replace("closed", "nowhere") == messages[1]


def test_session_policy_narrows_the_role(shop):
    trust = document({"Effect": "Allow", "Principal": {"AWS": MAYA}, "Action": "sts:AssumeRole"})
    sts = shop.user("maya").client("sts")
    role = shop.role("both", trust, inline={"both": allow(["s3:ListAllMyBuckets", "sqs:ListQueues"])})
    only = json.dumps(allow("s3:ListAllMyBuckets"))
    keys = sts.assume_role(RoleArn=role, RoleSessionName="narrow", Policy=only)["Credentials"]
    narrow = shop.session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    narrow.client("s3").list_buckets()
    message = refused(narrow.client("sqs").list_queues)["Error"]["Message"]
    assert "because no session policy allows the sqs:ListQueues action" in message


def test_permissions_boundary_caps_a_role(shop, admin):
    iam = admin.client("iam")
    arn = iam.create_policy(PolicyName="cap", PolicyDocument=json.dumps(allow("s3:*")))["Policy"]["Arn"]
    trust = document({"Effect": "Allow", "Principal": {"AWS": MAYA}, "Action": "sts:AssumeRole"})
    sts = shop.user("maya").client("sts")
    role = shop.role("capped", trust, inline={"all": allow("*")})
    iam.put_role_permissions_boundary(RoleName="capped", PermissionsBoundary=arn)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="capped")["Credentials"]
    capped = shop.session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    capped.client("s3").list_buckets()
    message = refused(capped.client("sqs").list_queues)["Error"]["Message"]
    assert "because no permissions boundary allows the sqs:ListQueues action" in message


def test_bucket_policy_grants_in_the_same_account_alone(shop, admin):
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    maya = shop.user("maya").client("s3")
    message = refused(maya.get_object, Bucket="photos", Key="cat.jpg")["Error"]["Message"]
    assert 'on resource: "arn:aws:s3:::photos/cat.jpg" because' in message
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": MAYA},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::photos/*",
    }
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(document(grant)))
    assert maya.get_object(Bucket="photos", Key="cat.jpg")["Body"].read() == b"meow"


def test_another_account_needs_both_sides(lab, shop, admin):
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    stranger = lab.account(PARTNER).user("pat")
    read = {"Bucket": "photos", "Key": "cat.jpg"}
    assert refused(stranger.client("s3").get_object, **read)["Error"]["Message"] == "Access Denied"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::photos/*",
    }
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(document(grant)))
    refused(stranger.client("s3").get_object, **read)
    lab.account(PARTNER).user("pat", inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*")})
    assert stranger.client("s3").get_object(**read)["Body"].read() == b"meow"


def test_queue_of_another_account(lab, shop, admin):
    sqs = admin.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    pat = lab.account(PARTNER).user("pat", inline={"send": allow("sqs:SendMessage")}).client("sqs")
    refused(pat.send_message, QueueUrl=url, MessageBody="hello")
    arn = f"arn:aws:sqs:us-east-1:{SHOP}:orders"
    grant = {"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document(grant))})
    pat.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_anonymous_caller(shop, admin):
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
    nobody = boto3.client("s3", config=Config(signature_version=UNSIGNED), region_name="us-east-1")
    refused(nobody.get_object, Bucket="photos", Key="cat.jpg")
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(document(public)))
    assert nobody.get_object(Bucket="photos", Key="cat.jpg")["Body"].read() == b"meow"


def test_unknown_operation_is_judged_on_everything_and_says_so(lab, shop):
    refused(shop.user("maya").client("glue").get_tables, DatabaseName="d")
    record = lab.trail[-1]
    assert (record.resource, record.decision.request.action) == ("*", "glue:GetTables")
    assert record.note


def test_resource_objects_and_paginators_and_waiters_are_gated(lab, shop, admin):
    maya = shop.user("maya")
    with pytest.raises(ClientError):
        list(maya.resource("s3").buckets.all())
    with pytest.raises(ClientError):
        list(maya.client("sqs").get_paginator("list_queues").paginate())
    assert [r.allowed for r in lab.trail] == [False, False]


def test_decide_asks_without_calling(lab, shop, admin):
    maya = shop.user("maya", inline={"list": allow("s3:ListAllMyBuckets")})
    assert lab.decide(maya, "s3:ListAllMyBuckets").allowed
    assert not lab.decide(MAYA, "s3:DeleteBucket", "arn:aws:s3:::photos").allowed
    assert len(lab.trail) == 0


def test_why_explains_a_caught_error(lab, shop):
    with pytest.raises(ClientError) as caught:
        shop.user("maya").client("lambda").list_functions()
    decision = lab.why(caught.value)
    assert not decision.allowed and decision.request.action == "lambda:ListFunctions"
    assert lab.why(lab.trail[-1]) == decision
    with pytest.raises(LookupError, match="did not come from"):
        lab.why(ValueError("x"))


def test_record_is_shaped_like_cloudtrail(lab, shop):
    refused(shop.user("maya").client("sqs").create_queue, QueueName="q")
    event = lab.trail[-1].event
    assert event["userIdentity"]["type"] == "IAMUser" and event["userIdentity"]["arn"] == MAYA
    assert event["userIdentity"]["accountId"] == SHOP and event["userIdentity"]["userName"] == "maya"
    assert (event["eventSource"], event["eventName"]) == ("sqs.amazonaws.com", "CreateQueue")
    assert event["requestParameters"] == {"queueName": "q"}
    assert "not authorized" in event["errorMessage"] and event["errorCode"]
    json.dumps(event)


def test_trail_reads_as_text(lab, shop):
    maya = shop.user("maya")
    refused(maya.client("sqs").create_queue, QueueName="q")
    maya.client("sts").get_caller_identity()
    first, second = str(lab.trail).splitlines()
    assert first.startswith("0  user/maya → sqs:CreateQueue  ✗")
    assert second == "1  user/maya → sts:GetCallerIdentity  ✓ needs no permission"
    assert len(lab.trail.denied) == 1 and len(lab.trail[:1]) == 1
    lab.trail.clear()
    assert str(lab.trail) == "no calls yet"


def test_account_ids_have_twelve_digits(lab):
    with pytest.raises(ValueError, match="`12345` is not an account id"):
        lab.account("12345")


def test_bad_set_up_changes_nothing(lab, shop):
    with pytest.raises(ValueError):
        shop.user("maya", inline={"bad": document({"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"})})
    with pytest.raises(LookupError):
        shop.user("maya", managed=("AWSLambdaBasicExecutionRol",))
    users = shop.admin().client("iam").list_users()["Users"]
    assert [user["UserName"] for user in users] == ["admin"]
