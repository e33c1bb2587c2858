"""The tasks of lesson 1: a trust policy with holes, a log, a photo and a log from an empty page, and a role to mend."""

from __future__ import annotations

import json
from typing import Any

from perm_lab.challenges.task import Rejected, Slip, Task, Tone
from perm_lab.iam import PolicyKind, Principal, Request

ACCOUNT, STRANGER = "111111111111", "999999999999"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/photo-reader"
SESSION = Principal.role_session(f"arn:aws:sts::{ACCOUNT}:assumed-role/photo-reader/read-photo", ROLE)
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:read-photo"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}"
GROUP = f"{LOGS}:log-group:/aws/lambda/read-photo"
BUCKET = "arn:aws:s3:::photo-album"
LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_S3_NEIGHBOURS = ("another action", "another service", "another bucket", "another prefix")


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: Any, resources: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": actions, "Resource": resources, **more}


def _trusts(principal: Any, actions: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return _document({"Effect": "Allow", "Principal": principal, "Action": actions, **more})


def _may(action: str, resource: str) -> Request:
    return Request(SESSION, action, resource, ACCOUNT)


def _assume(principal: Principal) -> Request:
    context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": FUNCTION} if principal.service else {}
    return Request(principal, "sts:AssumeRole", ROLE, ACCOUNT, context)


WRITES_LOG = (
    _may("logs:CreateLogGroup", f"{GROUP}"),
    _may("logs:CreateLogStream", f"{GROUP}:log-stream:"),
    _may("logs:PutLogEvents", f"{GROUP}:log-stream:2026/11/23/[$LATEST]0001"),
)
READS = _may("s3:GetObject", f"{BUCKET}/public/beach.jpg")
READS_SECRET = _may("s3:GetObject", f"{BUCKET}/private/passport.jpg")
_ASSUMED_BY_LAMBDA = _assume(Principal.aws_service("lambda.amazonaws.com"))
_MAYA = _assume(Principal.user(f"arn:aws:iam::{ACCOUNT}:user/maya"))
_STRANGER = _assume(Principal.user(f"arn:aws:iam::{STRANGER}:user/mallory"))
_EC2 = _assume(Principal.aws_service("ec2.amazonaws.com"))
_LOGS_EVERYWHERE = _allow(LOG_ACTIONS, "*")
_LOGS_OF_FUNCTION = _allow(LOG_ACTIONS, [GROUP, f"{GROUP}:*"])

TRUST = Task(
    name="01-trust-policy",
    title="Who may take the role?",
    story="""The role `photo-reader` is to be the execution role of a Lambda function. Fill the holes in its trust
policy so that the Lambda service may assume it, and nobody else: not another service, not a person, not another
account.""",
    kind=PolicyKind.TRUST,
    must_allow=(_ASSUMED_BY_LAMBDA,),
    must_deny=(_EC2, _MAYA, _STRANGER),
    beyond=("another principal",),
    slips=(
        Slip(
            "everybody may take the role",
            """`"Principal": "*"` is not "everything in my account": it is anybody in any account of AWS, who
could now act with this role's permissions. Name the one service that needs it.""",
            allows=(_STRANGER,),
        ),
        Slip(
            "the account instead of the service",
            """An account as the principal lets that account's own users and roles take the role, once their
policies allow it. Lambda is none of these: it comes as a service, and its principal is written `{"Service":
…}`.""",
            allows=(_MAYA,),
            denies=(_ASSUMED_BY_LAMBDA,),
        ),
        Slip(
            "the service the code used to run on",
            """This trusts EC2: it would do for a program on a virtual machine. Code in a Lambda function gets its
credentials from Lambda, so Lambda has to be able to take the role.""",
            allows=(_EC2,),
            denies=(_ASSUMED_BY_LAMBDA,),
        ),
        Slip(
            "a trust policy names no resource",
            """A trust policy is attached to one role, and speaks of that role only. AWS refuses a `Resource` in
it.""",
            refused="Resource",
        ),
        Slip(
            "the permissions in the trust policy",
            """What the code may do belongs in the role's permissions policies. The trust policy only says who may
take the role, and the one action for that is `sts:AssumeRole`.""",
            refused="Action",
        ),
    ),
    hints=(
        "Whose name stands in `Principal`? Ask yourself who calls `sts:AssumeRole` when the function is invoked.",
        "An AWS service is written by its service principal, which ends in `.amazonaws.com`.",
        "The principal is `lambda.amazonaws.com`, and the action is the one that hands out a role's credentials.",
    ),
    solution=_trusts({"Service": "lambda.amazonaws.com"}),
    reasoning="""Lambda, as `lambda.amazonaws.com`, may assume the role, and since nobody else is named, nobody
else may. This says nothing yet about what the code may do: that is for the role's permissions policies.""",
    starter=json.dumps(_trusts({"Service": "___"}, "___"), indent=2),
    accepted=(
        _trusts({"Service": "lambda.amazonaws.com"}),
        _trusts({"Service": ["lambda.amazonaws.com"]}, ["sts:AssumeRole"]),
        _trusts({"Service": "lambda.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
    ),
    rejected=(
        Rejected(_trusts("*"), Tone.ALMOST, "everybody may take the role"),
        Rejected(_trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), Tone.ALMOST, "the account instead of the service"),
        Rejected(_trusts({"Service": "ec2.amazonaws.com"}), Tone.ALMOST, "the service the code used to run on"),
        Rejected(
            _trusts({"Service": "lambda.amazonaws.com"}, Resource=ROLE), Tone.ALMOST, "a trust policy names no resource"
        ),
        Rejected(
            _trusts({"Service": "lambda.amazonaws.com"}, "s3:GetObject"),
            Tone.ALMOST,
            "the permissions in the trust policy",
        ),
        Rejected(
            _trusts({"Service": ["lambda.amazonaws.com", "s3.amazonaws.com"]}), Tone.ALMOST, says="`s3.amazonaws.com`"
        ),
        Rejected(_trusts({"Service": "___"}, "___"), Tone.NOT_YET, says="fill in"),
    ),
)

LOG = Task(
    name="01-write-the-log",
    title="A function that leaves a log",
    story="""The function `read-photo` in account `111111111111`, region `us-east-1`, prints lines that reach
nobody: its role has no permission to write a log. Write the permissions policy that lets it create its log
group and its log streams and put events into them. AWS's own managed policy does this for every log group
(`"Resource": "*"`), and here you may too; it must allow nothing but writing logs.""",
    kind=PolicyKind.IDENTITY,
    must_allow=WRITES_LOG,
    must_deny=(READS,),
    beyond=("another action", "another service"),
    slips=(
        Slip(
            "the function instead of its log",
            """The resource here is the function. But the code does nothing to its function: it writes to a log
group, so that is the resource the request names.""",
            allows=(_may("logs:PutLogEvents", FUNCTION),),
            denies=(WRITES_LOG[2],),
        ),
        Slip(
            "the group without its streams",
            """Your resource ends with the log group's name, and so covers the group itself. Events go into a log
stream, whose ARN goes on after the group's: `…:log-stream:…`. End the resource with `:*` as well.""",
            allows=(_may("logs:PutLogEvents", GROUP),),
            denies=(WRITES_LOG[2],),
        ),
        Slip(
            "events, but nowhere to put them",
            """`logs:PutLogEvents` is the call that writes lines, but on its first run the function has no log group
and no stream yet, and has to create both.""",
            allows=(WRITES_LOG[2],),
            denies=(WRITES_LOG[0], WRITES_LOG[1]),
        ),
    ),
    hints=(
        "Three actions of CloudWatch Logs are needed: one for the group, one for the stream, one for the lines.",
        "They are `logs:CreateLogGroup`, `logs:CreateLogStream` and `logs:PutLogEvents`.",
        f"As a resource, `*` does, or narrower: `{GROUP}` together with `{GROUP}:*`.",
    ),
    solution=_document(_LOGS_OF_FUNCTION),
    reasoning="""Creating the group, creating a stream and putting events are three actions, and each is named.
The log group's own ARN and everything below it are the resources; `*` in place of them is what AWS's managed
policy `AWSLambdaBasicExecutionRole` has.""",
    accepted=(
        _document(_LOGS_OF_FUNCTION),
        _document(_LOGS_EVERYWHERE),
        _document(_allow("logs:CreateLogGroup", f"{LOGS}:*"), _allow(LOG_ACTIONS[1:], f"{GROUP}:*")),
    ),
    rejected=(
        Rejected(_document(_allow(LOG_ACTIONS, FUNCTION)), Tone.ALMOST, "the function instead of its log"),
        Rejected(_document(_allow(LOG_ACTIONS, GROUP)), Tone.ALMOST, "the group without its streams"),
        Rejected(_document(_allow("logs:PutLogEvents", "*")), Tone.ALMOST, "events, but nowhere to put them"),
        Rejected(_document(_allow("logs:*", "*")), Tone.ALMOST, says="logs:GetLogEvents"),
        Rejected(_document(_allow(LOG_ACTIONS[:2], "*")), Tone.KEEP_GOING, says="logs:PutLogEvents"),
        Rejected('{"Version": "2012-10-17",\n "Statement": [}', Tone.KEEP_GOING, says="line 2"),
        Rejected("", Tone.NOT_YET),
    ),
)

READ = Task(
    name="01-read-one-prefix",
    title="Exactly this much",
    story="""From an empty page: write the permissions policy of `photo-reader` so that the function `read-photo`
may read the objects under `public/` in the bucket `photo-album` and write its log, and may do nothing else.
Under `private/` lie passports. For the log you may again use `*` as the resource.""",
    kind=PolicyKind.IDENTITY,
    must_allow=(READS, _may("s3:GetObject", f"{BUCKET}/public/2026/tom.jpg"), *WRITES_LOG),
    must_deny=(READS_SECRET,),
    beyond=_S3_NEIGHBOURS,
    slips=(
        Slip(
            "the bucket instead of its objects",
            """`arn:aws:s3:::photo-album` is the bucket. `s3:GetObject` reads an object, whose ARN goes on with a
slash and its key: `arn:aws:s3:::photo-album/…`.""",
            allows=(_may("s3:GetObject", BUCKET),),
            denies=(READS,),
        ),
        Slip(
            "listing is not reading",
            """`s3:ListBucket` tells the names of the objects. Their contents are another action, `s3:GetObject`,
on the objects' ARNs.""",
            allows=(_may("s3:ListBucket", BUCKET),),
            denies=(READS,),
        ),
        Slip(
            "the whole bucket",
            """The photo can be read, and so can every passport under `private/`. Let the resource go on with the
prefix before the `*`.""",
            allows=(READS, READS_SECRET),
            denies=(_may("s3:GetObject", "arn:aws:s3:::payroll-archive/private/passport.jpg"),),
        ),
        Slip(
            "the log is forgotten",
            """The photo can be read. But nothing lets the role write its log, so that when something goes wrong,
no line will say so.""",
            allows=(READS,),
            denies=WRITES_LOG,
        ),
    ),
    hints=(
        "Two statements: one for the photos, one for the log you know from the task before.",
        "The action is `s3:GetObject`; the resource is the ARN of the objects under one prefix.",
        f"The photos' resource is `{BUCKET}/public/*`.",
    ),
    solution=_document(_allow("s3:GetObject", f"{BUCKET}/public/*"), _LOGS_OF_FUNCTION),
    reasoning="""One statement per purpose. The `*` stands for the rest of the key, slashes included, so it covers
folders below `public/` as well; `private/` is not named, and what is not allowed is denied.""",
    accepted=(
        _document(_allow("s3:GetObject", f"{BUCKET}/public/*"), _LOGS_OF_FUNCTION),
        _document(_allow(["s3:GetObject"], [f"{BUCKET}/public/*"], Sid="Photos"), _LOGS_EVERYWHERE),
        _document(
            _allow("s3:GetObject", f"{BUCKET}/*"),
            {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/public/*"},
            _LOGS_EVERYWHERE,
        ),
    ),
    rejected=(
        Rejected(
            _document(_allow("s3:GetObject", BUCKET), _LOGS_EVERYWHERE),
            Tone.ALMOST,
            "the bucket instead of its objects",
        ),
        Rejected(_document(_allow("s3:ListBucket", BUCKET), _LOGS_EVERYWHERE), Tone.ALMOST, "listing is not reading"),
        Rejected(_document(_allow("s3:GetObject", f"{BUCKET}/*"), _LOGS_EVERYWHERE), Tone.ALMOST, "the whole bucket"),
        Rejected(_document(_allow("s3:GetObject", f"{BUCKET}/public/*")), Tone.ALMOST, "the log is forgotten"),
        Rejected(_document(_allow("s3:*", f"{BUCKET}/public/*"), _LOGS_EVERYWHERE), Tone.ALMOST, says="s3:PutObject"),
        Rejected(
            _document(_allow("s3:GetObject", "arn:aws:s3:::*/public/*"), _LOGS_EVERYWHERE),
            Tone.ALMOST,
            says="payroll-archive",
        ),
        Rejected(_document(_allow("*", "*")), Tone.ALMOST, says="private/passport.jpg"),
        Rejected(_document(_LOGS_EVERYWHERE), Tone.KEEP_GOING, says="public/beach.jpg"),
    ),
)

_BROKEN = _document(
    _allow("s3:GetObject", BUCKET, Sid="ReadPhotos"),
    _allow("s3:*", f"{BUCKET}/*", "Deny", Sid="KeepPrivate"),
    _allow(["logs:CreateLogGroup", "logs:PutLogEvents"], "*", Sid="WriteLog"),
)
_MENDED = _document(
    _allow("s3:GetObject", f"{BUCKET}/public/*", Sid="ReadPhotos"),
    _allow("s3:*", f"{BUCKET}/private/*", "Deny", Sid="KeepPrivate"),
    _allow(LOG_ACTIONS, "*", Sid="WriteLog"),
)


def _broken_but(*statements: int) -> dict[str, Any]:
    """The broken policy with only these of its statements mended."""
    return _document(*((_MENDED if n in statements else _BROKEN)["Statement"][n] for n in range(3)))


MEND = Task(
    name="01-mend-the-role",
    title="Mend the role",
    story="""Somebody wrote this policy for `photo-reader` in a hurry, and the function `read-photo` gets
`AccessDenied`. It should read `public/` in `photo-album` and write its log. The security team asks one thing:
`private/` must be denied explicitly, so that it stays closed even when someone attaches a broad managed policy
later. There are three faults.""",
    kind=PolicyKind.IDENTITY,
    must_allow=READ.must_allow,
    must_deny=(),
    must_forbid=(READS_SECRET, _may("s3:PutObject", f"{BUCKET}/private/passport.jpg")),
    beyond=_S3_NEIGHBOURS,
    slips=(
        Slip(
            "an allow against a deny",
            """Reading `public/` is denied explicitly, and an explicit deny wins over any allow, however exact. The
statement `KeepPrivate` reaches further than its name says.""",
            forbids=(READS,),
        ),
        Slip(
            "the bucket instead of its objects",
            """`ReadPhotos` still names the bucket. `s3:GetObject` reads an object, whose ARN goes on with a slash
and its key.""",
            allows=(_may("s3:GetObject", BUCKET),),
            denies=(READS,),
        ),
        Slip(
            "the deny thrown out",
            """The photo can be read, and so can the passports: the security team's deny is gone, or denies
something else now. Keep it, and let it reach as far as its name says.""",
            allows=(READS, READS_SECRET),
        ),
        Slip(
            "a stream that nobody creates",
            """The photo can be read, but the log stays empty: events are put into a stream, and nothing lets the
role create one.""",
            allows=(READS, WRITES_LOG[0], WRITES_LOG[2]),
            denies=(WRITES_LOG[1],),
        ),
    ),
    hints=(
        "Go statement by statement: which one should allow the read, and which element of it fails?",
        "Then look at the statement that denies. What does its resource cover, and what should it cover?",
        "The third fault is silent: count the actions that writing a log takes.",
    ),
    solution=_MENDED,
    reasoning="""`ReadPhotos` named the bucket where it must name objects. `KeepPrivate` denied the whole bucket,
and a deny wins over every allow; on `private/*` it does what it says. `WriteLog` lacked `logs:CreateLogStream`.""",
    starter=json.dumps(_BROKEN, indent=2),
    accepted=(
        _MENDED,
        _document(
            _allow("s3:GetObject", f"{BUCKET}/*"),
            {"Effect": "Deny", "Action": "s3:*", "NotResource": [f"{BUCKET}/public/*"]},
            _LOGS_OF_FUNCTION,
        ),
    ),
    rejected=(
        Rejected(_broken_but(0, 2), Tone.ALMOST, "an allow against a deny"),
        Rejected(_broken_but(1, 2), Tone.ALMOST, "the bucket instead of its objects"),
        Rejected(_broken_but(0, 1), Tone.ALMOST, "a stream that nobody creates"),
        Rejected(
            _document(_allow("s3:GetObject", f"{BUCKET}/*"), _LOGS_EVERYWHERE), Tone.ALMOST, "the deny thrown out"
        ),
        Rejected(
            _document(_allow("s3:GetObject", f"{BUCKET}/public/*"), _LOGS_EVERYWHERE), Tone.ALMOST, says="explicitly"
        ),
        Rejected(_BROKEN, Tone.NOT_YET, says="change the document"),
    ),
)

TASKS = (TRUST, LOG, READ, MEND)
