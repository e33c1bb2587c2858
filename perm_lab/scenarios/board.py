"""Lesson 6: every source of events, and where its permission belongs. A guess is granted, and the lab runs it.

Each try stands in a scratch lab, with nothing in it but a function, the source, and one grant where it was put. Facts
from the catalogue of event sources; follows "Invoking Lambda with events from other AWS services" (Lambda developer
guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud import Lab, Record, scratch_lab
from perm_lab.cloud.functions.permissions import written
from perm_lab.display import Displayable
from perm_lab.iam import Arn, Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from perm_lab.scenarios.api import ApiCall, Clients, create_function, create_role, document, put_policy, trust
from perm_lab.scenarios.data import api_call, read
from perm_lab.scenarios.run import Hop, hop
from perm_lab.scenarios.steps import Step

_TOLD = read(files("perm_lab.scenarios").joinpath("board.toml"))
SIDES: Mapping[str, str] = _TOLD["sides"]
_ACCOUNT, _FUNCTION, _PERSON = "111111111111", "handle-event", "maya"
_ARN = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:{_FUNCTION}"
_LAMBDA, _WORKER = "lambda.amazonaws.com", f"arn:aws:iam::{_ACCOUNT}:role/worker"
_TOKEN = "amzn1.ask.skill.1"
# sources that Lambda polls
_POLLED = ("kinesis", "dynamodb-stream", "sqs", "msk")
_CALLED = ("sdk-invoke",)

# (where it belongs, where it was put) -> the belief behind it, and the reply
MISTAKES: Mapping[tuple[str, str], tuple[str, str]] = {
    (row["belongs"], row["put"]): (row["belief"], row["reply"]) for row in _TOLD["mistake"]
}


@dataclass(frozen=True, slots=True)
class Placed(Displayable):
    """What came of granting `source` its permission on one `side`: whether it works, the calls, and what to say.

    `hops` are the calls of the event itself, without those that write the log.
    """

    source: str
    side: str
    works: bool
    sentence: str
    misconception: str = ""
    records: tuple[Record, ...] = ()
    hops: tuple[Hop, ...] = ()

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
    with scratch_lab() as lab:
        account = lab.account(_ACCOUNT)
        admin, maya = Clients(account.admin()), Clients(account.user(_PERSON))
        for call in _world(source, kind):
            call.make(admin)
        arn = _source_arn(source, kind)
        if source == "dynamodb-stream":  # the name of a table's stream is the time at which it was made
            arn = admin["dynamodb"].describe_table(TableName="albums")["Table"]["LatestStreamArn"]
        for call in _GRANTS[side](kind, arn):
            call.make(admin)
        start = len(lab.trail)
        works = _works(lab, source, kind, arn, admin, maya)
        records = tuple(lab.trail[start:])
    hops = tuple(hop(record) for record in records if not record.action.startswith("logs:"))
    if works:
        return Placed(source, side, True, _right(kind, side), "", records, hops)
    belief, reply = MISTAKES[kind.side, side]
    told = reply.format(title=title(source), principal=kind.principal)
    return Placed(source, side, False, told, belief, records, hops)


@cache
def example() -> Placed:
    """S3 with its permission where it belongs, as `place` finds it too: decided by the engine, without a lab."""
    kind = catalog.event_source("s3")
    bucket = _source_arn("s3", kind)
    statements = [written(call.params, _ARN) for call in _function_policy(kind, bucket)]
    lets_in = Policy.parse(
        {"Version": "2012-10-17", "Statement": statements}, PolicyKind.RESOURCE, name=f"function policy of {_FUNCTION}"
    )
    trusts = Policy.parse(trust(_LAMBDA), PolicyKind.TRUST, name="trust policy of worker")
    sent = {"aws:SourceArn": bucket, "aws:SourceAccount": _ACCOUNT}
    hops = (
        _decided(kind.principal, "lambda:InvokeFunction", _ARN, PolicySet(resource=lets_in), bucket, **sent),
        _decided(_LAMBDA, "sts:AssumeRole", _WORKER, PolicySet(trust=trusts), _ARN),
    )
    return Placed("s3", kind.side, True, _right(kind, kind.side), "", (), hops)


def _decided(service: str, action: str, on: str, policies: PolicySet, start: str, **context: str) -> Hop:
    decision = evaluate(Request(Principal.aws_service(service), action, on, _ACCOUNT, context), policies)
    return Step(service, action, on, "", None, start=start, decision=decision).hop


def _right(kind: EventSource, side: str) -> str:
    if side == "function policy":
        who = "the function policy names maya, and in the same account one side is enough"
        return who if kind.side == "caller" else f"{kind.principal} comes as itself, and the function policy lets it in"
    return {
        "invocation role": f"{kind.principal} takes the role, and the role may invoke",
        "execution role": "Lambda reads the source as the execution role",
        "caller": "maya calls, and her own policies allow it",
    }[side]


# what is there


def _world(source: str, kind: EventSource) -> list[ApiCall]:
    """The calls that make the function, the roles and the source: one that Lambda polls, with something in it."""
    return [
        *create_role("worker", trust(_LAMBDA), "service-role/AWSLambdaBasicExecutionRole"),
        *create_role("caller", trust(kind.principal or _LAMBDA)),
        create_function(_FUNCTION, _WORKER, _HANDLER),
        *map(api_call, _TOLD["source"].get(source, ())),
    ]


_HANDLER = """\
def handler(event, context):
    return "handled"
