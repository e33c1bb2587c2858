"""What the tests of calls share: names of resources, and accounts that hold a few of them."""

from perm_lab.cloud.gate.actions import authorizations
from tests.cloud.conftest import PARTNER, SHOP

REGION = "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{SHOP}:function"
LAYER = f"arn:aws:lambda:{REGION}:{SHOP}:layer:pillow"
TABLE = f"arn:aws:dynamodb:{REGION}:{SHOP}:table"
STREAM = f"{TABLE}/orders/stream/2026-11-24T00:00:00.000"
KEY = f"arn:aws:kms:{REGION}:{SHOP}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = KEY.replace("1234abcd", "99999999")
GROUP = f"arn:aws:logs:{REGION}:{SHOP}:log-group:/aws/lambda/resize"
BUS = f"arn:aws:events:{REGION}:{SHOP}:event-bus"
RULE = f"arn:aws:events:{REGION}:{SHOP}:rule"
QUEUE = f"arn:aws:sqs:{REGION}:{SHOP}"
TOPIC = f"arn:aws:sns:{REGION}:{SHOP}"
SHARDS = f"arn:aws:kinesis:{REGION}:{SHOP}:stream"
IAM = f"arn:aws:iam::{SHOP}"
ROLE = f"{IAM}:role/app/render"
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class State:
    """What the accounts hold in these tests: two buckets, identities with a path, one key with an alias."""

    def bucket_account(self, bucket):
        return {"photos": SHOP, "theirs": PARTNER}.get(bucket)

    def role_arn(self, account, name):
        return f"arn:aws:iam::{account}:role/{'app/' if name == 'render' else ''}{name}"

    def user_arn(self, account, name):
        return f"arn:aws:iam::{account}:user/staff/{name}"

    def group_arn(self, account, name):
        return f"arn:aws:iam::{account}:group/{name}"

    def subnet_vpc(self, account, region, subnet):
        return "vpc-1" if subnet.startswith("subnet-") else None

    def key_arn(self, account, region, key):
        return f"arn:aws:kms:{region}:{account}:key/{KEY.rpartition('/')[2] if key == 'alias/photos' else key}"


def ask(call, params):
    service, operation = call.split(".")
    return authorizations(service, operation, params, account=SHOP, region=REGION, lookup=State())


def item(table):
    return {"TableName": table, "Key": {"id": {"S": "1"}}}


def name(row):
    """The id of a row: the call."""
    return row if isinstance(row, str) and "." in row and " " not in row else ""
