"""The questions of lesson 1: who runs the code, who may take the role, and who writes the log."""

from __future__ import annotations

from perm_lab.challenges.question import Question

RECALL = Question(
    """Maya holds one statement: *Allow* `lambda:InvokeFunction` on `…:function:thumbnails`. Somebody publishes an alias,
and she invokes `thumbnails:prod`. What happens?""",
    (
        "It works: an alias is the same function",
        "It is denied: the alias is another resource, which no statement names",
        "It is denied explicitly",
    ),
    "It is denied: the alias is another resource, which no statement names",
    {
        "It works: an alias is the same function": """It runs the same code, but its ARN is longer:
`…:function:thumbnails:prod`. A resource pattern has to match the whole ARN, and `…:thumbnails` does not.""",
        "It is denied: the alias is another resource, which no statement names": """The resource is
`…:function:thumbnails:prod`, and nothing allows that one.""",
        "It is denied explicitly": """There is no Deny anywhere. It is denied because nothing allows it: an implicit
deny.""",
    },
    "01-recall",
)

TRUST = Question(
    """The role `photo-reader` holds AdministratorAccess. Its trust policy names `ec2.amazonaws.com`. You create a Lambda
function with this role. What happens?""",
    (
        "It works: the role may do everything",
        "The function cannot be created: Lambda may not take the role",
        "The function is created, and its calls to AWS are denied",
    ),
    "The function cannot be created: Lambda may not take the role",
    {
        "It works: the role may do everything": """What a role *may do* and who *may take it* are two policies. This one
may do everything, for those who are let in, and Lambda is not.""",
        "The function cannot be created: Lambda may not take the role": """Lambda tries at once whether it may assume the
role, before it accepts the function.""",
        "The function is created, and its calls to AWS are denied": """It does not come so far: Lambda checks when the
function is created that it may take the role.""",
    },
    "01-trust",
)

WHO_RUNS = Question(
    """The administrator, who holds AdministratorAccess, invokes `read-photo`. The function's role has no permissions policy
at all. The code reads a photo from S3. What happens?""",
    (
        "The photo comes back: the code runs for the administrator, who may do everything",
        "The photo comes back: function and bucket are in the same account",
        "Invoke is refused, and the code never runs",
        "The code runs, and its call to S3 is denied",
    ),
    "The code runs, and its call to S3 is denied",
    {
        "The photo comes back: the code runs for the administrator, who may do everything": """The administrator's
permissions end at the door: they were used to *invoke*. The code runs with the role's permissions, whoever called.""",
        "The photo comes back: function and bucket are in the same account": """Being in the same account is no
permission. Somebody has to allow the role to read.""",
        "Invoke is refused, and the code never runs": """The administrator may invoke, and Lambda may take the role. What
the code will ask for is not known, and not checked, before it asks.""",
        "The code runs, and its call to S3 is denied": """The caller's permissions open the door; behind it the code has
the role's permissions, and this role has none.""",
    },
    "01-who-runs",
)

LOG = Question(
    """The code printed a line before it failed. The role still has no permissions policy. Where is that line?""",
    (
        "In CloudWatch Logs, as always",
        "In CloudWatch Logs, but without the error",
        "Nowhere: the log is written with the role's permissions, too",
    ),
    "Nowhere: the log is written with the role's permissions, too",
    {
        "In CloudWatch Logs, as always": """Logs come from Lambda, but Lambda writes them *as the role*. This role may
not, so there is nothing, not even a log group.""",
        "In CloudWatch Logs, but without the error": """All lines of a run go the same way, and that way is closed: the
role may not write logs.""",
        "Nowhere: the log is written with the role's permissions, too": """And nobody is told. A function that works but
leaves no log is almost always a role without `logs:` permissions.""",
    },
    "01-log",
)

RECAP = (
    Question(
        """A log says: *User: arn:aws:sts::111111111111:assumed-role/photo-reader/read-photo is not authorized to perform:
s3:PutObject …* Whose policy do you change?""",
        (
            "That of the user who invoked the function",
            "A permissions policy of the role photo-reader",
            "The trust policy of the role photo-reader",
        ),
        "A permissions policy of the role photo-reader",
        {
            "That of the user who invoked the function": """The sentence names who was denied: a session of the role. The
user who invoked does not come into it.""",
            "A permissions policy of the role photo-reader": """`assumed-role/photo-reader/read-photo`: the role is
`photo-reader`, and its session is named after the function.""",
            "The trust policy of the role photo-reader": """There is a session, so the role was assumed: the trust policy
did its part. What the session may do stands in the permissions policies.""",
        },
        "01-recap-whose",
    ),
    Question(
        "A function answers as it should, but it has no log group. What is the likely cause?",
        (
            "The code prints nothing",
            "The role may not create log groups and streams and put events",
            "The trust policy does not name logs.amazonaws.com",
        ),
        "The role may not create log groups and streams and put events",
        {
            "The code prints nothing": """Even then Lambda writes START, END and REPORT lines, and there would be a log
group.""",
            "The role may not create log groups and streams and put events": """`AWSLambdaBasicExecutionRole` holds these
three actions.""",
            "The trust policy does not name logs.amazonaws.com": """The trust policy says who may take the role. CloudWatch
Logs does not take it: Lambda does, and then calls CloudWatch Logs.""",
        },
        "01-recap-log",
    ),
    Question(
        "Which principal stands in the trust policy of an execution role?",
        ("The ARN of the function", "The account, as arn:aws:iam::…:root", "The service lambda.amazonaws.com"),
        "The service lambda.amazonaws.com",
        {
            "The ARN of the function": """A function is no principal: it acts through its role. A trust policy may narrow
with `aws:SourceArn` to one function, as a condition.""",
            "The account, as arn:aws:iam::…:root": """That would let the account's own users and roles take the role, as
far as their policies allow. Lambda comes as a service.""",
            "The service lambda.amazonaws.com": "It is Lambda that assumes the role, every time before the code runs.",
        },
        "01-recap-trust",
    ),
)
