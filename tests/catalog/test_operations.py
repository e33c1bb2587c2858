"""Every operation of the services in the course is mapped to IAM actions that AWS documents."""

import json

import botocore
import botocore.session
import pytest

from perm_lab import catalog
from tests.repo import PACKAGE

SERVICES = "iam sts s3 sqs sns kinesis dynamodb dynamodbstreams logs kms lambda events".split()
LOADED = {}
# Where the name of an operation says otherwise than the access level of its actions in the Service Authorization
# Reference: these only read,
READ_BY_ANOTHER_NAME = """
    dynamodb TransactGetItems, iam GenerateCredentialReport, iam GenerateOrganizationsAccessReport,
    iam GenerateServiceLastAccessedDetails, iam SimulateCustomPolicy, iam SimulatePrincipalPolicy,
    kinesis SubscribeToShard, logs FilterLogEvents, logs StartLiveTail, logs StartQuery, logs StopQuery,
    logs TestMetricFilter, logs TestTransformer, s3 SelectObjectContent, sns CheckIfPhoneNumberIsOptedOut,
    sqs ReceiveMessage, events TestEventPattern
"""
# and these give out something new.
GOT_AND_NOT_READ = "sts GetDelegatedAccessToken, sts GetFederationToken, sts GetWebIdentityToken"
READING = tuple("BatchGet Describe Get Head List Query Scan Search".split())
TABLES = json.loads((PACKAGE / "catalog" / "data" / "operations.json").read_text("utf-8"))
READ_WITH = "1.44.5"  # of botocore; a later one may have operations that the catalogue has not heard of

