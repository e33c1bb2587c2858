"""Lesson 6: every source of events, and where its permission belongs. A guess is granted, and the lab runs it.

Each try stands in a lab apart, with nothing in it but a function, the source, and one grant where it was put. Facts
from the catalogue of event sources; follows "Invoking Lambda with events from other AWS services" (Lambda developer
guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud import Lab, Record, lab_apart
from perm_lab.display import Displayable
from perm_lab.scenarios.api import zipped

SIDES: Mapping[str, str] = {
    "function policy": "in the function policy: the service may invoke",
    "execution role": "on the execution role of the function",
    "invocation role": "on a role that the service takes to call",
    "caller": "on whoever calls: the user's own policies",
}
_ACCOUNT, _FUNCTION, _PERSON = "111111111111", "handle-event", "maya"
_ARN = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:{_FUNCTION}"
_TOKEN = "amzn1.ask.skill.1"
# sources that Lambda polls, and what makes one of them: its ARN, and how its mapping begins
_POLLED = ("kinesis", "dynamodb-stream", "sqs", "msk")
_CALLED = ("sdk-invoke",)

# (where it belongs, where it was put) -> the belief behind it, and the reply
MISTAKES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("function policy", "execution role"): (
        "the role that runs is the role that calls",
        "The execution role is taken when the function is about to run. {title} has to be let in before that, and "
        "comes as itself, {principal}: only the function policy can name it.",
    ),
    ("function policy", "invocation role"): (
        "every service takes a role",
        "{title} takes no role. It comes as itself, {principal}, and the function policy has to name it.",
    ),
    ("function policy", "caller"): (
        "whoever sets up an event also invokes",
        "maya sets the source up. At each event it is {principal} that calls, and maya's policies are not looked at.",
    ),
    ("invocation role", "function policy"): (
        "pushing always needs a function policy",
        "{title} takes a role first, and comes as that role. A statement for {principal} names somebody who does not "
        "come.",
    ),
    ("invocation role", "execution role"): (
        "the role that calls is the role that runs",
        "There are two roles. The one that {principal} takes calls the function; the execution role runs it.",
    ),
    ("invocation role", "caller"): (
        "whoever sets up an event also invokes",
        "maya sets the source up. The calls are made by a role that {principal} takes.",
    ),
    ("execution role", "function policy"): (
        "a stream pushes its records",
        "{title} calls nobody. Lambda reads it, as the execution role; the function policy is not asked.",
    ),
    ("execution role", "invocation role"): (
        "Lambda polls with a role of its own",
        "There is one role, the function's execution role: Lambda reads {title} with it, and runs the code with it.",
    ),
    ("execution role", "caller"): (
        "whoever sets up an event also reads",
        "maya makes the mapping. What reads {title} afterwards is Lambda, as the execution role.",
    ),
    ("caller", "execution role"): (
        "the role that runs is the role that calls",
        "The execution role is what the code may do. Who may start it is asked of the one who calls.",
    ),
    ("caller", "invocation role"): (
        "calling takes a role",
        "Nobody takes a role here: maya calls with her own key, and her own policies are asked.",
    ),
}


@dataclass(frozen=True, slots=True)
class Placed(Displayable):
    """What came of granting `source` its permission on one `side`: whether it works, the calls, and what to say."""

    source: str
    side: str
    works: bool
    sentence: str
    misconception: str = ""
    records: tuple[Record, ...] = ()

    def __str__(self) -> str:
        belief = f" ({self.misconception})" if self.misconception else ""
        return f"{'✓' if self.works else '✗'} {title(self.source)}, {SIDES[self.side]}: {self.sentence}{belief}"


@cache
def sources() -> tuple[str, ...]:
    """The names of the sources on the board: all of the catalogue that the lab can send or poll by itself.

    A destination of a function is not among them: there the role that calls is the execution role of that function.
    """
    pushed = [
        name
        for name, each in catalog.event_sources().items()
        if each.side in ("function policy", "invocation role")
        and each.principal.endswith((".amazonaws.com", ".amazon.com"))
        and each.principal != "lambda.amazonaws.com"
    ]
    return (*pushed, *_POLLED, *_CALLED)


def title(source: str) -> str:
    """What a source is called, without the names of Amazon and AWS."""
    return catalog.event_source(source).title.removeprefix("Amazon ").removeprefix("AWS ")


def place(source: str, side: str) -> Placed:
    """Grant `source` its permission on `side`, let it send an event or be polled, and say what came of it.

    Raises LookupError for a source or a side that is not on the board.
    """
    for given, legal in ((source, sources()), (side, tuple(SIDES))):
        if given not in legal:
            raise LookupError(f"`{given}` is not on the board; there are: {', '.join(legal)}")
    kind = catalog.event_source(source)
    with lab_apart() as lab:
        works, records = _Try(lab, source, kind, side).run()
    if works:
        return Placed(source, side, True, _right(kind, side), "", records)
    belief, reply = MISTAKES[kind.side, side]
    told = reply.format(title=title(source), principal=kind.principal)
    return Placed(source, side, False, told, belief, records)


def _right(kind: EventSource, side: str) -> str:
    if side == "function policy":
        who = "the function policy names maya, and in the same account one side is enough"
        return who if kind.side == "caller" else f"{kind.principal} comes as itself, and the function policy lets it in"
    return {
        "invocation role": f"{kind.principal} takes the role, and the role may invoke",
        "execution role": "Lambda reads the source as the execution role",
        "caller": "maya calls, and her own policies allow it",
    }[side]


class _Try:
    """One try: the world, the grant, the event."""

    def __init__(self, lab: Lab, source: str, kind: EventSource, side: str) -> None:
        self.lab, self.name, self.kind, self.side = lab, source, kind, side
        self.account = lab.account(_ACCOUNT)
        self.admin = self.account.admin()
        self.arn = (
            kind.source_arn.replace("${Partition}", "aws")
            .replace("${Region}", "us-east-1")
            .replace("${Account}", _ACCOUNT)
            .replace("${", "")
            .replace("}", "")
        )

    def run(self) -> tuple[bool, tuple[Record, ...]]:
        role = self.account.role("worker", managed=("AWSLambdaBasicExecutionRole",))
        self.admin.client("lambda").create_function(
            FunctionName=_FUNCTION, Runtime="python3.13", Handler="lambda_function.lambda_handler", Role=role,
            Code={"ZipFile": zipped("def lambda_handler(event, context):\n    return 'handled'\n")},
        )  # fmt: skip
        maya = self.account.user(_PERSON)
        if self.kind.side == "execution role":
            self.arn = self._source()
        _GRANTS[self.side](self)
        start = len(self.lab.trail)
        works = self._event(maya)
        return works, tuple(self.lab.trail[start:])

    def _source(self) -> str:
        """Make the stream or the queue, with something in it; its ARN."""
        if self.name == "kinesis":
            kinesis = self.admin.client("kinesis")
            kinesis.create_stream(StreamName="clicks", ShardCount=1)
            kinesis.put_record(StreamName="clicks", PartitionKey="1", Data=b"a click")
            return f"arn:aws:kinesis:us-east-1:{_ACCOUNT}:stream/clicks"
        if self.name == "sqs":
            sqs = self.admin.client("sqs")
            sqs.send_message(QueueUrl=sqs.create_queue(QueueName="orders")["QueueUrl"], MessageBody="an order")
            return f"arn:aws:sqs:us-east-1:{_ACCOUNT}:orders"
        if self.name == "dynamodb-stream":
            key = {"AttributeName": "id", "KeyType": "HASH"}
            dynamodb = self.admin.client("dynamodb")
            table = dynamodb.create_table(
                TableName="albums", KeySchema=[key], BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            )["TableDescription"]  # fmt: skip
            dynamodb.put_item(TableName="albums", Item={"id": {"S": "1"}})
            return table["LatestStreamArn"]
        return f"arn:aws:kafka:us-east-1:{_ACCOUNT}:cluster/news/1"

    def _event(self, maya: Any) -> bool:
        """Let the event come; whether the function was run."""
        if self.kind.side == "caller":
            return self._called(lambda: maya.client("lambda").invoke(FunctionName=_FUNCTION))
        if self.kind.side == "execution role":
            start = {} if self.name == "sqs" else {"StartingPosition": "TRIM_HORIZON"}
            topics = {"Topics": ["news"]} if self.name == "msk" else {}
            mapping = {"FunctionName": _FUNCTION, "EventSourceArn": self.arn, **start, **topics}
            made = self._called(lambda: self.admin.client("lambda").create_event_source_mapping(**mapping))
            return made and not any(step.failed for step in self.lab.poll())
        role = {"role": self._caller()} if self.kind.side == "invocation role" else {}
        token = {"token": _TOKEN} if self.kind.event_source_token else {}
        return self.lab.push(
            self.name, _ARN, source_arn=self.arn, source_account=_ACCOUNT, **role, **token
        ).allowed  # fmt: skip

    @staticmethod
    def _called(call: Callable[[], Any]) -> bool:
        try:
            call()
        except ClientError:
            return False
        return True

    def _service(self) -> str:
        """The service principal of a source that is polled, which comes to nobody."""
        return f"{self.arn.split(':')[2]}.amazonaws.com"

    def _caller(self) -> str:
        """The role that the service takes; what it may do is another question."""
        return self.account.role("caller", self.kind.principal or "lambda.amazonaws.com")

    # the grants

    def in_function_policy(self) -> None:
        caller = self.kind.side == "caller"
        principal = f"arn:aws:iam::{_ACCOUNT}:user/{_PERSON}" if caller else self.kind.principal or self._service()
        conditions = {"SourceArn": self.arn} if self.arn else {}
        if self.kind.source_account in ("needed", "recommended"):
            conditions["SourceAccount"] = _ACCOUNT
        if self.kind.event_source_token:
            conditions["EventSourceToken"] = _TOKEN
        for number, action in enumerate(self.kind.actions or ("lambda:InvokeFunction",)):
            self.admin.client("lambda").add_permission(
                FunctionName=_FUNCTION, StatementId=f"s{number}", Action=action, Principal=principal, **conditions
            )

    def on_execution_role(self) -> None:
        polled = self.kind.side == "execution role"
        actions = list(self.kind.role_actions) if polled else ["lambda:InvokeFunction"]
        self.account.role("worker", inline={"grant": _allow(actions, "*" if polled else _ARN)})

    def on_invocation_role(self) -> None:
        principal = self.kind.principal or "lambda.amazonaws.com"
        self.account.role("caller", principal, inline={"grant": _allow(["lambda:InvokeFunction"], _ARN)})

    def on_caller(self) -> None:
        self.account.user(_PERSON, inline={"grant": _allow(["lambda:InvokeFunction"], _ARN)})


_GRANTS: Mapping[str, Callable[[_Try], None]] = {
    "function policy": _Try.in_function_policy,
    "execution role": _Try.on_execution_role,
    "invocation role": _Try.on_invocation_role,
    "caller": _Try.on_caller,
}


def _allow(actions: list[str], resource: str) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
