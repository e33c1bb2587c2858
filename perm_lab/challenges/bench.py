"""The bench on which an answer is tried: the task's world in a scratch lab, and the answer where it belongs in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud import Lab, Record, scratch_lab
from perm_lab.cloud.gate.hooks import Gate
from perm_lab.cloud.snapshots import Snapshot
from perm_lab.iam import Arn, Decision, Policy, PolicyKind, Request, Verdict, evaluate
from perm_lab.scenarios.api import ApiCall, Clients, Json, put_policy

NAME = "your-policy"


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds a document of an answer: its kind, and the ARN of the user, role, function, bucket … it is put on.

    Raises ValueError when nothing with this ARN holds policies of this kind.
    """

    kind: PolicyKind
    arn: str

    def __post_init__(self) -> None:
        if self._held not in _PUT:
            legal = ", ".join(sorted({f"`{kind.name.lower()}` on {what}" for kind, what in _PUT}))
            raise ValueError(f"`{self.arn}` holds no policy of the kind `{self.kind.name.lower()}`; legal: {legal}")

    @property
    def _held(self) -> tuple[PolicyKind, str]:
        arn = Arn.parse(self.arn)
        return self.kind, arn.resource.partition("/")[0] if arn.service == "iam" else arn.service

    def put(self, bench: Bench, document: Mapping[str, Any]) -> None:
        """Put `document` there by the call that does it in AWS. Raises ClientError when AWS refuses it."""
        bench.make(bench.lab.owner(self.arn), _PUT[self._held](Arn.parse(self.arn), Json(document)))


def _queue_url(arn: Arn) -> str:
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.name}"


# what holds policies of which kind -> the call that puts one there
_PUT: dict[tuple[PolicyKind, str], Callable[[Arn, Json], ApiCall]] = {
    (PolicyKind.IDENTITY, "user"): lambda arn, policy: put_policy("user", arn.name, NAME, policy),
    (PolicyKind.IDENTITY, "role"): lambda arn, policy: put_policy("role", arn.name, NAME, policy),
    (PolicyKind.TRUST, "role"): lambda arn, policy: ApiCall(
        "iam", "update_assume_role_policy", {"RoleName": arn.name, "PolicyDocument": policy}
    ),
    (PolicyKind.RESOURCE, "lambda"): lambda arn, policy: ApiCall(
        "lambda", "put_resource_policy", {"ResourceArn": arn.text, "Policy": policy}
    ),
    (PolicyKind.RESOURCE, "s3"): lambda arn, policy: ApiCall(
        "s3", "put_bucket_policy", {"Bucket": arn.resource, "Policy": policy}
    ),
    (PolicyKind.RESOURCE, "sqs"): lambda arn, policy: ApiCall(
        "sqs", "set_queue_attributes", {"QueueUrl": _queue_url(arn), "Attributes": {"Policy": policy}}
    ),
    (PolicyKind.RESOURCE, "sns"): lambda arn, policy: ApiCall(
        "sns", "set_topic_attributes", {"TopicArn": arn.text, "AttributeName": "Policy", "AttributeValue": policy}
    ),
    (PolicyKind.RESOURCE, "kinesis"): lambda arn, policy: ApiCall(
        "kinesis", "put_resource_policy", {"ResourceARN": arn.text, "Policy": policy}
    ),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is set off once an answer is in place, and whether it must work.

    `says` tells it in words; `who` is the ARN of the user or role that makes `call`, an administrator of `account`
    where it is empty; with `poll` Lambda's pollers run after it. It works when no permission is refused on the way and
    the function, where the call invokes one, ends without an error.
    """

    says: str
    call: ApiCall
    account: str
    who: str = ""
    poll: bool = False
    works: bool = True


def _whole(kind: PolicyKind, **principal: str) -> Policy:
    """A policy that allows everything."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **principal}
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement]}, kind, name="whatever they allow")


_ALL_BY_CALLER, _ALL_BY_OWNER = _whole(PolicyKind.IDENTITY), _whole(PolicyKind.RESOURCE, Principal="*")


def opened(decision: Decision) -> bool:
    """Whether the other account's side was taken to allow everything."""
    return decision.policies.resource is _ALL_BY_OWNER or decision.policies.identity == (_ALL_BY_CALLER,)


