"""A lab: simulated AWS accounts behind real boto3 clients, each call judged by `perm_lab.iam`.

with Lab() as lab:
    shop = lab.account("111111111111", name="shop")
    shop.admin().client("s3").create_bucket(Bucket="photos")
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3

from perm_lab.cloud.account import Account, install_managed_policies
from perm_lab.cloud.calls import Check, authorizations, denied_error
from perm_lab.cloud.credentials import Caller, Credentials, Refusal
from perm_lab.cloud.events import cloudtrail_event
from perm_lab.cloud.functions.mappings import EventSourceMapping
from perm_lab.cloud.functions.service import LambdaService
from perm_lab.cloud.gate import HANDLERS, Answer, Call, Passed, close_gate, open_gate
from perm_lab.cloud.identities import learn_identity
from perm_lab.cloud.isolation import open_sandbox, session, signing_as
from perm_lab.cloud.lookup import StateLookup
from perm_lab.cloud.policies import PolicyReader
from perm_lab.cloud.snapshots import Snapshot, changes_set_up
from perm_lab.cloud.sources.configuration import try_sources
from perm_lab.cloud.sources.delivery import Delivery, Source
from perm_lab.cloud.sources.doors import open_doors
from perm_lab.cloud.sources.polling import drain, poll
from perm_lab.cloud.sources.push import Response, fetch, push
from perm_lab.cloud.sources.steps import Poll
from perm_lab.cloud.survey import survey, words
from perm_lab.cloud.trail import Record, Trail
from perm_lab.cloud.turns import Turns
from perm_lab.display import Displayable
from perm_lab.iam import Arn, Decision, Principal, Request, aws_message, evaluate

_UNDOABLE = 20  # changes that can be taken back


class Lab(Displayable):
    """Simulated AWS accounts. While it is open every boto3 client made in this process belongs to it.

    `trail` is what happened. Only one lab is open at a time.
    """

    _open: Lab | None = None

    def __init__(self) -> None:
        if Lab._open is not None:
            raise RuntimeError("a lab is already open in this process; close it first, or use `Lab.start()`")
        self.trail = Trail()
        self.credentials = Credentials()
        self.accounts: dict[str, Account] = {}
        self.lambdas = LambdaService(self)
        self.policies = PolicyReader(self.system_client)
        self.lookup = StateLookup(self)
        self._history: deque[tuple[Record, Snapshot]] = deque(maxlen=_UNDOABLE)
        self._checkpoints: dict[str, Snapshot] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self.turns = Turns()
        self._serial = 0
        self._sandbox = open_sandbox(HANDLERS, self.turns.call)
        open_doors(self, self._sandbox)
        Lab._open = self
        open_gate(self)

    @classmethod
    def start(cls) -> Lab:
        """A fresh lab. One that an earlier cell of this kernel left open is closed first."""
        if cls._open is not None:
            cls._open.close()
        return cls()

    @classmethod
    def current(cls) -> Lab | None:
        """The lab that is open in this process, None when none is."""
        return cls._open

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the accounts and leave boto3 and the environment as they were. Closing twice is fine."""
        if Lab._open is self:
            close_gate()
            self.lambdas.close()
            self._sandbox.close()
            Lab._open = None

    def account(self, account_id: str, name: str = "") -> Account:
        """The account with this 12-digit id, opened when first asked for.

        Raises ValueError when the id has not 12 digits.
        """
        if account_id not in self.accounts:
            if not re.fullmatch(r"\d{12}", account_id):
                raise ValueError(f"`{account_id}` is not an account id; an account id is a string of 12 digits")
            self._require_open()
            install_managed_policies(account_id)
            self.accounts[account_id] = Account(self, account_id, name or account_id)
        return self.accounts[account_id]

    def organization(self, organization_id: str, *account_ids: str) -> None:
        """Put these accounts, and no others, into the organization with this id, directly under its root.

        Raises ValueError for an id that no organization has.
        """
        if not re.fullmatch(r"o-[a-z0-9]{10,32}", organization_id):
            legal = "`o-` and 10 to 32 lower-case letters and digits"
            raise ValueError(f"`{organization_id}` is not the id of an organization; legal: {legal}")
        path = f"{organization_id}/r-{organization_id[2:6]}/"
        members = {self.account(each).id for each in account_ids}
        for account in self.accounts.values():
            if account.id in members:
                account.organization = path
            elif account.organization == path:
                account.organization = ""

    # what stands behind the gate

    def admit(self, call: Call) -> tuple[Answer | Passed, Any]:
        """Judge `call`: the service's refusal, Lambda's answer, or leave to go on to moto."""
        caller = self.credentials.caller(call.service, call.signing)
        if isinstance(caller, Refusal):
            nobody = Caller(Principal.anonymous())
            return Answer.error(caller.code, caller.message, 403), (nobody, self.note(nobody, call, ()))
        self.turns.caller = caller.access_key
        invalid = self.lambdas.invalid(call) if call.service == "lambda" else None
        if invalid:
            return invalid, (caller, self.note(caller, call, ()))
        checks = () if caller.system else self._checks(caller, call)
        judged = self.judge(caller, checks)
        record = None if caller.system else self.note(caller, call, judged)
        ticket = (caller, record)
        if judged and not judged[-1][1].allowed:
            return denial(call, judged[-1][1]), ticket
        if record and not record.depth and changes_set_up(call):
            self._history.append((record, Snapshot.take(self)))
        if call.service == "lambda":
            return self.lambdas.answer(call, caller), ticket
        owner = next((check.resource_account for check in checks), None) or caller.account
        refusal = None if caller.system else try_sources(self, call, owner)
        return refusal or Passed(owner), ticket

    def _checks(self, caller: Caller, call: Call) -> tuple[Check, ...]:
        return authorizations(
            call.service, call.operation, call.params, account=caller.account, region=call.region, lookup=self.lookup
        )

    def judge(self, caller: Caller, checks: tuple[Check, ...]) -> tuple[tuple[Check, Decision], ...]:
        """Each check with its decision, up to and including the first that is denied."""
        judged = []
        for check in checks:
            judged.append((check, self._decide(caller, check)))
            if not judged[-1][1].allowed:
                break
        return tuple(judged)

    def _decide(self, caller: Caller, check: Check) -> Decision:
        owner = check.resource_account or caller.account
        policies = self.policies.policy_set(caller, check.resource, owner, check.action)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        context = {"aws:SecureTransport": "true", "aws:CurrentTime": now, **caller.context, **check.context}
        principal = replace(
            caller.principal,
            tags={**self.policies.tags(caller.principal), **caller.principal.tags},
            organization=self._organization(caller.principal.account),
        )
        request = Request(principal, check.action, check.resource, owner, context, self._organization(owner))
        return evaluate(request, policies)

    def _organization(self, account: str) -> str:
        """The path of an account in its organization, empty outside."""
        return self.accounts[account].organization if account in self.accounts else ""

    def note(self, caller: Caller, call: Call, judged: tuple[tuple[Check, Decision], ...]) -> Record:
        """Write the call into the trail."""
        self._serial += 1
        event = cloudtrail_event(caller, call, judged, self._serial)
        causes = self.turns.causes
        record = Record(event, judged, causes[-1] if causes else "", len(causes))
        self.trail.append(record)
        return record

    def settle(self, ticket: tuple[Caller, Record | None], call: Call, status: int, body: Mapping[str, Any]) -> str:
        """Complete the trail with the call's outcome, and forget what the call may have changed."""
        caller, record = ticket
        if status < 300:
            learn_identity(self, caller, call, body)
            if changes_set_up(call):
                self.policies.forget(call.service)
        if record is None:
            return "system"
        if status >= 300:
            if self._history and self._history[-1][0] is record:
                self._history.pop()  # nothing was changed
            error = body.get("Error", {})
            record.event["errorCode"] = error.get("Code", str(status))
            record.event["errorMessage"] = error.get("Message", "")
        return record.request_id

    def new_session(
        self, access_key: str, secret_key: str, token: str | None = None, region: str = "us-east-1"
    ) -> boto3.Session:
        """A boto3 session with these credentials."""
        return session(access_key, secret_key, token, region=region)

    def system_client(self, account: str, service: str, region: str = "") -> Any:
        """A client of the lab itself in `account`: needs no permission and leaves no record."""
        key = (account, service, region or "us-east-1")
        if key not in self._clients:
            system = Caller(Principal.root(account), f"LABSYSTEM{account}", "system", system=True)
            self.credentials.add(system)
            pair = system.access_key, system.secret_key
            pattern = ("", *key[1:])  # what the clients of all accounts are made after
            if pattern not in self._clients:
                self._clients[pattern] = self.new_session(*pair, region=key[2]).client(service)
            self._clients[key] = signing_as(*pair, self._clients[pattern])
        return self._clients[key]

    def measure(self, account: str, namespace: str, metric: str, **dimensions: str) -> None:
        """Count one in a CloudWatch metric of the account, as services do of themselves."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = {"MetricName": metric, "Value": 1.0, "Unit": "Count", "Dimensions": named}
        self.system_client(account, "cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])

    # what a learner does beside calling boto3

    def push(
        self,
        source: str,
        function: str,
        *,
        source_arn: str = "",
        source_account: str = "",
        event: Any = None,
        role: str = "",
        token: str = "",
    ) -> Delivery:
        """Let a source of the catalogue (`"api-gateway-rest"`) send an event to a function, as that service.

        `source_arn` is the ARN of the bucket, rule or API that sends it; `source_account` whose that is, where the ARN
        does not tell; `event` the payload, an example from the catalogue by default; `role` the ARN of the role that
        the service assumes, where it does; `token` the id of a source without an ARN. A refusal does not raise: the
        delivery shows it as the service would.

        Raises `UnknownSource`, and ValueError for a source that does not push.
        """
        self._require_open()
        return push(self, Source.of(source, source_arn, source_account, token), function, event, role)

    def fetch(self, url: str, who: boto3.Session | None = None, *, method: str = "GET", body: str = "") -> Response:
        """Call a function by its URL, signed by `who`, or unsigned where nobody is given."""
        self._require_open()
        return fetch(self, url, who, method, body)

    def poll(self, mapping: str | None = None, batch: Any = None) -> list[Poll]:
        """One step of Lambda's pollers: of every event source mapping, or of the one with this UUID.

        `batch` is the event for a source that the lab has not (Kafka, a broker, DocumentDB); it has an example.
        Raises LookupError for a UUID that no mapping has.
        """
        self._require_open()
        with self.turns.call():
            return [poll(self, each, batch) for each in self._mappings(mapping)]

    def drain(self, mapping: str | None = None) -> list[Poll]:
        """Poll until the sources are empty, or only what fails again and again is left in them."""
        self._require_open()
        with self.turns.call():
            return drain(self, self._mappings(mapping))

    def _mappings(self, uuid: str | None) -> list[EventSourceMapping]:
        found = self.lambdas.mappings
        if uuid is not None and uuid not in found:
            raise LookupError(f"no event source mapping has the UUID `{uuid}`; there are: {', '.join(found) or 'none'}")
        return list(found.values()) if uuid is None else [found[uuid]]

    def undo(self) -> Record:
        """Take back the last change of the set-up that a learner's call made, and all that followed it; that call.

        Calls on data (PutObject, SendMessage) are no changes of their own. The trail stays as it is. Raises LookupError
        when nothing is left to take back.
        """
        if not self._history:
            raise LookupError("there is nothing to undo")
        record, before = self._history.pop()
        before.restore(self)
        return record

    def checkpoint(self, name: str) -> None:
        """Remember the state of every account under `name`, for `restore`."""
        self._require_open()
        self._checkpoints[name] = Snapshot.take(self)

    def restore(self, name: str) -> None:
        """Go back to the checkpoint `name`, as often as one likes. Raises LookupError when there is none."""
        if name not in self._checkpoints:
            known = ", ".join(f"`{each}`" for each in self._checkpoints) or "none yet"
            raise LookupError(f"there is no checkpoint `{name}`; there are: {known}")
        self._history.clear()
        self._checkpoints[name].restore(self)

    # what a learner asks

    def why(self, met: Any) -> Decision:
        """The decision behind what a learner just met: a caught ClientError, a record of the trail, or a delivery.

        An error that another permission is behind (a mapping whose role may not read, a notification whose function
        policy lets nobody in) leads to the decision on that one. Raises LookupError when nothing in the trail belongs
        to it or when it was not about a permission.
        """
        if isinstance(met, Delivery):
            met = met.records[-1]
        record = met if isinstance(met, Record) else self._record_of(met)
        if record.error_code and record.allowed:
            record = self._refused_meanwhile(record) or record
        if record.decision is None:
            raise LookupError(f"`{record.action}` needed no permission: {record.error_message or 'it succeeded'}")
        return record.decision

    def _refused_meanwhile(self, record: Record) -> Record | None:
        """The last permission that was refused while the call of `record` was dealt with."""
        start = next(n for n, each in enumerate(self.trail) if each is record) + 1
        inside = itertools.takewhile(lambda each: each.depth > record.depth, self.trail[start:])
        return next((each for each in reversed(list(inside)) if not each.allowed), None)

    def _record_of(self, error: Any) -> Record:
        request_id = getattr(error, "response", {}).get("ResponseMetadata", {}).get("RequestId")
        found = next((record for record in self.trail if record.request_id == request_id), None)
        if found is None:
            raise LookupError(f"`{error!r}` did not come from a call in this lab")
        return found

    def decide(
        self,
        who: boto3.Session | str,
        action: str,
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> Decision:
        """What AWS would say to `action` on `resource`, without calling. `who` is a session or an ARN."""
        caller = self.caller(who)
        owner = Arn.parse(resource).account if resource.startswith("arn:") else ""
        if resource.startswith("arn:aws:s3:::"):
            owner = self.lookup.bucket_account(Arn.parse(resource).resource.partition("/")[0]) or ""
        check = Check(action, resource, owner or caller.account, dict(context or {}), True, "")
        return self._decide(caller, check)

    def caller(self, who: boto3.Session | str) -> Caller:
        """Who a session, or an ARN, is. Raises ValueError for a session that is not of this lab."""
        if isinstance(who, str):
            return Caller(Principal.parse(who))
        found = self.credentials.caller("sts", who.get_credentials())
        if isinstance(found, Refusal):
            raise ValueError(f"the session's access key is not of this lab: {found.message}")
        return found

    def _require_open(self) -> None:
        if Lab._open is not self:
            raise RuntimeError("this lab is closed; open another with `Lab.start()`")

    def __str__(self) -> str:
        """What stands in every account and what leads to what."""
        return words(survey(self)) if Lab._open is self else repr(self)

    def __repr__(self) -> str:
        state = "open" if Lab._open is self else "closed"
        names = ", ".join(f"{a.name} ({a.id})" for a in self.accounts.values()) or "no accounts yet"
        return f"<Lab {state}: {names}; {len(self.trail)} calls>"


def denial(call: Call, decision: Decision) -> Answer:
    """The service's access denial for `decision`, with AWS's sentence."""
    message = aws_message(decision)
    code, status, message = denied_error(call.service, call.operation, message, decision.request.same_account)
    return Answer.error(code, message, status)
