"""A thousand requests of every kind of caller, with the policies each is judged by and the verdict each must get.

A function and a bucket of the account `SHOP` hold a resource-based policy of three statements each. Callers hold five
identity statements, and as many more as asked for, about other services and other resources. The rows below say what
a kind of caller asks for and what it must be told; names, addresses and keys are drawn, from a seed, so that nothing
that an earlier thousand left in a cache is the whole answer to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from perm_lab.iam import Policy, PolicyKind, PolicySet, Principal, Request, Verdict

SHOP, PARTNER = "111111111111", "222222222222"
FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
BUCKET = "arn:aws:s3:::photos"
OK, NO, NEVER = Verdict.ALLOW, Verdict.IMPLICIT_DENY, Verdict.EXPLICIT_DENY

IDENTITY = [
    {
        "Sid": "Run",
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:*:111111111111:function:thumb*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    },
    {
        "Sid": "Look",
        "Effect": "Allow",
        "Action": ["lambda:Get*", "lambda:List*"],
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}},
    },
    {
        "Sid": "OwnPhotos",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": f"{BUCKET}/team/${{aws:PrincipalTag/team}}/*",
    },
    {
        "Sid": "PublicPhotos",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"{BUCKET}/public/*.jp?g",
        "Condition": {"StringLike": {"aws:PrincipalTag/team": ["web*", "photo*"]}},
    },
    {
        "Sid": "KeepWithoutMfa",
        "Effect": "Deny",
        "Action": ["lambda:Delete*", "lambda:Update*", "s3:Delete*"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
]
FUNCTION_POLICY = [
    {
        "Sid": "Bucket",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": {"ArnLike": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": SHOP}},
    },
    {
        "Sid": "Partner",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": ["lambda:InvokeFunction", "lambda:GetFunction"],
        "Resource": [FUNCTION, f"{FUNCTION}:*"],
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-photos"}},
    },
    {
        "Sid": "Website",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": FUNCTION,
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    },
]
BUCKET_POLICY = [
    {
        "Sid": "Trails",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{BUCKET}/trails/*",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{SHOP}:trail/*"}},
    },
    {
        "Sid": "Partner",
        "Effect": "Allow",
        "Principal": {"AWS": PARTNER},
        "Action": "s3:GetObject",
        "Resource": f"{BUCKET}/public/*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/web-*"}},
    },
    {
        "Sid": "Encrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET, f"{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
]
SESSION_POLICY = [
    {"Effect": "Allow", "Action": "lambda:Get*", "Resource": f"{FUNCTION}*"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/public/*"},
]

# What stands in angle brackets is drawn for each request.
PHOTO, OWN, OTHER = f"{BUCKET}/public/<n>.jpeg", f"{BUCKET}/team/<team>/<n>.png", f"{BUCKET}/team/books/<n>.png"
VERSION = f"{FUNCTION}:<n>"
TRAIL = f"{BUCKET}/trails/<n>.json.gz"
PLAIN, ABROAD, OUTSIDE = (
    {"aws:SecureTransport": "false"},
    {"aws:RequestedRegion": "ap-south-1"},
    {"aws:SourceIp": "203.0.113.9"},
)
MFA, NO_MFA = {"aws:MultiFactorAuthPresent": "true"}, {"aws:MultiFactorAuthPresent": "false"}
FROM_BUCKET = {"aws:SourceArn": BUCKET, "aws:SourceAccount": SHOP}
FROM_STRANGER = {"aws:SourceArn": BUCKET, "aws:SourceAccount": "333333333333"}
FROM_TRAIL = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{SHOP}:trail/all", "aws:SourceAccount": SHOP}
FROM_OTHER_TRAIL = {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:333333333333:trail/all"}

ROWS = {
    "user": [
        ("lambda:InvokeFunction", VERSION, {}, OK),
        ("lambda:GetFunctionConfiguration", FUNCTION, {}, OK),
        ("s3:GetObject", PHOTO, {}, OK),
        ("s3:DeleteObject", OWN, MFA, OK),
        ("lambda:InvokeFunction", FUNCTION, ABROAD, NO),
        ("lambda:CreateAlias", FUNCTION, {}, NO),
        ("s3:PutObject", OTHER, {}, NO),
        ("lambda:DeleteFunction", FUNCTION, NO_MFA, NEVER),
    ],
    "role": [
        ("lambda:InvokeFunction", FUNCTION, {}, OK),
        ("s3:PutObject", OWN, {}, OK),
        ("lambda:GetFunction", FUNCTION, OUTSIDE, NO),
        ("s3:GetObject", PHOTO, PLAIN, NEVER),
    ],
    "session": [
        ("lambda:GetFunction", FUNCTION, {}, OK),
        ("s3:GetObject", PHOTO, {}, OK),
        ("lambda:InvokeFunction", FUNCTION, {}, NO),
        ("s3:PutObject", OWN, {}, NO),
    ],
    "partner": [
        ("lambda:InvokeFunction", VERSION, {}, OK),
        ("s3:GetObject", PHOTO, {}, OK),
        ("lambda:ListTags", FUNCTION, {}, NO),
        ("s3:GetObject", OWN, {}, NO),
    ],
    "s3.amazonaws.com": [
        ("lambda:InvokeFunction", FUNCTION, FROM_BUCKET, OK),
        ("lambda:InvokeFunction", FUNCTION, FROM_STRANGER, NO),
    ],
    "cloudtrail.amazonaws.com": [
        ("s3:PutObject", TRAIL, FROM_TRAIL, OK),
        ("s3:PutObject", TRAIL, FROM_OTHER_TRAIL, NO),
    ],
}
NAMES = "ada ben cleo dora emil fay gus hana ivan jo".split()
OTHER_ACTIONS = (
    "dynamodb:GetItem ec2:RunInstances ecs:RunTask events:PutEvents glue:StartJobRun kinesis:PutRecord kms:Decrypt "
    "lambda:InvokeFunction logs:PutLogEvents rds:CreateDBInstance s3:GetObject s3:PutObject ses:SendEmail sns:Publish "
    "secretsmanager:Get* sqs:SendMessage ssm:GetParameter* states:StartExecution sts:AssumeRole xray:Put*"
).split()


@dataclass(frozen=True, slots=True)
class Case:
    """What a request is made of, the policies that have a say in it, and the verdict it must get."""

    kind: str
    asked: tuple[Principal, str, str, str, dict[str, str]]
    policies: PolicySet
    expected: Verdict

    @property
    def request(self) -> Request:
        """The request, made anew."""
        return Request(*self.asked)


class World:
    """The policies, parsed; the callers hold `identity` statements."""

    def __init__(self, identity: int = len(IDENTITY)) -> None:
        self.own = _policy([*IDENTITY, *_elsewhere(identity - len(IDENTITY))])
        self.session = _policy(SESSION_POLICY)
        self.on = {
            "lambda": _policy(FUNCTION_POLICY, PolicyKind.RESOURCE),
            "s3": _policy(BUCKET_POLICY, PolicyKind.RESOURCE),
        }

    def cases(self, seed: int = 0, count: int = 1_000) -> list[Case]:
        """The `count` cases of a seed; they ask for the same however many statements there are."""
        random = Random(seed)
        rows = [(kind, *row) for kind, rows in ROWS.items() for row in rows]
        return [self._case(random, *row) for row in random.choices(rows, k=count)]

    def _case(
        self, random: Random, kind: str, action: str, resource: str, more: dict[str, str], expected: Verdict
    ) -> Case:
        team = f"web-{random.randrange(100)}"
        context = {
            "aws:SecureTransport": "true",
            "aws:RequestedRegion": random.choice(["us-east-1", "eu-west-1"]),
            "aws:SourceIp": f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}",
            **more,
        }
        filled = resource.replace("<n>", str(random.randrange(1_000_000))).replace("<team>", team)
        session = (self.session,) if kind == "session" else ()
        policies = PolicySet((self.own,), self.on[action.partition(":")[0]], session=session)
        return Case(kind, (_principal(random, kind, team), action, filled, SHOP, context), policies, expected)


def _principal(random: Random, kind: str, team: str) -> Principal:
    name = random.choice(NAMES)
    if kind == "user":
        return Principal.user(f"arn:aws:iam::{SHOP}:user/{name}", tags={"team": team})
    if "." in kind:
        return Principal.aws_service(kind)
    account = PARTNER if kind == "partner" else SHOP
    arn = f"arn:aws:sts::{account}:assumed-role/web-{name}/{random.randrange(1_000_000)}"
    return Principal.role_session(arn, tags={"team": team}, organization="o-photos/r-1/ou-1/")


def _elsewhere(count: int) -> Iterator[dict[str, object]]:
    """Statements about other resources, each with a condition; three in twenty name an action that is asked for."""
    for n in range(count):
        action = OTHER_ACTIONS[n % len(OTHER_ACTIONS)]
        service = action.partition(":")[0]
        place = ":" if service == "s3" else f"us-east-1:{SHOP}"
        yield {
            "Sid": f"Other{n}",
            "Effect": "Allow",
            "Action": action,
            "Resource": f"arn:aws:{service}:{place}:archive-{n}/*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "archive"}},
        }


def _policy(statements: list[dict[str, object]], kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": statements}, kind)