# Operations whose action the catalogue does not have.
UNDOCUMENTED = {
    # has no action of its own in the Service Authorization Reference: the owner of a request may always update it
    "iam": "UpdateDelegationRequest",
    # directory buckets and Object Lambda have services of their own: s3express, s3-object-lambda
    "s3": "CreateSession ListDirectoryBuckets RenameObject WriteGetObjectResponse",
    # all below are younger than the catalogue's actions of September 2026: queues on streams,
    "kinesis": """AcknowledgeDeadLetterQueueRecords AcknowledgeQueueRecords CreateQueue DeleteQueue DescribeQueue
        ListQueues ReceiveDeadLetterQueueRecords ReceiveQueueRecords RestoreDeadLetterQueueRecords
        UpdateDeadLetterQueueRecordsVisibility UpdateQueue UpdateQueueRecordsVisibility""",
    # loading a table in bulk,
    "dynamodb": "CancelBulkOperation DescribeBulkOperation ListBulkOperations StartBulkPutItems",
    # large log events kept as objects,
    "logs": "GetLogObject",
    # post-quantum key encapsulation,
    "kms": "Decapsulate Encapsulate",
    # and pausing durable executions
    "lambda": "DeleteDurableExecution PauseDurableExecution ResumeDurableExecution",
}
# Operations that anyone may call.
FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken"), ("dynamodb", "DescribeEndpoints")}
# The mapping as AWS documents it, where operation and action have not the same name.
DOCUMENTED = """
    lambda Invoke lambda:InvokeFunction
    lambda InvokeAsync lambda:InvokeAsync
    lambda InvokeWithResponseStream lambda:InvokeFunction
    lambda GetLayerVersionByArn lambda:GetLayerVersion
    lambda PutResourcePolicy lambda:PutResourcePolicy lambda:AddPermission lambda:RemovePermission
    lambda GetResourcePolicy lambda:GetResourcePolicy lambda:GetPolicy
    lambda DeleteResourcePolicy lambda:DeleteResourcePolicy lambda:RemovePermission
    s3 HeadObject s3:GetObject
    s3 HeadBucket s3:ListBucket
    s3 ListObjects s3:ListBucket
    s3 ListObjectsV2 s3:ListBucket
    s3 ListObjectVersions s3:ListBucketVersions
    s3 ListBuckets s3:ListAllMyBuckets
    s3 ListParts s3:ListMultipartUploadParts
    s3 ListMultipartUploads s3:ListBucketMultipartUploads
    s3 CreateMultipartUpload s3:PutObject
    s3 UploadPart s3:PutObject
    s3 CompleteMultipartUpload s3:PutObject
    s3 AbortMultipartUpload s3:AbortMultipartUpload
    s3 UploadPartCopy s3:PutObject s3:GetObject
    s3 CopyObject s3:PutObject s3:GetObject
    s3 DeleteObjects s3:DeleteObject
    s3 SelectObjectContent s3:GetObject
    s3 GetObjectTorrent s3:GetObject
    s3 GetBucketNotificationConfiguration s3:GetBucketNotification
    s3 PutBucketNotificationConfiguration s3:PutBucketNotification
    s3 GetBucketEncryption s3:GetEncryptionConfiguration
    s3 DeleteBucketEncryption s3:PutEncryptionConfiguration
    s3 PutBucketLifecycleConfiguration s3:PutLifecycleConfiguration
    s3 DeleteBucketLifecycle s3:PutLifecycleConfiguration
    s3 PutBucketReplication s3:PutReplicationConfiguration
    s3 DeleteBucketCors s3:PutBucketCORS
    s3 DeleteBucketTagging s3:PutBucketTagging
    s3 DeleteBucketPolicy s3:DeleteBucketPolicy
    s3 DeleteBucketWebsite s3:DeleteBucketWebsite
    s3 GetPublicAccessBlock s3:GetBucketPublicAccessBlock
    s3 DeletePublicAccessBlock s3:PutBucketPublicAccessBlock
    s3 PutObjectLockConfiguration s3:PutBucketObjectLockConfiguration
    s3 CreateBucketMetadataConfiguration s3:CreateBucketMetadataTableConfiguration
    sqs SendMessageBatch sqs:SendMessage
    sqs DeleteMessageBatch sqs:DeleteMessage
    sqs ChangeMessageVisibilityBatch sqs:ChangeMessageVisibility
    sqs ListMessageMoveTasks sqs:ListMessageMoveTasks sqs:GetQueueAttributes
    sns PublishBatch sns:Publish
    kms ReEncrypt kms:ReEncryptFrom kms:ReEncryptTo
    dynamodb BatchGetItem dynamodb:BatchGetItem
    dynamodb TransactGetItems dynamodb:GetItem
    dynamodbstreams GetRecords dynamodb:GetRecords
    kinesis GetRecords kinesis:GetRecords
    stepfunctions StartExecution states:StartExecution
    s3control CreateAccessPoint s3:CreateAccessPoint
    glue GetTables glue:GetTables
"""


def model(service):
    if service not in LOADED:
        LOADED[service] = botocore.session.get_session().get_service_model(service)
    return LOADED[service]


def leads_somewhere(shape, path):
    """Whether a path of members is there in the shape of an operation's parameters."""
    for member in path.split("."):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            return True
        if member not in shape.members:
            return False
        shape = shape.members[member]
    return True


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_mapped_to_documented_actions(service):
    names = set(model(service).operation_names)
    actual = {name for name in names if not catalog.is_documented(service, name)}
    expected = names & set(UNDOCUMENTED.get(service, "").split())
    assert expected == (actual if botocore.__version__ == READ_WITH else actual & expected)


def test_the_operations_that_need_no_permission_are_these():
    every = {(service, name) for service in SERVICES for name in model(service).operation_names}
    assert FREE == {row for row in every if not catalog.operation_actions(*row)}


def pairs(text):
    return {tuple(row.split()) for row in text.split(",")}


def test_an_operation_only_reads_where_its_name_says_so_but_for_these():
    every = {(service, name) for service in SERVICES for name in model(service).operation_names}
    named = {row for row in every if row[1].startswith(READING)}
    reading = {row for row in every if catalog.reads_only(*row)}
    assert pairs(READ_BY_ANOTHER_NAME) == reading - named
    assert pairs(GOT_AND_NOT_READ) == named - reading


