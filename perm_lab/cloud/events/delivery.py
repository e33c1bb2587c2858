"""One event on its way from a service to a function, on the function policy's permission or on a role's.

Follows "Granting function access to AWS services" (Lambda developer guide) and, for the roles, "Using resource-based
policies for Amazon EventBridge" (EventBridge user guide).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.core.records import Record
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.asynchronous import accept
from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Call
from perm_lab.display import Displayable
from perm_lab.iam import Arn, Decision, Principal


@dataclass(frozen=True, slots=True)
class Source:
    """What sends the event: a row of the catalogue, and the ARN and the account of the one thing that sends it.

    `token` is the id that stands for an ARN where the source has none (an Alexa skill).
    """

    kind: EventSource
    arn: str = ""
    account: str = ""
    token: str = ""

    @classmethod
    def of(cls, name: str, arn: str = "", account: str = "", token: str = "") -> Source:
        """The source of events `name` of the catalogue. The account is, by default, the one in the ARN.

        Raises `UnknownSource`, and ValueError for an ARN that is none or is missing.
        """
        kind = catalog.event_source(name)
        if kind.source_arn and not arn:
            raise ValueError(f"{kind.title} has an ARN of the form {kind.source_arn}; give it as `source_arn`")
        return cls(kind, arn, account or (Arn.parse(arn).account if arn else ""), token)

    @property
    def principal(self) -> Caller:
        return Caller(Principal.aws_service(self.kind.principal))

    def cause(self, kind: CauseKind = CauseKind.SOURCE) -> Cause:
        """What the calls that this source sets off are noted as."""
        name = self.arn.rpartition(":")[2]
        return Cause(kind, self.arn, f"{self.kind.title} {name}".strip())

    @property
    def context(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that the service sends along; of a source that sends no account the key is empty."""
        found: dict[str, str | tuple[str, ...]] = {}
        if self.arn:
            found["aws:SourceArn"] = self.arn
            found["aws:SourceAccount"] = () if self.kind.source_account == "refused" else self.account
        if self.token:
            found["lambda:EventSourceToken"] = self.token
        return found

    def fill(self, template: Any, function: str = "") -> Any:
        """A text of the catalogue, or an event, with this source's names in it."""
        if isinstance(template, Mapping):
            return {key: self.fill(value, function) for key, value in template.items()}
        if isinstance(template, list | tuple):
            return [self.fill(value, function) for value in template]
        if not isinstance(template, str):
            return template
        parts = self.arn.split(":")
        return Template(template).safe_substitute(
            SourceArn=self.arn,
            SourceAccount=self.account,
            Region=(parts[3] if len(parts) > 3 else "") or "us-east-1",
            Resource=self.arn.removesuffix(":*").replace("/", ":").rpartition(":")[2],
            FunctionArn=function,
        )


@dataclass(frozen=True, slots=True)
class Delivery(Displayable):
    """What became of an event: the calls it took, and the function's answer where one was waited for.

    `records` are the calls of the trail, the last of them the Invoke, or the one that was refused.
    """

    source: Source
    function: str
    records: tuple[Record, ...] = field(repr=False)
    outcome: Outcome | None = None

    @property
    def allowed(self) -> bool:
        """Whether the function was run, or will be."""
        return all(record.allowed and not record.error_code for record in self.records)

    @property
    def decision(self) -> Decision | None:
        """The decision that settled it."""
        return self.records[-1].decision

    @property
    def payload(self) -> Any:
        """What the function returned, from its JSON; None where nobody waits for it."""
        return json.loads(self.outcome.payload) if self.outcome else None

    @property
    def seen(self) -> str:
        """Who notices a refusal, and where; empty when there was none."""
        return "" if self.allowed else self.source.fill(self.source.kind.failure["seen"], self.function)

    @property
    def log(self) -> str:
        """The line in the service's own log that tells of a refusal; empty when there was none, or it writes none."""
        return "" if self.allowed else self.source.fill(self.source.kind.failure.get("log", ""), self.function)

    def __str__(self) -> str:
        told = (("seen by: ", self.seen), ("its log says: ", self.log))
        return "\n".join([*map(str, self.records), *(f"{label}{text}" for label, text in told if text)])