@dataclass(frozen=True, slots=True)
class _Built:
    """A world that stands: its state, and the clients of those who act in it, whose keys are part of the state.

    `gate` is the one of the lab in which it was built: the clients are that lab's.
    """

    calls: tuple[tuple[str, ApiCall], ...]
    callers: tuple[tuple[str, str], ...]
    accounts: tuple[str, ...]
    state: Snapshot
    clients: dict[str, Clients]
    gate: Gate


_BUILT: deque[_Built] = deque(maxlen=4)  # a notebook's tasks share a world, or two


@contextmanager
def bench(world: tuple[tuple[str, ApiCall], ...], events: Iterable[Event] = ()) -> Iterator[Bench]:
    """A bench with this world in a scratch lab, for as long as the block lasts.

    `world` are calls, each after the id of the account whose administrator makes it. They are made once; each bench
    with this world and the callers of these `events` begins with the same copy of what they made.
    """
    callers = tuple(dict.fromkeys((event.account, event.who) for event in events))
    built = next((each for each in _BUILT if (each.calls, each.callers) == (world, callers)), None)
    if built is None:
        with scratch_lab() as lab:
            made = Bench(lab, {})
            for account, call in world:
                made.make(account, call)
            for caller in callers:
                made.clients_of(*caller)
            state = Snapshot.take(lab.lambdas, lab.accounts)
            built = _Built(world, callers, tuple(lab.accounts), state, made.clients, lab.gate)
        _BUILT.append(built)
    with scratch_lab() as lab, built.gate.standing_in_for(lab.gate):
        for account in built.accounts:
            lab.account(account)
        built.state.restore(lab.lambdas, lab.accounts)
        yield Bench(lab, dict(built.clients))


@dataclass(frozen=True, slots=True)
class Bench:
    """A lab in which a world stands, and the boto3 clients of those who act there, by ARN, or account for its
    administrator."""

    lab: Lab
    clients: dict[str, Clients]

    def make(self, account: str, call: ApiCall) -> Any:
        """Make a call as an administrator of the account."""
        return call.make(self.clients_of(account))

    def decide(self, request: Request) -> Decision:
        """What AWS would say to `request` now."""
        who = request.principal.service or request.principal.arn or "*"
        context: Mapping[str, Any] = request.context
        return self.lab.decide(who, request.action, request.resource, context)

    def lets(self, request: Request, *, owned: bool) -> Decision | None:
        """The decision by which the answer lets `request` through: now, or as soon as the other account does its part.

        Across accounts both sides are asked, and a document that allows too much is kept in check by the other side
        only for as long as that says no. `owned` is whether the answer has a document on the resource's side. None
        where the request does not get through either way.
        """
        decision = self.decide(request)
        asked, policies = decision.request, decision.policies
        if decision.allowed:
            return decision
        if decision.verdict is Verdict.EXPLICIT_DENY or not asked.principal.account or asked.same_account:
            return None
        ways = []
        if any(policy.name == NAME for policy in policies.identity):
            ways.append(replace(policies, resource=_ALL_BY_OWNER))
        if owned:
            ways.append(replace(policies, identity=(_ALL_BY_CALLER,)))
        return next((found for each in ways if (found := evaluate(asked, each)).allowed), None)

    def run(self, event: Event) -> tuple[tuple[Record, ...], str]:
        """What an event leaves in the trail, and what stopped it: empty when nothing did."""
        start = len(self.lab.trail)
        stopped = ""
        try:
            answer = event.call.make(self.clients_of(event.account, event.who))
            failed = isinstance(answer, dict) and answer.get("FunctionError")
            stopped = answer["Payload"].read().decode() if failed else ""
        except ClientError as error:
            stopped = str(error)
        if event.poll:
            self.lab.drain()
        records = tuple(self.lab.trail[start:])
        denied = next((record.error_message for record in records if not record.allowed), "")
        return records, denied or stopped

    def clients_of(self, account: str, who: str = "") -> Clients:
        """The clients of the user or role with the ARN `who`, or of an administrator of the account."""
        key = who or account
        if key not in self.clients:
            arn = Arn.parse(who) if who else None
            owner = self.lab.account(arn.account if arn else account)
            if arn is None:
                session = owner.admin()
            elif arn.resource.startswith("user/"):
                session = owner.user(arn.name)
            else:
                session = owner.assume(who, "at-work")
            self.clients[key] = Clients(session)
        return self.clients[key]
