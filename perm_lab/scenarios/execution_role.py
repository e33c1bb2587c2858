"""Lesson 1: a function, its execution role, and the four steps that each may be refused.

A person invokes the function; Lambda assumes the role; the code calls S3 as the role; Lambda writes the log as it too.
Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.cloud import Lab, Record
from perm_lab.iam import Policy, PolicyKind
from perm_lab.scenarios.api import ApiCall, Clients, Json, Zip, program
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Handler, Hop, Outcome, Run, Status, Toggle, hop

PERSON, ROLE = "maya", "photo-reader"
PHOTO, SECRET, COPY = "public/beach.jpg", "private/passport.jpg", "copies/beach.jpg"
START = frozenset({"invoke", "trust", "logs"})
_FIRST_ACCOUNT = 444455556666
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
    "the log is written as the role, too",
)


def _document(effect: str, actions: Any, resource: str) -> Json:
    statement = {"Effect": effect, "Action": actions, "Resource": resource}
    return Json({"Version": "2012-10-17", "Statement": [statement]})


def _trust(service: str) -> Json:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return Json({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True, slots=True)
class _Switch:
    """A toggle with the calls that turn it on and off, and the policies then in force, with their holders."""

    toggle: Toggle
    on: ApiCall
    off: ApiCall
    policy: tuple[str, Policy]
    otherwise: tuple[str, Policy] | None = None


class ExecutionRole:
    """The world of lesson 1 in an account of its own: a bucket with photos, functions that read them, and their role.

    `state` holds the keys of the toggles that are on, `handler` is the key of the function that is run. Without `lab`
    the world stands in the lab that is open, or in a new one where none is.
    """

    def __init__(self, lab: Lab | None = None) -> None:
        self.lab = lab or Lab.current() or Lab.start()
        number = next(n for n in range(10_000) if str(_FIRST_ACCOUNT + n) not in self.lab.accounts)
        self.account = self.lab.account(str(_FIRST_ACCOUNT + number), name="photo shop")
        self.bucket = f"holiday-photos-{self.account.id}"
        self.role_arn = f"arn:aws:iam::{self.account.id}:role/{ROLE}"
        self.handlers = _handlers(self.bucket)
        self._switches = {each.toggle.key: each for each in _switches(self.account.id, self.bucket)}
        self._admin = Clients(self.account.admin())
        self._make(*self._world(self.handlers))
        self._person = self.account.user(PERSON).client("lambda")
        self._state = frozenset({"trust"})
        self._handler = self.handlers[0]
        for key in START:
            self.set(key, True)

    @property
    def toggles(self) -> tuple[Toggle, ...]:
        return tuple(switch.toggle for switch in self._switches.values())

    @property
    def state(self) -> frozenset[str]:
        """Keys of the toggles that are on."""
        return self._state

    def set(self, key: str, on: bool) -> None:
        """Switch a toggle, through IAM's API as the account's administrator. Raises ValueError for an unknown key."""
        switch = self._switches.get(key)
        if switch is None:
            legal = ", ".join(f"`{each}`" for each in self._switches)
            raise ValueError(f"`{key}` is not a toggle; the toggles are: {legal}")
        if on != (key in self._state):
            self._make(switch.on if on else switch.off)
            self._state ^= {key}

    @property
    def handler(self) -> str:
        """Key of the function that `run` invokes."""
        return self._handler.key

    @handler.setter
    def handler(self, key: str) -> None:
        found = {each.key: each for each in self.handlers}.get(key)
        if found is None:
            legal = ", ".join(f"`{each.key}`" for each in self.handlers)
            raise ValueError(f"`{key}` is not a handler; the handlers are: {legal}")
        self._handler = found

    def run(self) -> Run:
        """Invoke the function as the person, with real calls, and say what happened."""
        start = len(self.lab.trail)
        with suppress(ClientError):  # a refusal is in the trail
            self._person.invoke(FunctionName=self.handler)["Payload"].read()
        records = tuple(self.lab.trail[start:])
        hops = self._hops(records)
        outcome = _outcome(hops)
        return Run(hops, records, outcome, _sentence(hops, outcome), self.policies, self.boto3_code)

    @property
    def policies(self) -> tuple[tuple[str, Policy], ...]:
        """The policies in force, each with its holder."""
        switches = self._switches.items()
        found = [switch.policy if key in self._state else switch.otherwise for key, switch in switches]
        return tuple(each for each in found if each)

    @property
    def boto3_code(self) -> str:
        """A program that builds the present state in an empty account and invokes the function as the person."""
        changed = self._state ^ {"trust"}
        changes = [s.on if key in self._state else s.off for key, s in self._switches.items() if key in changed]
        person = ApiCall("iam", "create_user", {"UserName": PERSON})
        return program([person, *self._world((self._handler,)), *changes]) + _INVOKE.format(
            person=PERSON, function=self.handler
        )

    def _make(self, *calls: ApiCall) -> None:
        for call in calls:
            call.make(self._admin)

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        objects = [{"Bucket": self.bucket, "Key": key, "Body": f"the bytes of {key}"} for key in (PHOTO, SECRET)]
        role = {"RoleName": ROLE, "AssumeRolePolicyDocument": _trust("lambda.amazonaws.com")}
        return [
            ApiCall("s3", "create_bucket", {"Bucket": self.bucket}),
            *(ApiCall("s3", "put_object", each) for each in objects),
            ApiCall("iam", "create_role", role),
            *(ApiCall("lambda", "create_function", self._function(each)) for each in handlers),
        ]

    def _function(self, handler: Handler) -> dict[str, Any]:
        return {
            "FunctionName": handler.key,
            "Role": self.role_arn,
            "Runtime": "python3.13",
            "Handler": "lambda_function.handler",
            "Code": {"ZipFile": Zip(handler.source)},
        }

    def _hops(self, records: tuple[Record, ...]) -> tuple[Hop, ...]:
        """The steps of a run in order: those that the trail tells of, and those that were never reached."""
        region, account, name = self.account.region, self.account.id, self.handler
        function = f"arn:aws:lambda:{region}:{account}:function:{name}"
        session = f"arn:aws:sts::{account}:assumed-role/{ROLE}/{name}"
        log = f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{name}"
        steps = [_by(records, "lambda:Invoke"), _by(records, "sts:AssumeRole")]
        code, logs = _caused(records, "code"), _caused(records, "log")
        calls = [(f"s3:{action}", f"arn:aws:s3:::{self.bucket}/{key}") for action, key in _CALLS[name]]
        plan = [
            (f"arn:aws:iam::{account}:user/{PERSON}", "lambda:InvokeFunction", function, "", steps[0], _NOTES[0]),
            ("lambda.amazonaws.com", "sts:AssumeRole", self.role_arn, function, steps[1], _NOTES[1]),
            *(
                (session, action, what, self.role_arn, code[n] if n < len(code) else None, _NOTES[2])
                for n, (action, what) in enumerate(calls)
            ),
            (session, "logs:PutLogEvents", log, self.role_arn, _worst(logs), _NOTES[3]),
        ]
        return tuple(
            hop(record, note, start=start, what=what)
            if record
            else Hop(who, action, what, Status.NOT_REACHED, note=note, start=start)
            for who, action, what, start, record, note in plan
        )


def _by(records: tuple[Record, ...], action: str) -> Record | None:
    return next((record for record in records if record.action == action), None)


def _caused(records: tuple[Record, ...], what: str) -> list[Record]:
    return [record for record in records if record.cause.startswith(f"{what} of ")]


def _worst(records: list[Record]) -> Record | None:
    """The record that was denied, or else the last."""
    return next((record for record in records if not record.allowed), records[-1] if records else None)


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


def _switches(account: str, bucket: str) -> tuple[_Switch, ...]:
    objects = f"arn:aws:s3:::{bucket}/*"
    functions = f"arn:aws:lambda:us-east-1:{account}:function:*"
    invoke = _document("Allow", "lambda:InvokeFunction", functions)
    return (
        _inline(
            Toggle("invoke", f"{PERSON} may invoke functions", "lambda:InvokeFunction on the user", _CALLER),
            ("user", PERSON), "invoke-functions", invoke,
        ),
        _trust_switch(),
        _managed("logs", "AWSLambdaBasicExecutionRole", "AWS managed: write logs"),
        _managed("execute", "AWSLambdaExecute", "AWS managed: read and write every bucket, write logs"),
        _inline(
            Toggle("read-bucket", "inline policy read-photos", f"Allow s3:GetObject on {bucket}/*", _MAY),
            ("role", ROLE), "read-photos", _document("Allow", "s3:GetObject", objects),
        ),
        _inline(
            Toggle("deny-private", "inline policy keep-private", f"Deny s3:GetObject on {bucket}/private/*", _MAY),
            ("role", ROLE), "keep-private", _document("Deny", "s3:GetObject", f"arn:aws:s3:::{bucket}/private/*"),
        ),
        _inline(
            Toggle("person-s3", f"give {PERSON} s3:* on the bucket", "the person who calls, not the role", _OTHER),
            ("user", PERSON), "all-of-s3", _document("Allow", "s3:*", objects),
        ),
        _inline(
            Toggle("role-invoke", f"give {ROLE} lambda:InvokeFunction", "the role that runs, not the caller", _OTHER),
            ("role", ROLE), "invoke-functions", invoke,
        ),
    )  # fmt: skip


def _inline(toggle: Toggle, holder: tuple[str, str], name: str, document: Json) -> _Switch:
    kind, who = holder
    place = {f"{kind.title()}Name": who, "PolicyName": name}
    on = ApiCall("iam", f"put_{kind}_policy", {**place, "PolicyDocument": document})
    return _Switch(toggle, on, ApiCall("iam", f"delete_{kind}_policy", place), (who, Policy.parse(document, name=name)))


def _managed(key: str, name: str, help: str) -> _Switch:
    policy = catalog.managed_policy(name)
    params = {"RoleName": ROLE, "PolicyArn": policy.arn}
    return _Switch(
        Toggle(key, name, help, _MAY),
        ApiCall("iam", "attach_role_policy", params),
        ApiCall("iam", "detach_role_policy", params),
        (ROLE, Policy.parse(policy.document, name=name, arn=policy.arn)),
    )


def _trust_switch() -> _Switch:
    def trust(service: str) -> tuple[ApiCall, tuple[str, Policy]]:
        document = _trust(service)
        call = ApiCall("iam", "update_assume_role_policy", {"RoleName": ROLE, "PolicyDocument": document})
        return call, (ROLE, Policy.parse(document, PolicyKind.TRUST, name="trust policy"))

    on, policy = trust("lambda.amazonaws.com")
    off, otherwise = trust("ec2.amazonaws.com")
    label = "the trust policy names lambda.amazonaws.com"
    return _Switch(Toggle("trust", label, "otherwise it names ec2.amazonaws.com", _ASSUMED), on, off, policy, otherwise)


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
key = iam.create_access_key(UserName="{person}")["AccessKey"]
person = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
answer = person.client("lambda").invoke(FunctionName="{function}")
print(answer.get("FunctionError", "no error"), answer["Payload"].read().decode())
"""