"""


def _source_arn(source: str, kind: EventSource) -> str:
    """ARN of what sends the events or is polled, as far as it is known before that is made."""
    there = {
        "kinesis": f"arn:aws:kinesis:us-east-1:{_ACCOUNT}:stream/clicks",
        "sqs": f"arn:aws:sqs:us-east-1:{_ACCOUNT}:orders",
        "msk": f"arn:aws:kafka:us-east-1:{_ACCOUNT}:cluster/news/1",
    }
    names = {"Partition": "aws", "Region": "us-east-1", "Account": _ACCOUNT}
    return there.get(source) or re.sub(r"\$\{(\w+)\}", lambda found: names.get(found[1], found[1]), kind.source_arn)


# the grants


def _function_policy(kind: EventSource, arn: str) -> list[ApiCall]:
    if kind.side == "caller":
        principal = f"arn:aws:iam::{_ACCOUNT}:user/{_PERSON}"
    else:  # a source that is polled calls nobody, whatever its name
        principal = kind.principal or f"{Arn.parse(arn).service}.amazonaws.com"
    grant = {"FunctionName": _FUNCTION, "Principal": principal}
    if arn:
        grant["SourceArn"] = arn
    if kind.source_account in ("needed", "recommended"):
        grant["SourceAccount"] = _ACCOUNT
    if kind.event_source_token:
        grant["EventSourceToken"] = _TOKEN
    actions = enumerate(kind.actions or ("lambda:InvokeFunction",))
    return [
        ApiCall("lambda", "add_permission", {**grant, "StatementId": f"s{n}", "Action": action})
        for n, action in actions
    ]


def _execution_role(kind: EventSource, arn: str) -> list[ApiCall]:
    polled = kind.side == "execution role"
    policy = document("Allow", list(kind.role_actions), "*") if polled else _INVOKE
    return [put_policy("role", "worker", "grant", policy)]


_INVOKE = document("Allow", "lambda:InvokeFunction", _ARN)
_GRANTS: Mapping[str, Callable[[EventSource, str], list[ApiCall]]] = {
    "function policy": _function_policy,
    "execution role": _execution_role,
    "invocation role": lambda kind, arn: [put_policy("role", "caller", "grant", _INVOKE)],
    "caller": lambda kind, arn: [put_policy("user", _PERSON, "grant", _INVOKE)],
}


# the event


def _works(lab: Lab, source: str, kind: EventSource, arn: str, admin: Clients, maya: Clients) -> bool:
    """Let the event come; whether the function was run."""
    try:
        if kind.side == "caller":
            maya["lambda"].invoke(FunctionName=_FUNCTION)
            return True
        if kind.side == "execution role":
            start = {} if source == "sqs" else {"StartingPosition": "TRIM_HORIZON"}
            topics = {"Topics": ["news"]} if source == "msk" else {}
            mapping = {"FunctionName": _FUNCTION, "EventSourceArn": arn, **start, **topics}
            admin["lambda"].create_event_source_mapping(**mapping)
            return not any(step.failed for step in lab.poll())
    except ClientError:
        return False
    role = f"arn:aws:iam::{_ACCOUNT}:role/caller" if kind.side == "invocation role" else ""
    token = _TOKEN if kind.event_source_token else ""
    return lab.push(source, _ARN, source_arn=arn, source_account=_ACCOUNT, role=role, token=token).allowed
