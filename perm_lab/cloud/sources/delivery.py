"""One event on its way from a service to a function, on the function policy's permission or on a role's.

Follows "Granting function access to AWS services" (Lambda developer guide) and, for the roles, "Using resource-based
policies for Amazon EventBridge" (EventBridge user guide).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud.calls import Check
from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.asynchronous import accept
from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.gate import Call
from perm_lab.cloud.trail import Record
from perm_lab.display import Displayable
from perm_lab.iam import Arn, Decision, Principal, aws_message

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab


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


def deliver(lab: Lab, source: Source, function: str, event: Any, *, wait: bool | None = None) -> Delivery:
    """Send `event` as the service itself: the function policy decides.

    `wait` is whether the service waits for the function's answer; by default as the catalogue has it.
    """
    name = FunctionName.parse(function, source.account, "us-east-1")
    checks = tuple(
        Check(action, name.qualified_arn, name.account, _context(source, action), True, "")
        for action in source.kind.actions or ("lambda:InvokeFunction",)
    )
    with lab.turns.because(_cause(source)):
        return invoke_as(lab, source, source.principal, name, checks, event, wait)


def deliver_as_role(
    lab: Lab, source: Source, function: str, event: Any, role: str, *, wait: bool | None = None
) -> Delivery:
    """Send `event` through a role that the service assumes: the role's trust policy decides, then its permissions.

    The function policy has a say only where the function is in another account than the role.
    """
    owner = Arn.parse(role).account
    name = FunctionName.parse(function, owner, "us-east-1")
    session = f"arn:aws:sts::{owner}:assumed-role/{role.rsplit('/', 1)[-1]}/{_SESSION}"
    with lab.turns.because(_cause(source)):
        trust = Check("sts:AssumeRole", role, owner, source.context, True, "")
        assumed = _note(lab, source.principal, Call("sts", "AssumeRole", {"RoleArn": role}, name.region), (trust,))
        if not assumed.allowed:
            _count(lab, source)
            return Delivery(source, name.qualified_arn, (assumed,))
        caller = Caller(Principal.role_session(session, role_arn=role))
        check = Check("lambda:InvokeFunction", name.qualified_arn, name.account, {}, True, "")
        return invoke_as(lab, source, caller, name, (check,), event, wait, assumed)


def probe(lab: Lab, source: Source, function: str) -> bool:
    """Whether the service may run the function, as it finds out before it takes a configuration; noted as a dry run."""
    name = FunctionName.parse(function, source.account, "us-east-1")
    checks = (Check("lambda:InvokeFunction", name.qualified_arn, name.account, source.context, True, ""),)
    params = {"FunctionName": name.qualified_arn, "InvocationType": "DryRun"}
    with lab.turns.because(f"{_cause(source)}, before it takes the configuration"):
        record = _note(lab, source.principal, Call("lambda", "Invoke", params, name.region), checks)
    return record.allowed and _exists(lab, name)


def _exists(lab: Lab, name: FunctionName) -> bool:
    function = lab.lambdas.functions.get(name.arn)
    return function is not None and function.version(name.qualifier) is not None


_SESSION = "service"  # name of the session in which a service uses a role


def _context(source: Source, action: str) -> dict[str, str | tuple[str, ...]]:
    url = {"lambda:FunctionUrlAuthType": "AWS_IAM"} if action == "lambda:InvokeFunctionUrl" else {}
    return {**source.context, **url}


def _cause(source: Source) -> str:
    return f"{source.kind.title} {source.arn.rsplit(':', 1)[-1]}".strip()


def invoke_as(
    lab: Lab,
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
    params = {
        "FunctionName": name.qualified_arn,
        "InvocationType": "RequestResponse" if waits else "Event",
        "Payload": payload,
    }
    record = _note(lab, caller, Call("lambda", "Invoke", params, name.region), checks)
    outcome = None
    if record.allowed:
        try:
            lab.lambdas.version(name)
            if waits:
                outcome = run(lab.lambdas, name, payload)
            else:
                accept(lab.lambdas, name, payload)
        except Fault as fault:
            error = fault.answer.body["Error"]
            record.event.update(errorCode=error["Code"], errorMessage=error["Message"])
    if record.error_code:
        _count(lab, source)
    return Delivery(source, name.qualified_arn, (*before, record), outcome)


def _note(lab: Lab, caller: Caller, call: Call, checks: tuple[Check, ...]) -> Record:
    """The call in the trail, refused where one of the checks is."""
    judged = lab.judge(caller, checks)
    record = lab.note(caller, call, judged)
    if not record.allowed:
        code = "AccessDenied" if call.service == "sts" else "AccessDeniedException"
        record.event.update(errorCode=code, errorMessage=aws_message(judged[-1][1]))
    return record


def _count(lab: Lab, source: Source) -> None:
    """Count the failure where the service counts it, in the account of the source."""
    namespace, _, metric = source.kind.failure.get("metric", "").rpartition(" ")
    if metric and source.account in lab.accounts:
        lab.measure(source.account, namespace, metric)