def deliver(lambdas: LambdaStore, source: Source, function: str, event: Any, *, wait: bool | None = None) -> Delivery:
    """Send `event` as the service itself: the function policy decides.

    `wait` is whether the service waits for the function's answer; by default as the catalogue has it.
    """
    name = FunctionName.parse(function, source.account, "us-east-1")
    url = {"lambda:InvokeFunctionUrl": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    checks = tuple(
        Check(action, name.qualified_arn, name.account, {**source.context, **url.get(action, {})})
        for action in source.kind.actions or ("lambda:InvokeFunction",)
    )
    with lambdas.core.scheduler.because(source.cause()):
        return invoke_as(lambdas, source, source.principal, name, checks, event, wait)


def deliver_as_role(
    lambdas: LambdaStore, source: Source, function: str, event: Any, role: str, *, wait: bool | None = None
) -> Delivery:
    """Send `event` through a role that the service assumes: the role's trust policy decides, then its permissions.

    The function policy has a say only where the function is in another account than the role.
    """
    owner = Arn.parse(role).account
    name = FunctionName.parse(function, owner, "us-east-1")
    with lambdas.core.scheduler.because(source.cause()):
        trust = Check("sts:AssumeRole", role, owner, source.context)
        assumed = lambdas.core.ask(source.principal, Call("sts", "AssumeRole", {"RoleArn": role}, name.region), trust)
        if not assumed.allowed:
            _count(lambdas, source)
            return Delivery(source, name.qualified_arn, (assumed,))
        check = Check("lambda:InvokeFunction", name.qualified_arn, name.account)
        return invoke_as(lambdas, source, service_session(role), name, (check,), event, wait, assumed)


def probe(lambdas: LambdaStore, source: Source, function: str) -> bool:
    """Whether the service may run the function, as it finds out before it takes a configuration; noted as a dry run."""
    name = FunctionName.parse(function, source.account, "us-east-1")
    check = Check("lambda:InvokeFunction", name.qualified_arn, name.account, source.context)
    params = {"FunctionName": name.qualified_arn, "InvocationType": "DryRun"}
    with lambdas.core.scheduler.because(source.cause(CauseKind.CONFIGURATION)):
        record = lambdas.core.ask(source.principal, Call("lambda", "Invoke", params, name.region), check)
    return record.allowed and lambdas.find(name) is not None


def service_session(role: str) -> Caller:
    """The caller that a service is when it has assumed a role of its customer."""
    arn = Arn.parse(role)
    session = f"arn:aws:sts::{arn.account}:assumed-role/{arn.name}/service"
    return Caller(Principal.role_session(session, role_arn=role))


def invoke_as(
    lambdas: LambdaStore,
    source: Source,
    caller: Caller,
    name: FunctionName,
    checks: tuple[Check, ...],
    event: Any,
    wait: bool | None,
    *before: Record,
) -> Delivery:
    """Invoke the function as `caller` if all of `checks` allow it; `before` are the calls that led to this one."""
    waits = source.kind.invocation == "synchronous" if wait is None else wait
    payload = json.dumps(event).encode()
    kind = "RequestResponse" if waits else "Event"
    params = {"FunctionName": name.qualified_arn, "InvocationType": kind, "Payload": payload}
    record = lambdas.core.ask(caller, Call("lambda", "Invoke", params, name.region), *checks)
    outcome = None
    if record.allowed:
        try:
            lambdas.version(name)
            if waits:
                outcome = run(lambdas, name, payload)
            else:
                accept(lambdas, name, payload)
        except Fault as fault:
            error = fault.answer.body["Error"]
            record.fail(error["Code"], error["Message"])
    if record.error_code:
        _count(lambdas, source)
    return Delivery(source, name.qualified_arn, (*before, record), outcome)


def _count(lambdas: LambdaStore, source: Source) -> None:
    """Count the failure where the service counts it, in the account of the source."""
    namespace, _, metric = source.kind.failure.get("metric", "").rpartition(" ")
    if metric and source.account in lambdas.core.accounts:
        lambdas.core.measure(source.account, namespace, metric)
