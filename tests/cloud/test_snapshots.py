"""Going back: the last change, or a state with a name, in every service and in Lambda, as often as one likes."""

import gc
import threading
import time

import pytest
from botocore.exceptions import ClientError
from moto.logs.models import logs_backends
from moto.s3.models import FakeKey

from tests.cloud.conftest import PARTNER, SHOP, allow

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
READ = """
import boto3
def lambda_handler(event, context):
    return boto3.client("s3").get_object(Bucket="photos", Key="cat.jpg")["Body"].read().decode()
"""


@pytest.fixture
def photos(admin):
    admin.client("s3").create_bucket(Bucket="photos")
    admin.client("s3").put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")


def test_a_checkpoint_is_gone_back_to_as_often_as_one_likes(lab, shop, admin, deploy):
    sqs, kinesis, dynamodb = admin.client("sqs"), admin.client("kinesis"), admin.client("dynamodb")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    deploy(READ)
    lab.checkpoint("before")
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="a")
        sqs.create_queue(QueueName="more")
        kinesis.put_record(StreamName="clicks", PartitionKey="1", Data=b"x")
        dynamodb.create_table(
            TableName="carts",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        admin.client("lambda").add_permission(
            FunctionName=FUNCTION, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        )
        admin.client("s3").create_bucket(Bucket="photos")
        lab.restore("before")
        assert sqs.list_queues()["QueueUrls"] == [url]
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
        assert dynamodb.list_tables()["TableNames"] == []
        with pytest.raises(ClientError, match="The resource you requested does not exist"):
            admin.client("lambda").get_policy(FunctionName=FUNCTION)
        assert admin.client("s3").list_buckets()["Buckets"] == []


def test_users_and_accounts_of_later_are_strangers_again(lab, shop, admin):
    lab.checkpoint("early")
    maya = shop.user("maya", inline={"see": allow("s3:ListAllMyBuckets")})
    partner = lab.account(PARTNER).admin()
    maya.client("s3").list_buckets()
    lab.restore("early")
    for session in (maya, partner):
        with pytest.raises(ClientError, match="InvalidClientTokenId|InvalidAccessKeyId"):
            session.client("sts").get_caller_identity()
    again = lab.account(PARTNER).admin().client("iam")
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert again.get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "AdministratorAccess"
    assert shop.user("maya").client("sts").get_caller_identity()["Arn"].endswith("user/maya")


def test_the_trail_keeps_what_happened(lab, admin):
    lab.checkpoint("empty")
    admin.client("s3").create_bucket(Bucket="photos")
    count = len(lab.trail)
    lab.restore("empty")
    assert len(lab.trail) == count


def test_a_checkpoint_that_is_not_there_is_answered_with_those_that_are(lab):
    with pytest.raises(LookupError, match="no checkpoint `x`; there are: none yet"):
        lab.restore("x")
    lab.checkpoint("a")
    with pytest.raises(LookupError, match="there are: `a`"):
        lab.restore("x")


def test_log_events_are_shared_by_snapshots_and_gone_when_one_goes_back(lab, admin, deploy, invoke):
    """There is one for each line of each run: copying them made every change slower than the one before."""
    deploy("def lambda_handler(event, context): print('a line')")
    invoke()

    def lines():
        groups = logs_backends[SHOP]["us-east-1"].groups.values()
        return [event for group in groups for stream in group.streams.values() for event in stream.events]

    before = lines()
    lab.checkpoint("one")
    invoke()
    assert len(lines()) > len(before)
    lab.restore("one")
    assert [id(event) for event in before] == [id(event) for event in lines()]


def test_contents_come_back_as_they_were(lab, admin, photos):
    s3, dynamodb, ec2 = admin.client("s3"), admin.client("dynamodb"), admin.client("ec2")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"purr", Metadata={"by": "maya"})
    dynamodb.create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cart = {"id": {"S": "1"}, "items": {"L": [{"N": "7"}, {"B": b"x"}]}}
    dynamodb.put_item(TableName="carts", Item=cart)
    admin.client("ssm").put_parameter(Name="limit", Value="7", Type="String")
    kms = admin.client("kms")
    sign = {
        "KeyId": kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"],
        "Message": b"7",
        "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
    }
    signed = kms.sign(**sign)["Signature"]
    vpcs = ec2.describe_vpcs()["Vpcs"]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    lab.checkpoint("before")
    for _ in range(2):
        s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"hiss")
        dynamodb.put_item(TableName="carts", Item={"id": {"S": "1"}})
        admin.client("ssm").put_parameter(Name="limit", Value="8", Type="String", Overwrite=True)
        ec2.create_vpc(CidrBlock="10.7.0.0/16")
        ec2.authorize_security_group_ingress(GroupId=groups[0]["GroupId"], IpProtocol="tcp", FromPort=1, ToPort=2)
        lab.restore("before")
        found = s3.get_object(Bucket="photos", Key="cat.jpg")
        assert (b"purr", {"by": "maya"}) == (found["Body"].read(), found["Metadata"])
        assert 2 == len(s3.list_object_versions(Bucket="photos")["Versions"])
        assert cart == dynamodb.get_item(TableName="carts", Key={"id": {"S": "1"}})["Item"]
        assert "7" == admin.client("ssm").get_parameter(Name="limit")["Parameter"]["Value"]
        assert signed == kms.sign(**sign)["Signature"]
        assert vpcs == ec2.describe_vpcs()["Vpcs"]
        assert groups == ec2.describe_security_groups()["SecurityGroups"]


def test_going_back_leaves_nothing_behind(lab, admin, photos):
    """moto would keep every object that it ever made in a list; of a state that is gone, the files are closed too."""
    lab.checkpoint("before")
    counts = []
    for _ in range(3):
        admin.client("s3").put_object(Bucket="photos", Key="dog.jpg", Body=b"woof")
        lab.restore("before")
        living = [each for each in gc.get_objects() if isinstance(each, FakeKey) and not each.disposed]
        counts.append((len(FakeKey.instances_tracked), len(living)))
    assert [(0, 1)] * 3 == counts


def test_a_state_is_taken_and_gone_back_to_between_calls(lab, admin, deploy, invoke):
    deploy("def lambda_handler(event, context):\n    print('a line')\n    return event\n")
    lab.checkpoint("before")
    failures = []

    def work(number):
        try:
            for n in range(3):
                assert {"n": n} == invoke({"n": n})[0]
                admin.client("sqs").create_queue(QueueName=f"queue-{number}-{n}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        lab.checkpoint("meanwhile")
        lab.restore("meanwhile")
        time.sleep(0.01)  # turns are not queued for: whoever asks again at once may always be the first
    assert [] == failures
    lab.restore("before")
    assert "QueueUrls" not in admin.client("sqs").list_queues()
