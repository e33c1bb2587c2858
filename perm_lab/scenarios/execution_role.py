"""Lesson 1: a function, its execution role, and the four steps that each may be refused.

A person invokes the function; Lambda assumes the role; the code calls S3 as the role; Lambda writes the log as it too.
Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

from collections.abc import Mapping

from perm_lab.cloud import CauseKind, Record
from perm_lab.scenarios.api import ApiCall, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Handler, Hop, Outcome, Status, Toggle
from perm_lab.scenarios.steps import Step, caused, first, logged, session, taken
from perm_lab.scenarios.switches import Switch, inline, managed, trusting
from perm_lab.scenarios.world import PERSON, Scenario

ROLE = "photo-reader"
PHOTO, SECRET, COPY = "public/beach.jpg", "private/passport.jpg", "copies/beach.jpg"
_CALLER, _ASSUMED, _MAY, _OTHER = (
    "Who may call the function",
    "Who may take the role",
    "What the role may do",
    "What else people try",
)
_NOTES = (
    "may this person call the function?",
    "may Lambda take the role? The role's trust policy says",
    "may the code do this? The role's policies say, whoever called the function",
)


class ExecutionRole(Scenario):
    """The world of lesson 1: a bucket with photos, functions that read them, and their role."""

    START = frozenset({"invoke", "trust", "logs"})

    @property
    def bucket(self) -> str:
        return f"holiday-photos-{self.account.id}"

    @property
    def role_arn(self) -> str:
        return self.arn("iam", f"role/{ROLE}")

    def _handlers(self) -> tuple[Handler, ...]:
        return _handlers(self.bucket)

    def _all_switches(self) -> tuple[Switch, ...]:
        return _switches(self.account.id, self.bucket)

    def _fire(self) -> None:
        """Invoke the function as the person."""
        self._person["lambda"].invoke(FunctionName=self.handler)["Payload"].read()

    def _event_code(self) -> str:
        return signed_in(PERSON) + _INVOKE.format(function=self.handler)

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        objects = [{"Bucket": self.bucket, "Key": key, "Body": f"the bytes of {key}"} for key in (PHOTO, SECRET)]
        return [
            ApiCall("s3", "create_bucket", {"Bucket": self.bucket}),
            *(ApiCall("s3", "put_object", each) for each in objects),
            *create_role(ROLE, trust("lambda.amazonaws.com")),
            *(create_function(each.key, self.role_arn, each.source) for each in handlers),
        ]

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        function, works = self.arn("lambda", f"function:{self.handler}"), session(self.role_arn, self.handler)
        code = caused(records, CauseKind.CODE)
        calls = [(f"s3:{action}", f"arn:aws:s3:::{self.bucket}/{key}") for action, key in _CALLS[self.handler]]
        return [
            Step(
                self.arn("iam", f"user/{PERSON}"), "lambda:InvokeFunction", function, _NOTES[0],
                first(records, "lambda:Invoke"),
            ),
            taken(records, self.role_arn, function, _NOTES[1]),
            *(
                Step(works, action, what, _NOTES[2], code[n] if n < len(code) else None, self.role_arn)
                for n, (action, what) in enumerate(calls)
            ),
            logged(records, self.role_arn, function),
        ]  # fmt: skip

    def _outcome(self, hops: tuple[Hop, ...]) -> tuple[Outcome, str]:
        outcome = _outcome(hops)
        return outcome, _sentence(hops, outcome)


def _outcome(hops: tuple[Hop, ...]) -> Outcome:
    *work, log = hops
    if any(each.status is not Status.ALLOWED for each in work):
        return Outcome.FAILED
    return Outcome.WORKED if log.status is Status.ALLOWED else Outcome.UNLOGGED


def _sentence(hops: tuple[Hop, ...], outcome: Outcome) -> str:
    invoked, assumed, *calls, log = hops
    if outcome is Outcome.WORKED:
        return "works: every step was allowed, and the log was written"
    if outcome is Outcome.UNLOGGED:
        return f"works, but leaves no log: {ROLE} may not write to CloudWatch Logs, and nobody is told"
    if invoked.status is Status.DENIED:
        return f"fails: {PERSON} may not invoke the function, so nothing runs"
    if assumed.status is Status.DENIED:
        return f"fails: the trust policy of {ROLE} does not let Lambda assume the role, so the code never starts"
    refused = next(each for each in calls if each.status is Status.DENIED)
    silent = "; nor may it write the log that would say so" if log.status is Status.DENIED else ""
    word = refused.decision.verdict.word if refused.decision else "denied"
    return f"fails: the code runs as {ROLE}, for which {refused.action} on {short(refused.what)} is {word}{silent}"


_CALLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "read-photo": (("GetObject", PHOTO),),
    "read-secret": (("GetObject", SECRET),),
    "copy-photo": (("GetObject", PHOTO), ("PutObject", COPY)),
    "say-hello": (),
}


def _handlers(bucket: str) -> tuple[Handler, ...]:
    return (
        Handler("read-photo", f"read-photo: reads {PHOTO}", _READ.format(bucket=bucket, key=PHOTO)),
        Handler("read-secret", f"read-secret: reads {SECRET}", _READ.format(bucket=bucket, key=SECRET)),
        Handler(
            "copy-photo",
            f"copy-photo: reads {PHOTO}, writes {COPY}",
            _WRITE.format(bucket=bucket, key=PHOTO, copy=COPY),
        ),
        Handler("say-hello", "say-hello: only prints a line", _HELLO),
    )


def _switches(account: str, bucket: str) -> tuple[Switch, ...]:
    objects = f"arn:aws:s3:::{bucket}/*"
    functions = f"arn:aws:lambda:us-east-1:{account}:function:*"
    invoke = document("Allow", "lambda:InvokeFunction", functions)
    return (
        inline(
            Toggle("invoke", f"{PERSON} may invoke functions", "lambda:InvokeFunction on the user", _CALLER),
            ("user", PERSON), "invoke-functions", invoke,
        ),
        trusting(
            Toggle("trust", "the trust policy names lambda.amazonaws.com", "otherwise it names ec2.amazonaws.com",
                   _ASSUMED),
            ROLE, "lambda.amazonaws.com", "ec2.amazonaws.com",
        ),
        managed(
            Toggle("logs", "AWSLambdaBasicExecutionRole", "AWS managed: write logs", _MAY),
            ("role", ROLE), "AWSLambdaBasicExecutionRole",
        ),
        managed(
            Toggle("execute", "AWSLambdaExecute", "AWS managed: read and write every bucket, write logs", _MAY),
            ("role", ROLE), "AWSLambdaExecute",
        ),
        inline(
            Toggle("read-bucket", "inline policy read-photos", f"Allow s3:GetObject on {bucket}/*", _MAY),
            ("role", ROLE), "read-photos", document("Allow", "s3:GetObject", objects),
        ),
        inline(
            Toggle("deny-private", "inline policy keep-private", f"Deny s3:GetObject on {bucket}/private/*", _MAY),
            ("role", ROLE), "keep-private", document("Deny", "s3:GetObject", f"arn:aws:s3:::{bucket}/private/*"),
        ),
        inline(
            Toggle("person-s3", f"give {PERSON} s3:* on the bucket", "the person who calls, not the role", _OTHER),
            ("user", PERSON), "all-of-s3", document("Allow", "s3:*", objects),
        ),
        inline(
            Toggle("role-invoke", f"give {ROLE} lambda:InvokeFunction", "the role that runs, not the caller", _OTHER),
            ("role", ROLE), "invoke-functions", invoke,
        ),
    )  # fmt: skip


_READ = """\
import boto3

s3 = boto3.client("s3")

def handler(event, context):
    photo = s3.get_object(Bucket="{bucket}", Key="{key}")
    print("read", photo["ContentLength"], "bytes")
    return photo["ContentLength"]
"""

_WRITE = """\
import boto3

s3 = boto3.client("s3")

def handler(event, context):
    photo = s3.get_object(Bucket="{bucket}", Key="{key}")
    s3.put_object(Bucket="{bucket}", Key="{copy}", Body=photo["Body"].read())
    return "copied"
"""

_HELLO = """\
def handler(event, context):
    print("hello")
    return "hello"
"""

_INVOKE = """\
answer = person.client("lambda").invoke(FunctionName="{function}")
print(answer.get("FunctionError", "no error"), answer["Payload"].read().decode())
"""