def test_an_operation_only_reads_where_every_action_of_the_catalogue_has_the_level():
    for service in SERVICES:
        for name in model(service).operation_names:
            found = [catalog.action(action) for action in catalog.operation_actions(service, name)]
            if None not in found:
                expected = all(action.access_level in ("List", "Read") for action in found)
                assert expected == catalog.reads_only(service, name), (service, name)


def test_what_a_reading_operation_may_need_besides_only_reads_too():
    for service, names in TABLES["also"].items():
        for name in (name for name in names if catalog.reads_only(service, name)):
            levels = {catalog.action(action).access_level for action in catalog.conditional_actions(service, name)}
            assert levels <= {"List", "Read"}, (service, name)


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("glue", "GetTables", True),
        ("glue", "BatchGetJobs", True),
        ("cloudtrail", "LookupEvents", True),
        ("kinesis", "ListQueues", True),
        ("glue", "StartJobRun", False),
        ("lambda", "PauseDurableExecution", False),
        ("s3", "CreateSession", False),
        ("nowhere", "Getaway", True),  # a name is all that there is to go by
    ],
)
def test_the_name_tells_where_the_catalogue_knows_no_action(service, operation, expected):
    assert not catalog.is_documented(service, operation)
    assert expected == catalog.reads_only(service, operation)


@pytest.mark.parametrize("row", DOCUMENTED.strip().splitlines(), ids=lambda row: " ".join(row.split()[:2]))
def test_an_operation_needs_the_actions_that_aws_documents(row):
    service, operation, *actions = row.split()
    assert tuple(actions) == catalog.operation_actions(service, operation)


@pytest.mark.parametrize("table", ["operations", "also", "passes"])
def test_the_tables_name_operations_of_botocore(table):
    rows = [(service, name) for service, names in TABLES[table].items() for name in names]
    assert [] == [row for row in rows if row[1] not in model(row[0]).operation_names]


def test_the_prefixes_are_of_services_of_botocore():
    assert set() == set(TABLES["prefixes"]) - set(botocore.session.get_session().get_available_services())


def test_the_further_actions_are_documented_and_hang_on_parameters_that_exist():
    for service, names in TABLES["also"].items():
        for operation in names:
            shape = model(service).operation_model(operation).input_shape
            for action, members in catalog.conditional_actions(service, operation).items():
                assert catalog.action(action), action
                assert all(leads_somewhere(shape, member) for member in members), (operation, members)


def test_a_role_is_passed_in_a_parameter_that_exists():
    for service, names in TABLES["passes"].items():
        for operation in names:
            member, to = catalog.passed_role(service, operation)
            assert leads_somewhere(model(service).operation_model(operation).input_shape, member), operation
            assert to.endswith(".amazonaws.com")
    assert () == catalog.passed_role("lambda", "Invoke")


def test_the_actions_on_a_version_are_documented():
    assert all(map(catalog.action, [*TABLES["versions"], *TABLES["versions"].values()]))
    assert "s3:GetObjectVersion" == catalog.version_action("s3:GetObject")
    assert "s3:PutObject" == catalog.version_action("s3:PutObject")


@pytest.mark.parametrize("service", ["dynamodb", "events", "iam", "kms", "lambda", "s3", "sns", "sts"])
def test_a_condition_key_is_documented_and_repeats_a_parameter_that_exists(service):
    known = {key for action in catalog.actions(service).values() for key in action.condition_keys}
    shapes = [model(service).operation_model(name).input_shape for name in model(service).operation_names]
    for key, members in catalog.request_keys(service).items():
        assert key in known
        for member in (member.removesuffix("[]") for member in members):
            paths = (member, f"Entries.{member}")  # an event's own members are parameters of the check
            assert any(leads_somewhere(shape, path) for shape in shapes if shape for path in paths), key
    assert {} == dict(catalog.request_keys("glue"))
