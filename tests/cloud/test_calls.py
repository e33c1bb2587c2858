"""A call → the permissions that AWS asks for, each an action on a resource.

Follows the Service Authorization Reference (actions, resource types and, since 2026, API operations), "Required
permissions for Amazon S3 API operations" (S3 user guide), "CloudWatch Logs resources and operations" (CloudWatch Logs
user guide) and the "Required permissions" of each KMS operation.
"""

import base64

import pytest

from perm_lab import catalog
from tests.cloud.asking import (
    BUS,
    FUNCTION,
    GROUP,
    IAM,
    KEY,
    LAYER,
    MANAGED,
    OTHER_KEY,
    QUEUE,
    REGION,
    ROLE,
    RULE,
    SHARDS,
    STREAM,
    TABLE,
    TOPIC,
    ask,
    item,
    name,
)
from tests.cloud.conftest import PARTNER, SHOP, allow

# call, parameters, and what is asked for: an action and its resource a line
RESOURCES = [
    # S3: the bucket or the object
    ("s3.ListBuckets", {}, "s3:ListAllMyBuckets *"),
    ("s3.CreateBucket", {"Bucket": "new"}, "s3:CreateBucket arn:aws:s3:::new"),
    ("s3.HeadBucket", {"Bucket": "photos"}, "s3:ListBucket arn:aws:s3:::photos"),
    ("s3.ListObjectsV2", {"Bucket": "photos"}, "s3:ListBucket arn:aws:s3:::photos"),
    ("s3.ListObjectVersions", {"Bucket": "photos"}, "s3:ListBucketVersions arn:aws:s3:::photos"),
    ("s3.GetObject", {"Bucket": "photos", "Key": "a/cat.jpg"}, "s3:GetObject arn:aws:s3:::photos/a/cat.jpg"),
    ("s3.GetObject", {"Bucket": "photos", "Key": "cat.jpg", "VersionId": "3"},
     "s3:GetObjectVersion arn:aws:s3:::photos/cat.jpg"),
    ("s3.HeadObject", {"Bucket": "photos", "Key": "cat.jpg"}, "s3:GetObject arn:aws:s3:::photos/cat.jpg"),
    ("s3.PutObject", {"Bucket": "photos", "Key": "cat.jpg"}, "s3:PutObject arn:aws:s3:::photos/cat.jpg"),
    ("s3.PutObject", {"Bucket": "photos", "Key": "k", "Tagging": "team=a", "ACL": "private"},
     """s3:PutObject arn:aws:s3:::photos/k
     s3:PutObjectAcl arn:aws:s3:::photos/k
     s3:PutObjectTagging arn:aws:s3:::photos/k"""),
    ("s3.UploadPart", {"Bucket": "photos", "Key": "k", "PartNumber": 1}, "s3:PutObject arn:aws:s3:::photos/k"),
    ("s3.CopyObject", {"Bucket": "photos", "Key": "new", "CopySource": "theirs/a%20b.jpg"},
     """s3:PutObject arn:aws:s3:::photos/new
     s3:GetObject arn:aws:s3:::theirs/a b.jpg"""),
    ("s3.CopyObject", {"Bucket": "photos", "Key": "k", "CopySource": "/photos/k?versionId=3"},
     """s3:PutObject arn:aws:s3:::photos/k
     s3:GetObjectVersion arn:aws:s3:::photos/k"""),
    ("s3.UploadPartCopy", {"Bucket": "photos", "Key": "k", "CopySource": {"Bucket": "theirs", "Key": "j"}},
     """s3:PutObject arn:aws:s3:::photos/k
     s3:GetObject arn:aws:s3:::theirs/j"""),
    ("s3.DeleteObject", {"Bucket": "photos", "Key": "k", "VersionId": "3"},
     "s3:DeleteObjectVersion arn:aws:s3:::photos/k"),
    ("s3.DeleteObjects", {"Bucket": "photos", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "3"}]}},
     """s3:DeleteObject arn:aws:s3:::photos/a
     s3:DeleteObjectVersion arn:aws:s3:::photos/b"""),
    ("s3.PutBucketNotificationConfiguration", {"Bucket": "photos"}, "s3:PutBucketNotification arn:aws:s3:::photos"),
    ("s3.GetBucketNotificationConfiguration", {"Bucket": "photos"}, "s3:GetBucketNotification arn:aws:s3:::photos"),
    # SQS: the queue, by URL, name or ARN
    ("sqs.CreateQueue", {"QueueName": "orders"}, f"sqs:CreateQueue {QUEUE}:orders"),
    ("sqs.CreateQueue", {"QueueName": "orders", "tags": {"team": "a"}},
     f"""sqs:CreateQueue {QUEUE}:orders
     sqs:TagQueue {QUEUE}:orders"""),
    ("sqs.ListQueues", {"QueueNamePrefix": "o"}, "sqs:ListQueues *"),
    ("sqs.GetQueueUrl", {"QueueName": "orders", "QueueOwnerAWSAccountId": PARTNER},
     f"sqs:GetQueueUrl arn:aws:sqs:{REGION}:{PARTNER}:orders"),
    ("sqs.ReceiveMessage", {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{SHOP}/orders"},
     f"sqs:ReceiveMessage {QUEUE}:orders"),
    ("sqs.SendMessageBatch", {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{PARTNER}/orders/", "Entries": []},
     f"sqs:SendMessage arn:aws:sqs:{REGION}:{PARTNER}:orders"),
    ("sqs.StartMessageMoveTask", {"SourceArn": f"{QUEUE}:dead", "DestinationArn": f"{QUEUE}:orders"},
     f"""sqs:StartMessageMoveTask {QUEUE}:dead
     sqs:ReceiveMessage {QUEUE}:dead
     sqs:DeleteMessage {QUEUE}:dead
     sqs:GetQueueAttributes {QUEUE}:dead
     sqs:SendMessage {QUEUE}:orders"""),
    # SNS: the topic
    ("sns.CreateTopic", {"Name": "news"}, f"sns:CreateTopic {TOPIC}:news"),
    ("sns.Publish", {"TopicArn": f"{TOPIC}:news", "Message": "hello"}, f"sns:Publish {TOPIC}:news"),
    ("sns.Publish", {"TargetArn": f"{TOPIC}:news", "Message": "hello"}, f"sns:Publish {TOPIC}:news"),
    ("sns.PublishBatch", {"TopicArn": f"{TOPIC}:news"}, f"sns:Publish {TOPIC}:news"),
    ("sns.Unsubscribe", {"SubscriptionArn": f"{TOPIC}:news:0f1e"}, f"sns:Unsubscribe {TOPIC}:news"),
    ("sns.ListTopics", {}, "sns:ListTopics *"),
    # Kinesis: the stream by name or ARN, the consumer, and what an iterator reads
    ("kinesis.PutRecord", {"StreamName": "clicks", "Data": b"x", "PartitionKey": "p"},
     f"kinesis:PutRecord {SHARDS}/clicks"),
    ("kinesis.PutRecord", {"StreamARN": SHARDS.replace(SHOP, PARTNER) + "/clicks"},
     f"kinesis:PutRecord arn:aws:kinesis:{REGION}:{PARTNER}:stream/clicks"),
    ("kinesis.GetRecords", {"ShardIterator": base64.encodebytes(b"clicks:shardId-0:0").decode()},
     f"kinesis:GetRecords {SHARDS}/clicks"),
    ("kinesis.SubscribeToShard", {"ConsumerARN": f"{SHARDS}/clicks/consumer/app:1"},
     f"kinesis:SubscribeToShard {SHARDS}/clicks/consumer/app:1"),
    ("kinesis.CreateStream", {"StreamName": "clicks", "Tags": {"team": "a"}},
     f"""kinesis:CreateStream {SHARDS}/clicks
     kinesis:AddTagsToStream {SHARDS}/clicks"""),
    ("kinesis.ListStreams", {}, "kinesis:ListStreams *"),
    # DynamoDB: tables by name or ARN, several in one call, an index instead of its table, the stream
    ("dynamodb.GetItem", item("orders"), f"dynamodb:GetItem {TABLE}/orders"),
    ("dynamodb.GetItem", item(f"{TABLE}/orders".replace(SHOP, PARTNER)),
     f"dynamodb:GetItem arn:aws:dynamodb:{REGION}:{PARTNER}:table/orders"),
    ("dynamodb.Query", {"TableName": "orders", "IndexName": "by-day"}, f"dynamodb:Query {TABLE}/orders/index/by-day"),
    ("dynamodb.BatchGetItem", {"RequestItems": {"orders": {}, "stock": {}}},
     f"""dynamodb:BatchGetItem {TABLE}/orders
     dynamodb:BatchGetItem {TABLE}/stock"""),
    ("dynamodb.BatchWriteItem", {"RequestItems": {"orders": [], "stock": []}},
     f"""dynamodb:BatchWriteItem {TABLE}/orders
     dynamodb:BatchWriteItem {TABLE}/stock"""),
    ("dynamodb.TransactGetItems", {"TransactItems": [{"Get": item("orders")}, {"Get": item("stock")}]},
     f"""dynamodb:GetItem {TABLE}/orders
     dynamodb:GetItem {TABLE}/stock"""),
    ("dynamodb.TransactWriteItems",
     {"TransactItems": [{"Put": item("orders")}, {"Update": item("stock")}, {"Put": item("orders")}]},
     f"""dynamodb:PutItem {TABLE}/orders
     dynamodb:UpdateItem {TABLE}/stock"""),
    ("dynamodb.TransactWriteItems", {"TransactItems": [{"ConditionCheck": item("stock")}, {"Delete": item("orders")}]},
     f"""dynamodb:ConditionCheckItem {TABLE}/stock
     dynamodb:DeleteItem {TABLE}/orders"""),
    ("dynamodb.ExecuteStatement", {"Statement": 'SELECT * FROM "orders"."by-day" WHERE day = ?'},
     f"dynamodb:PartiQLSelect {TABLE}/orders/index/by-day"),
    ("dynamodb.ExecuteStatement", {"Statement": "insert into orders value {'id': '1'}"},
     f"dynamodb:PartiQLInsert {TABLE}/orders"),
    ("dynamodb.BatchExecuteStatement",
     {"Statements": [{"Statement": 'UPDATE "orders" SET n = 1'}, {"Statement": 'DELETE FROM "stock" WHERE id = 1'}]},
     f"""dynamodb:PartiQLUpdate {TABLE}/orders
     dynamodb:PartiQLDelete {TABLE}/stock"""),
    ("dynamodb.ExecuteTransaction", {"TransactStatements": [{"Statement": 'EXISTS(SELECT * FROM "stock")'}]},
     f"dynamodb:PartiQLSelect {TABLE}/stock"),
    ("dynamodb.TagResource", {"ResourceArn": f"{TABLE}/orders", "Tags": []}, f"dynamodb:TagResource {TABLE}/orders"),
    ("dynamodb.DescribeBackup", {"BackupArn": f"{TABLE}/orders/backup/01"},
     f"dynamodb:DescribeBackup {TABLE}/orders/backup/01"),
    ("dynamodb.DescribeEndpoints", {}, ""),
    ("dynamodbstreams.DescribeStream", {"StreamArn": STREAM}, f"dynamodb:DescribeStream {STREAM}"),
    ("dynamodbstreams.GetRecords", {"ShardIterator": f"{STREAM}|1|abc"}, f"dynamodb:GetRecords {STREAM}"),
    # Logs: everything but tagging is asked on the streams of the group
    ("logs.CreateLogGroup", {"logGroupName": "/aws/lambda/resize"}, f"logs:CreateLogGroup {GROUP}:log-stream:"),
    ("logs.CreateLogStream", {"logGroupName": "/aws/lambda/resize", "logStreamName": "2026/11/24/[$LATEST]0"},
     f"logs:CreateLogStream {GROUP}:log-stream:2026/11/24/[$LATEST]0"),
    ("logs.PutLogEvents", {"logGroupName": "/aws/lambda/resize", "logStreamName": "s", "logEvents": []},
     f"logs:PutLogEvents {GROUP}:log-stream:s"),
    ("logs.FilterLogEvents", {"logGroupIdentifier": f"{GROUP}:*"}, f"logs:FilterLogEvents {GROUP}:log-stream:"),
    ("logs.DescribeLogGroups", {"logGroupNamePrefix": "/aws"},
     f"logs:DescribeLogGroups arn:aws:logs:{REGION}:{SHOP}:log-group::log-stream:"),
    ("logs.TagResource", {"resourceArn": GROUP, "tags": {"team": "a"}}, f"logs:TagResource {GROUP}"),
    ("logs.PutSubscriptionFilter", {"logGroupName": "/aws/lambda/resize", "destinationArn": f"{FUNCTION}:f"},
     f"logs:PutSubscriptionFilter {GROUP}:log-stream:"),
    # KMS: the key, also where an alias or a ciphertext names it; an alias and its key are both asked for
    ("kms.Encrypt", {"KeyId": KEY.rpartition("/")[2], "Plaintext": b"x"}, f"kms:Encrypt {KEY}"),
    ("kms.Encrypt", {"KeyId": "alias/photos", "Plaintext": b"x"}, f"kms:Encrypt {KEY}"),
    ("kms.Encrypt", {"KeyId": f"arn:aws:kms:{REGION}:{SHOP}:alias/photos", "Plaintext": b"x"}, f"kms:Encrypt {KEY}"),
    ("kms.Decrypt", {"CiphertextBlob": KEY.rpartition("/")[2].encode() + b"\xff..."}, f"kms:Decrypt {KEY}"),
    ("kms.ReEncrypt", {"CiphertextBlob": b"x", "SourceKeyId": KEY, "DestinationKeyId": OTHER_KEY},
     f"""kms:ReEncryptFrom {KEY}
     kms:ReEncryptTo {OTHER_KEY}"""),
    ("kms.CreateAlias", {"AliasName": "alias/new", "TargetKeyId": KEY},
     f"""kms:CreateAlias arn:aws:kms:{REGION}:{SHOP}:alias/new
     kms:CreateAlias {KEY}"""),
    ("kms.DeleteAlias", {"AliasName": "alias/photos"},
     f"""kms:DeleteAlias arn:aws:kms:{REGION}:{SHOP}:alias/photos
     kms:DeleteAlias {KEY}"""),
    ("kms.CreateKey", {}, "kms:CreateKey *"),
    # Lambda: the function as the call names it
    ("lambda.ListFunctions", {}, "lambda:ListFunctions *"),
    ("lambda.Invoke", {"FunctionName": "resize"}, f"lambda:InvokeFunction {FUNCTION}:resize"),
    ("lambda.Invoke", {"FunctionName": "resize", "Qualifier": "prod"}, f"lambda:InvokeFunction {FUNCTION}:resize:prod"),
    ("lambda.Invoke", {"FunctionName": "resize:3"}, f"lambda:InvokeFunction {FUNCTION}:resize:3"),
    ("lambda.Invoke", {"FunctionName": f"{PARTNER}:function:resize"},
     f"lambda:InvokeFunction arn:aws:lambda:{REGION}:{PARTNER}:function:resize"),
    ("lambda.InvokeWithResponseStream", {"FunctionName": f"arn:aws:lambda:us-east-1:{PARTNER}:function:resize:prod"},
     f"lambda:InvokeFunction arn:aws:lambda:us-east-1:{PARTNER}:function:resize:prod"),
    ("lambda.AddPermission", {"FunctionName": "resize", "Qualifier": "prod", "Principal": "s3.amazonaws.com"},
     f"lambda:AddPermission {FUNCTION}:resize:prod"),
    ("lambda.PutResourcePolicy", {"ResourceArn": f"{FUNCTION}:resize:prod", "Policy": "{}"},
     f"""lambda:PutResourcePolicy {FUNCTION}:resize:prod
     lambda:AddPermission {FUNCTION}:resize:prod
     lambda:RemovePermission {FUNCTION}:resize:prod"""),
    ("lambda.GetResourcePolicy", {"ResourceArn": f"{FUNCTION}:resize"},
     f"""lambda:GetResourcePolicy {FUNCTION}:resize
     lambda:GetPolicy {FUNCTION}:resize"""),
    ("lambda.TagResource", {"Resource": f"{FUNCTION}:resize", "Tags": {}}, f"lambda:TagResource {FUNCTION}:resize"),
    ("lambda.ListTags", {"Resource": f"arn:aws:lambda:{REGION}:{SHOP}:event-source-mapping:0f1e"},
     f"lambda:ListTags arn:aws:lambda:{REGION}:{SHOP}:event-source-mapping:0f1e"),
    ("lambda.CreateEventSourceMapping", {"FunctionName": "resize"}, "lambda:CreateEventSourceMapping *"),
    ("lambda.DeleteEventSourceMapping", {"UUID": "0f1e"},
     f"lambda:DeleteEventSourceMapping arn:aws:lambda:{REGION}:{SHOP}:event-source-mapping:0f1e"),
    ("lambda.CreateFunction", {"FunctionName": "resize", "Code": {"ZipFile": b""}},
     f"lambda:CreateFunction {FUNCTION}:resize"),
    ("lambda.CreateFunction",
     {"FunctionName": "resize", "Code": {"S3Bucket": "theirs", "S3Key": "r.zip"}, "Layers": [f"{LAYER}:2"],
      "Tags": {"team": "a"}, "Role": ROLE},
     f"""lambda:CreateFunction {FUNCTION}:resize
     lambda:TagResource {FUNCTION}:resize
     lambda:GetLayerVersion {LAYER}:2
     s3:GetObject arn:aws:s3:::theirs/r.zip
     iam:PassRole {ROLE}"""),
    ("lambda.UpdateFunctionCode",
     {"FunctionName": "resize", "S3Bucket": "photos", "S3Key": "r.zip", "S3ObjectVersion": "3"},
     f"""lambda:UpdateFunctionCode {FUNCTION}:resize
     s3:GetObjectVersion arn:aws:s3:::photos/r.zip"""),
    ("lambda.UpdateFunctionConfiguration", {"FunctionName": "resize", "Timeout": 5},
     f"lambda:UpdateFunctionConfiguration {FUNCTION}:resize"),
    ("lambda.UpdateFunctionConfiguration", {"FunctionName": "resize", "Role": ROLE},
     f"""lambda:UpdateFunctionConfiguration {FUNCTION}:resize
     iam:PassRole {ROLE}"""),
    ("lambda.PublishLayerVersion", {"LayerName": "pillow", "Content": {"S3Bucket": "photos", "S3Key": "l.zip"}},
     f"""lambda:PublishLayerVersion {LAYER}
     s3:GetObject arn:aws:s3:::photos/l.zip"""),
    ("lambda.GetLayerVersion", {"LayerName": "pillow", "VersionNumber": 2}, f"lambda:GetLayerVersion {LAYER}:2"),
    ("lambda.GetLayerVersion", {"LayerName": LAYER, "VersionNumber": 2}, f"lambda:GetLayerVersion {LAYER}:2"),
    ("lambda.GetLayerVersionByArn", {"Arn": f"{LAYER}:2"}, f"lambda:GetLayerVersion {LAYER}:2"),
    # IAM: the identity, not the policy that is put on it
    ("iam.ListRoles", {}, "iam:ListRoles *"),
    ("iam.AttachRolePolicy", {"RoleName": "render", "PolicyArn": MANAGED}, f"iam:AttachRolePolicy {ROLE}"),
    ("iam.PutRolePolicy", {"RoleName": "render", "PolicyName": "p"}, f"iam:PutRolePolicy {ROLE}"),
    ("iam.AttachUserPolicy", {"UserName": "maya", "PolicyArn": MANAGED}, f"iam:AttachUserPolicy {IAM}:user/staff/maya"),
    ("iam.AttachGroupPolicy", {"GroupName": "dev", "PolicyArn": MANAGED}, f"iam:AttachGroupPolicy {IAM}:group/dev"),
    ("iam.AddUserToGroup", {"GroupName": "dev", "UserName": "maya"}, f"iam:AddUserToGroup {IAM}:group/dev"),
    ("iam.CreateRole", {"RoleName": "new", "Path": "/app/"}, f"iam:CreateRole {IAM}:role/app/new"),
    ("iam.CreateUser", {"UserName": "noor", "Path": "/staff/", "Tags": [{"Key": "team", "Value": "a"}]},
     f"""iam:CreateUser {IAM}:user/staff/noor
     iam:TagUser {IAM}:user/staff/noor"""),
    ("iam.CreatePolicy", {"PolicyName": "list", "Path": "/app/"}, f"iam:CreatePolicy {IAM}:policy/app/list"),
    ("iam.GetPolicy", {"PolicyArn": f"{IAM}:policy/list"}, f"iam:GetPolicy {IAM}:policy/list"),
    ("iam.SimulatePrincipalPolicy", {"PolicySourceArn": ROLE, "ActionNames": []},
     f"iam:SimulatePrincipalPolicy {ROLE}"),
    ("iam.AddRoleToInstanceProfile", {"InstanceProfileName": "web", "RoleName": "render"},
     f"""iam:AddRoleToInstanceProfile {IAM}:instance-profile/web
     iam:PassRole {ROLE}"""),
    # STS: the role; to set tags or a source identity is a permission of its own
    ("sts.GetCallerIdentity", {}, ""),
    ("sts.AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "me"}, f"sts:AssumeRole {ROLE}"),
    ("sts.AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "me", "Tags": [{"Key": "team", "Value": "a"}],
                        "SourceIdentity": "maya"},
     f"""sts:AssumeRole {ROLE}
     sts:TagSession {ROLE}
     sts:SetSourceIdentity {ROLE}"""),
    # EventBridge: the bus, and rules on the default bus or on another
    ("events.PutRule", {"Name": "nightly"}, f"events:PutRule {RULE}/nightly"),
    ("events.PutRule", {"Name": "nightly", "EventBusName": f"{BUS}/shop"}, f"events:PutRule {RULE}/shop/nightly"),
    ("events.PutTargets", {"Rule": "nightly", "Targets": [{"Id": "1", "Arn": f"{FUNCTION}:f", "RoleArn": ROLE}]},
     f"""events:PutTargets {RULE}/nightly
     iam:PassRole {ROLE}"""),
    ("events.PutEvents", {"Entries": [{"Source": "a"}, {"Source": "a", "EventBusName": "shop"}]},
     f"""events:PutEvents {BUS}/default
     events:PutEvents {BUS}/shop"""),
    ("events.DescribeEventBus", {}, f"events:DescribeEventBus {BUS}/default"),
    ("events.TagResource", {"ResourceARN": f"{RULE}/nightly", "Tags": []}, f"events:TagResource {RULE}/nightly"),
    # further services, by the same rules
    ("scheduler.CreateSchedule", {"Name": "nightly", "Target": {"Arn": f"{FUNCTION}:f", "RoleArn": ROLE}},
     f"""scheduler:CreateSchedule arn:aws:scheduler:{REGION}:{SHOP}:schedule/default/nightly
     iam:PassRole {ROLE}"""),
    ("pipes.CreatePipe", {"Name": "orders", "RoleArn": ROLE},
     f"""pipes:CreatePipe arn:aws:pipes:{REGION}:{SHOP}:pipe/orders
     iam:PassRole {ROLE}"""),
    ("stepfunctions.StartExecution", {"stateMachineArn": f"arn:aws:states:{REGION}:{SHOP}:stateMachine:pay"},
     f"states:StartExecution arn:aws:states:{REGION}:{SHOP}:stateMachine:pay"),
    ("secretsmanager.GetSecretValue", {"SecretId": "prod/db"},
     f"secretsmanager:GetSecretValue arn:aws:secretsmanager:{REGION}:{SHOP}:secret:prod/db"),
    # what no table knows: the derived action on everything
    ("glue.GetTables", {"DatabaseName": "d"}, "glue:GetTables *"),
    ("s3.CreateSession", {"Bucket": "photos"}, "s3express:CreateSession *"),
]  # fmt: skip


def test_the_table_is_long_enough_and_covers_the_services_of_the_course():
    assert 60 <= len(RESOURCES)
    covered = {call.partition(".")[0] for call, *_ in RESOURCES}
    assert set("iam sts s3 sqs sns kinesis dynamodb dynamodbstreams logs kms lambda events".split()) <= covered


@pytest.mark.parametrize(("call", "params", "expected"), RESOURCES, ids=name)
def test_a_call_asks_for_these_permissions(call, params, expected):
    rows = [line.strip() for line in expected.splitlines()]
    assert rows == [f"{check.action} {check.resource}" for check in ask(call, params)]


@pytest.mark.parametrize(("call", "params", "expected"), RESOURCES, ids=name)
def test_what_is_asked_is_what_the_catalogue_says(call, params, expected):
    service, operation = call.split(".")
    named = {*catalog.operation_actions(service, operation), *catalog.conditional_actions(service, operation)}
    named |= {catalog.version_action(action) for action in named} | {"iam:PassRole"}
    assert {check.action for check in ask(call, params)} <= named


@pytest.mark.parametrize("call", sorted({call for call, *_ in RESOURCES}))
def test_a_call_without_parameters_is_asked_for_all_the_same(call):
    free = not catalog.operation_actions(*call.split("."))
    assert free or all(check.resource for check in ask(call, {}) or [None])


# the same, by real calls in a lab


def test_a_policy_on_the_group_needs_the_star_that_aws_asks_for(shop, admin):
    group = f"arn:aws:logs:us-east-1:{SHOP}:log-group:/app"
    admin.client("logs").create_log_group(logGroupName="/app")
    bare = shop.user("maya", inline={"log": allow("logs:*", group)}).client("logs")
    full = shop.user("noor", inline={"log": allow("logs:*", f"{group}:*")}).client("logs")
    with pytest.raises(bare.exceptions.ClientError, match=":log-group:/app:log-stream:s because no identity-based"):
        bare.create_log_stream(logGroupName="/app", logStreamName="s")
    full.create_log_stream(logGroupName="/app", logStreamName="s")


def test_a_ciphertext_leads_to_its_key(shop, admin):
    key = admin.client("kms").create_key()["KeyMetadata"]["Arn"]
    kms = shop.user("maya", inline={"use": allow("kms:*crypt", key)}).client("kms")
    secret = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert b"x" == kms.decrypt(CiphertextBlob=secret)["Plaintext"]
