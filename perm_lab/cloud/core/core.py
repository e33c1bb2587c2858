"""What a lab runs on: everything that judges, records and acts for the lab itself, and nothing that a person holds."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from perm_lab.cloud.core.callers import Caller, Callers
from perm_lab.cloud.core.policies import Policies
from perm_lab.cloud.core.records import Judged, Record, Trail, cloudtrail_event
from perm_lab.cloud.core.scheduler import Scheduler
from perm_lab.cloud.gate.actions import Check, denied_error
from perm_lab.cloud.gate.hooks import Answer, Call
from perm_lab.cloud.gate.resources import owner
from perm_lab.cloud.internals import state
from perm_lab.cloud.internals.clients import session, signing_as
from perm_lab.iam import Decision, Principal, Request, aws_message, evaluate

_SYSTEM_SECRET = secrets.token_hex()  # nobody outside can sign as the lab itself


class Core:
    """The engine room of one lab.

    `trail` is what happened, `callers` who holds which access key, `policies` those in force, `scheduler` who may go
    on. `accounts` maps the id of each account to its path in an organization (`o-…/r-…/`), empty outside.
    """

    def __init__(self) -> None:
        self.trail = Trail()
        self.callers = Callers()
        self.policies = Policies()
        self.scheduler = Scheduler()
        self.accounts: dict[str, str] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._serial = 0

    def owner(self, resource: str, otherwise: str) -> str:
        """Id of the account that `resource` belongs to; `otherwise` where its ARN, or `*`, does not tell."""
        return owner(resource, otherwise, state)

    def decide(self, caller: Caller, check: Check) -> Decision:
        """Whether `caller` holds the permission now."""
        account = check.resource_account or caller.account
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        principal = replace(
            caller.principal,
            tags={**self.policies.tags(caller.principal), **caller.principal.tags},
            organization=self.accounts.get(caller.account, ""),
        )
        request = Request(
            principal,
            check.action,
            check.resource,
            account,
            {"aws:SecureTransport": "true", "aws:CurrentTime": now, **caller.context, **check.context},
            self.accounts.get(account, ""),
        )
        return evaluate(request, self.policies.policy_set(caller, check.resource, account, check.action))

    def judge(self, caller: Caller, checks: tuple[Check, ...]) -> Judged:
        """Each check with its decision, up to and including the first that is denied."""
        judged = []
        for check in checks:
            judged.append((check, self.decide(caller, check)))
            if not judged[-1][1].allowed:
                break
        return tuple(judged)

    def note(self, caller: Caller, call: Call, judged: Judged) -> Record:
        """Write the call into the trail."""
        self._serial += 1
        causes = self.scheduler.causes
        event = cloudtrail_event(caller, call, judged, self._serial)
        record = Record(event, judged, causes[-1] if causes else None, len(causes))
        self.trail.append(record)
        return record

    def ask(self, caller: Caller, call: Call, *checks: Check) -> Record:
        """A call that a service makes inside AWS: judged, and written into the trail with the error of a refusal."""
        judged = self.judge(caller, checks)
        record = self.note(caller, call, judged)
        if not record.allowed:
            error = denial(call, judged[-1][1]).body["Error"]
            record.fail(error["Code"], error["Message"])
        return record

    def system_client(self, account: str, service: str, region: str = "") -> Any:
        """A client of the lab itself in `account`: needs no permission and leaves no record."""
        key = (account, service, region or "us-east-1")
        if key not in self._clients:
            system = Caller(Principal.root(account), f"LABSYSTEM{account}", _SYSTEM_SECRET, system=True)
            self.callers.add(system)
            pair = system.access_key, system.secret_key
            pattern = ("", *key[1:])  # what the clients of all accounts are made after
            if pattern not in self._clients:
                self._clients[pattern] = session(*pair, region=key[2]).client(service)
            self._clients[key] = signing_as(*pair, self._clients[pattern])
        return self._clients[key]

    def measure(self, account: str, namespace: str, metric: str, **dimensions: str) -> None:
        """Count one in a CloudWatch metric of the account, as services do of themselves."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = {"MetricName": metric, "Value": 1.0, "Unit": "Count", "Dimensions": named}
        self.system_client(account, "cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])


def denial(call: Call, decision: Decision) -> Answer:
    """The service's access denial for `decision`, with AWS's sentence."""
    message = aws_message(decision)
    code, status, message = denied_error(call.service, call.operation, message, decision.request.same_account)
    return Answer.error(code, message, status)
