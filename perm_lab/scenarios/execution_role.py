"""Lesson 1: a function, its execution role, and the four steps that each may be refused.

A person invokes the function; Lambda assumes the role; the code calls S3 as the role; Lambda writes the log as it too.
Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

from collections.abc import Mapping

from perm_lab.cloud import CauseKind, Record
from perm_lab.scenarios.api import ApiCall, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Handler, RunOutcome, Status, Toggle
from perm_lab.scenarios.steps import Step, assumed, caused, first, invocation_error, logged, session
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


class ExecutionRole(Scenario):
    """The world of lesson 1: a bucket with photos, functions that read them, and their role."""

    TITLE = "The execution role"
    STORY = "maya calls a function; its code works on a bucket. Switch policies and see how far the call comes."
    START = frozenset({"invoke", "trust", "logs"})

    @property
    def bucket(self) -> str:
        return f"holiday-photos-{self.account.id}"

    @property
    def role_arn(self) -> str:
        return self.arn("iam", f"role/{ROLE}")

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler("read-photo", f"read-photo: reads {PHOTO}", _READ.format(bucket=self.bucket, key=PHOTO)),
            Handler("read-secret", f"read-secret: reads {SECRET}", _READ.format(bucket=self.bucket, key=SECRET)),
            Handler(
                "copy-photo",
                f"copy-photo: reads {PHOTO}, writes {COPY}",
                _WRITE.format(bucket=self.bucket, key=PHOTO, copy=COPY),
            ),
            Handler("say-hello", "say-hello: only prints a line", _HELLO),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        bucket, role, person = self.bucket, ("role", ROLE), ("user", PERSON)
        objects = f"arn:aws:s3:::{bucket}/*"
        invoke = document("Allow", "lambda:InvokeFunction", self.arn("lambda", "function:*"))
        return (
            inline(
                Toggle("invoke", f"{PERSON} may invoke functions", "lambda:InvokeFunction on the user", _CALLER),
                person, "invoke-functions", invoke,
            ),
            trusting(
                Toggle("trust", "the trust policy names lambda.amazonaws.com", "otherwise it names ec2.amazonaws.com",
                       _ASSUMED),
                ROLE, "lambda.amazonaws.com", "ec2.amazonaws.com",
            ),
            managed(
                Toggle("logs", "AWSLambdaBasicExecutionRole", "AWS managed: write logs", _MAY),
                role, "AWSLambdaBasicExecutionRole",
            ),
            managed(
                Toggle("execute", "AWSLambdaExecute", "AWS managed: read and write every bucket, write logs", _MAY),
                role, "AWSLambdaExecute",
            ),
            inline(
                Toggle("read-bucket", "inline policy read-photos", f"Allow s3:GetObject on {bucket}/*", _MAY),
                role, "read-photos", document("Allow", "s3:GetObject", objects),
            ),
            inline(
                Toggle("deny-private", "inline policy keep-private", f"Deny s3:GetObject on {bucket}/private/*", _MAY),
                role, "keep-private", document("Deny", "s3:GetObject", f"arn:aws:s3:::{bucket}/private/*"),
            ),
            inline(
                Toggle("person-s3", f"give {PERSON} s3:* on the bucket", "the person who calls, not the role", _OTHER),
                person, "all-of-s3", document("Allow", "s3:*", objects),
            ),
            inline(
                Toggle("role-invoke", f"give {ROLE} lambda:InvokeFunction", "the role that runs, not the caller",
                       _OTHER),
                role, "invoke-functions", invoke,
            ),
        )  # fmt: skip

    def _fire(self) -> str:
        """Invoke the function as the person."""
        return invocation_error(self._person["lambda"].invoke(FunctionName=self.handler))

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
        log = logged(records, self.role_arn, function, ", and nobody is told")
        return [
            Step(
                self.arn("iam", f"user/{PERSON}"), "lambda:InvokeFunction", function,
                "may this person call the function?", first(records, "lambda:Invoke"),
                f"fails: {PERSON} may not invoke the function, so nothing runs",
            ),
            assumed(records, self.role_arn, function, "may Lambda take the role? The role's trust policy says"),
            *(self._call(caused(records, CauseKind.CODE), works, *each, log) for each in _CALLS[self.handler]),
            log,
        ]  # fmt: skip

    def _call(self, records: list[Record], who: str, verb: str, key: str, log: Step) -> Step:
        """The code calls S3."""
        action, what = f"s3:{verb}", f"arn:aws:s3:::{self.bucket}/{key}"
        record = first(records, action)
        word = record.decision.verdict.word if record and record.decision else "denied"
        silent = "; nor may it write the log that would say so" if log.hop.status is Status.DENIED else ""
        refused = f"fails: the code runs as {ROLE}, for which {action} on {short(what)} is {word}{silent}"
        note = "may the code do this? The role's policies say, whoever called the function"
        return Step(who, action, what, note, record, refused, self.role_arn)

    def _allowed(self) -> tuple[RunOutcome, str]:
        return RunOutcome.WORKED, "works: every step was allowed, and the log was written"


_CALLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "read-photo": (("GetObject", PHOTO),),
    "read-secret": (("GetObject", SECRET),),
    "copy-photo": (("GetObject", PHOTO), ("PutObject", COPY)),
    "say-hello": (),
}


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
