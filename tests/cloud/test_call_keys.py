"""What a call brings along besides action and resource: condition keys, the resource's owner, the service that a role
is passed to, a note; and how its refusal reads.

Follows the condition keys of the Service Authorization Reference and "Troubleshoot access denied error messages" (IAM
user guide).
"""

import pytest

from perm_lab.cloud.gate.actions import Check, denied_error
from perm_lab.iam import Arn
from tests.cloud.asking import FUNCTION, KEY, LAYER, MANAGED, REGION, ROLE, SHARDS, TOPIC, ask, name
from tests.cloud.conftest import PARTNER, SHOP

# call, parameters, and the condition keys in the context of its first check
KEYS = [
    ("s3.ListObjectsV2", {"Bucket": "photos", "Prefix": "", "Delimiter": "/", "MaxKeys": 5},
     {"s3:prefix": "", "s3:delimiter": "/", "s3:max-keys": "5"}),
    ("s3.ListObjectsV2", {"Bucket": "photos"}, {}),
    ("s3.GetObject", {"Bucket": "photos", "Key": "k", "VersionId": "3"}, {"s3:versionid": "3"}),
    ("s3.PutObject", {"Bucket": "photos", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY,
                      "StorageClass": "GLACIER", "ACL": "public-read", "Tagging": "team=a&note="},
     {"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": KEY,
      "s3:x-amz-storage-class": "GLACIER", "s3:x-amz-acl": "public-read", "s3:RequestObjectTag/team": "a",
      "s3:RequestObjectTag/note": "", "s3:RequestObjectTagKeys": ("team", "note")}),
    ("s3.PutObjectTagging", {"Bucket": "photos", "Key": "k", "Tagging": {"TagSet": [{"Key": "team", "Value": "a"}]}},
     {"s3:RequestObjectTag/team": "a", "s3:RequestObjectTagKeys": ("team",)}),
    ("s3.CreateBucket",
     {"Bucket": "new",
      "CreateBucketConfiguration": {"LocationConstraint": REGION, "Tags": [{"Key": "a", "Value": "b"}]}},
     {"s3:locationconstraint": REGION, "aws:RequestTag/a": "b", "aws:TagKeys": ("a",)}),
    ("iam.AttachRolePolicy", {"RoleName": "render", "PolicyArn": MANAGED}, {"iam:PolicyARN": MANAGED}),
    ("iam.DetachUserPolicy", {"UserName": "maya", "PolicyArn": MANAGED}, {"iam:PolicyARN": MANAGED}),
    ("iam.GetPolicy", {"PolicyArn": MANAGED}, {}),
    ("iam.CreateRole", {"RoleName": "new", "PermissionsBoundary": MANAGED, "Tags": [{"Key": "team", "Value": "a"}]},
     {"iam:PermissionsBoundary": MANAGED, "aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}),
    ("iam.UntagRole", {"RoleName": "render", "TagKeys": ["team"]}, {"aws:TagKeys": ("team",)}),
    ("iam.CreateServiceLinkedRole", {"AWSServiceName": "lambda.amazonaws.com"},
     {"iam:AWSServiceName": "lambda.amazonaws.com"}),
    ("sts.AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "me", "ExternalId": "42", "SourceIdentity": "maya",
                        "Tags": [{"Key": "team", "Value": "a"}], "TransitiveTagKeys": ["team"]},
     {"sts:RoleSessionName": "me", "sts:ExternalId": "42", "sts:SourceIdentity": "maya", "aws:RequestTag/team": "a",
      "aws:TagKeys": ("team",), "sts:TransitiveTagKeys": ("team",)}),
    ("sqs.CreateQueue", {"QueueName": "q", "tags": {"team": "a"}},
     {"aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}),
    ("sns.Subscribe", {"TopicArn": f"{TOPIC}:news", "Protocol": "lambda", "Endpoint": f"{FUNCTION}:f"},
     {"sns:Protocol": "lambda", "sns:Endpoint": f"{FUNCTION}:f"}),
    ("dynamodb.Query", {"TableName": "orders", "Select": "COUNT"}, {"dynamodb:Select": "COUNT"}),
    ("kms.Encrypt", {"KeyId": "alias/photos", "Plaintext": b"x", "EncryptionContext": {"order": "7"}},
     {"kms:CallerAccount": SHOP, "kms:RequestAlias": "alias/photos", "kms:EncryptionContext:order": "7",
      "kms:EncryptionContextKeys": ("order",)}),
    ("kms.CreateGrant", {"KeyId": KEY, "GranteePrincipal": ROLE, "Operations": ["Decrypt"]},
     {"kms:CallerAccount": SHOP, "kms:GranteePrincipal": ROLE, "kms:GrantOperations": ("Decrypt",)}),
    ("kms.TagResource", {"KeyId": KEY, "Tags": [{"TagKey": "team", "TagValue": "a"}]},
     {"kms:CallerAccount": SHOP, "aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}),
    ("events.PutTargets", {"Rule": "nightly", "Targets": [{"Id": "1", "Arn": f"{FUNCTION}:f"}]},
     {"events:TargetArn": (f"{FUNCTION}:f",)}),
    ("events.PutEvents", {"Entries": [{"Source": "shop", "DetailType": "order"}]},
     {"events:source": "shop", "events:detail-type": "order"}),
    ("lambda.CreateFunction",
     {"FunctionName": "resize", "Code": {}, "Layers": [f"{LAYER}:2"], "CodeSigningConfigArn": "arn:c",
      "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}, "Tags": {"team": "a"}},
     {"lambda:Layer": (f"{LAYER}:2",), "lambda:CodeSigningConfigArn": "arn:c",
      "lambda:SubnetIds": ("subnet-1", "subnet-2"), "lambda:VpcIds": "vpc-1",
      "lambda:SecurityGroupIds": ("sg-1",), "aws:RequestTag/team": "a",
      "aws:TagKeys": ("team",)}),
    ("lambda.AddPermission", {"FunctionName": "resize", "Principal": "s3.amazonaws.com", "FunctionUrlAuthType": "NONE"},
     {"lambda:Principal": "s3.amazonaws.com", "lambda:FunctionUrlAuthType": "NONE"}),
    ("lambda.CreateEventSourceMapping", {"FunctionName": "resize"}, {"lambda:FunctionArn": f"{FUNCTION}:resize"}),
    ("lambda.CreateFunctionUrlConfig", {"FunctionName": "resize", "AuthType": "AWS_IAM"},
     {"lambda:FunctionArn": f"{FUNCTION}:resize", "lambda:FunctionUrlAuthType": "AWS_IAM"}),
    ("lambda.GetFunction", {"FunctionName": "resize"}, {}),
    ("glue.CreateJob", {"Name": "j", "Tags": {"team": "a"}}, {"aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}),
]  # fmt: skip

# call, parameters, and the account that owns the resource of the first check
OWNERS = [
    ("s3.GetObject", {"Bucket": "theirs", "Key": "k"}, PARTNER),
    ("s3.CreateBucket", {"Bucket": "new"}, SHOP),
    ("sqs.SendMessage", {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{PARTNER}/q"}, PARTNER),
    ("lambda.Invoke", {"FunctionName": f"{PARTNER}:function:f"}, PARTNER),
    ("sts.AssumeRole", {"RoleArn": f"arn:aws:iam::{PARTNER}:role/r", "RoleSessionName": "me"}, PARTNER),
    ("kms.Encrypt", {"KeyId": f"arn:aws:kms:{REGION}:{PARTNER}:alias/photos", "Plaintext": b"x"}, PARTNER),
    ("iam.GetPolicy", {"PolicyArn": MANAGED}, SHOP),
    ("glue.GetTables", {}, SHOP),
]
# call, parameters, and the service that a role is passed to
PASSED = [
    ("lambda.CreateFunction", {"FunctionName": "f", "Role": ROLE, "Code": {}}, "lambda.amazonaws.com"),
    ("iam.AddRoleToInstanceProfile", {"InstanceProfileName": "web", "RoleName": "render"}, "ec2.amazonaws.com"),
    ("events.PutRule", {"Name": "nightly", "RoleArn": ROLE}, "events.amazonaws.com"),
    ("logs.PutSubscriptionFilter", {"logGroupName": "g", "destinationArn": SHARDS, "roleArn": ROLE},
     "logs.amazonaws.com"),
    ("s3.PutBucketReplication", {"Bucket": "photos", "ReplicationConfiguration": {"Role": ROLE}}, "s3.amazonaws.com"),
    ("sns.Subscribe", {"TopicArn": f"{TOPIC}:news", "Attributes": {"SubscriptionRoleArn": ROLE}}, "sns.amazonaws.com"),
    ("stepfunctions.CreateStateMachine", {"name": "pay", "roleArn": ROLE}, "states.amazonaws.com"),
]  # fmt: skip
# call, parameters, and the note that says what the lab had to assume
NOTES = [
    ("s3.GetObject", {"Bucket": "photos", "Key": "k"}, ""),
    ("s3.ListBuckets", {}, ""),
    ("glue.GetTables", {}, "the action glue:GetTables is not in the lab's tables: asked on `*`"),
    ("kms.Decapsulate", {"KeyId": KEY}, "the action kms:Decapsulate is not in the lab's tables: asked on `*`"),
    ("sns.Publish", {"PhoneNumber": "+1"}, "the resource of sns:Publish is not told by this call: asked on `*`"),
    ("kinesis.GetRecords", {"ShardIterator": "opaque!"},
     "the resource of kinesis:GetRecords is not told by this call: asked on `*`"),
    ("iam.GetUser", {}, "the resource of iam:GetUser is not told by this call: asked on `*`"),
    ("dynamodb.ExecuteStatement", {"Statement": "HELLO"},
     "the resource of dynamodb:PartiQLSelect is not told by this call: asked on `*`"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "params", "context"), KEYS, ids=name)
def test_a_call_brings_these_condition_keys(call, params, context):
    assert context == ask(call, params)[0].context


@pytest.mark.parametrize(("call", "params", "owner"), OWNERS, ids=name)
def test_a_resource_belongs_to(call, params, owner):
    assert owner == ask(call, params)[0].resource_account


@pytest.mark.parametrize(("call", "params", "service"), PASSED, ids=name)
def test_a_role_is_passed_to_a_service(call, params, service):
    first, *_, last = ask(call, params)
    context = {"iam:PassedToService": service, "iam:AssociatedResourceArn": first.resource}
    assert Check("iam:PassRole", ROLE, SHOP, context) == last


@pytest.mark.parametrize(("call", "params", "note"), NOTES, ids=name)
def test_what_the_lab_assumes_is_noted(call, params, note):
    check = ask(call, params)[0]
    assert note == check.note


@pytest.mark.parametrize(
    ("call", "message", "same_account", "error"),
    [
        ("s3.GetObject", "U may not s3:GetObject on resource: arn:aws:s3:::b/k because no", True,
         ("AccessDenied", 403, 'U may not s3:GetObject on resource: "arn:aws:s3:::b/k" because no')),
        ("s3.ListBuckets", "U is not authorized to perform: s3:ListAllMyBuckets because no", True,
         ("AccessDenied", 403, "U is not authorized to perform: s3:ListAllMyBuckets because no")),
        ("s3.GetObject", "U is not authorized", False, ("AccessDenied", 403, "Access Denied")),
        ("s3.HeadObject", "U is not authorized", True, ("403", 403, "Forbidden")),
        ("sns.Publish", "U is not authorized", True, ("AuthorizationError", 403, "U is not authorized")),
        ("sqs.SendMessage", "U is not authorized", True, ("AccessDenied", 403, "U is not authorized")),
        ("lambda.Invoke", "U is not authorized", True, ("AccessDeniedException", 403, "U is not authorized")),
        ("dynamodbstreams.GetRecords", "U is not", True, ("AccessDeniedException", 400, "U is not")),
        ("glue.GetTables", "U is not authorized", True, ("AccessDeniedException", 400, "U is not authorized")),
        ("ec2.RunInstances", "U is not authorized", True,
         ("UnauthorizedOperation", 403, "You are not authorized to perform this operation. U is not authorized")),
    ],
)  # fmt: skip
def test_a_service_refuses_in_its_own_way(call, message, same_account, error):
    assert error == denied_error(*call.split("."), message, same_account)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("arn:aws:s3:::photos/a:b", ("aws", "s3", "", "", "photos/a:b")),
        (f"{FUNCTION}:f:prod", ("aws", "lambda", REGION, SHOP, "function:f:prod")),
        ("arn:aws-cn:iam::aws:policy/x", ("aws-cn", "iam", "", "aws", "policy/x")),
    ],
)
def test_an_arn_is_taken_apart(text, parts):
    arn = Arn.parse(text)
    assert (text, *parts) == (arn.text, arn.partition, arn.service, arn.region, arn.account, arn.resource)


@pytest.mark.parametrize("text", ["", "photos", "arn:aws:s3:photos", "urn:aws:s3:::photos"])
def test_what_is_no_arn_is_refused(text):
    with pytest.raises(ValueError, match=r"is not an ARN; an ARN has six parts"):
        Arn.parse(text)
