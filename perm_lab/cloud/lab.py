"""A lab: simulated AWS accounts behind real boto3 clients, each call judged by `perm_lab.iam`.

with Lab() as lab:
    shop = lab.account("111111111111", name="shop")
    shop.admin().client("s3").create_bucket(Bucket="photos")
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

import boto3

from perm_lab.cloud.account import Account
from perm_lab.cloud.authorizer import LabAuthorizer
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.core import Core
from perm_lab.cloud.core.records import Record, Trail
from perm_lab.cloud.events.arrivals import Deliveries
from perm_lab.cloud.events.delivery import Delivery, Source
from perm_lab.cloud.events.poll import drain, poll
from perm_lab.cloud.events.push import Response, fetch, push
from perm_lab.cloud.events.steps import Poll
from perm_lab.cloud.functions.state import EventSourceMapping
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Gate
from perm_lab.cloud.gate.sandbox import PATCHES, close_sandbox, open_sandbox
from perm_lab.cloud.internals import state
from perm_lab.cloud.internals.notifications import lead_events
from perm_lab.cloud.snapshots import Snapshot
from perm_lab.cloud.survey import Survey, survey, words
from perm_lab.display import Displayable
from perm_lab.iam import Decision


class Lab(Displayable):
    """Simulated AWS accounts. While it is open every boto3 client made in this process belongs to it.

    `trail` is what happened. Only one lab is open at a time.
    """

    _open: Lab | None = None

    def __init__(self) -> None:
        if Lab._open is not None:
            raise RuntimeError("a lab is already open in this process; close it first, or use `Lab.start()`")
        self.core = Core()
        self.lambdas = LambdaStore(self.core)
        self.accounts: dict[str, Account] = {}
        self._checkpoints: dict[str, Snapshot] = {}
        self.gate = Gate(LabAuthorizer(self.core, self.lambdas))
        Lab._open = self
        try:
            open_sandbox(self.gate, self.core.scheduler.call)
            lead_events(PATCHES, Deliveries(self.lambdas))
        except BaseException:
            self.close()
            raise

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
            self.gate.close()
            self.lambdas.close()
            close_sandbox()
            Lab._open = None

    @property
    def trail(self) -> Trail:
        """Every call that was made, oldest first."""
        return self.core.trail

    def account(self, account_id: str, name: str = "") -> Account:
        """The account with this 12-digit id, opened when first asked for.

        Raises ValueError when the id has not 12 digits.
        """
        if account_id not in self.accounts:
            if not re.fullmatch(r"\d{12}", account_id):
                raise ValueError(f"`{account_id}` is not an account id; an account id is a string of 12 digits")
            self._require_open()
            state.install_managed_policies(account_id)
            self.accounts[account_id] = Account(self.core, account_id, name or account_id)
            self.core.accounts[account_id] = ""
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
        for account, before in self.core.accounts.items():
            self.core.accounts[account] = path if account in members else "" if before == path else before

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
        return push(self.lambdas, Source.of(source, source_arn, source_account, token), function, event, role)

    def fetch(self, url: str, who: boto3.Session | None = None, *, method: str = "GET", body: str = "") -> Response:
        """Call a function by its URL, signed by `who`, or unsigned where nobody is given."""
        self._require_open()
        return fetch(self.lambdas, url, who, method, body)

    def poll(self, mapping: str | None = None, batch: Any = None) -> list[Poll]:
        """One step of Lambda's pollers: of every event source mapping, or of the one with this UUID.

        `batch` is the event for a source that the lab has not (Kafka, a broker, DocumentDB); it has an example.
        Raises LookupError for a UUID that no mapping has.
        """
        self._require_open()
        with self.core.scheduler.call():
            return [poll(self.lambdas, each, batch) for each in self._mappings(mapping)]

    def drain(self, mapping: str | None = None) -> list[Poll]:
        """Poll until the sources are empty, or only what fails again and again is left in them."""
        self._require_open()
        with self.core.scheduler.call():
            return drain(self.lambdas, self._mappings(mapping))

    def _mappings(self, uuid: str | None) -> list[EventSourceMapping]:
        found = self.lambdas.mappings
        if uuid is not None and uuid not in found:
            raise LookupError(f"no event source mapping has the UUID `{uuid}`; there are: {', '.join(found) or 'none'}")
        return list(found.values()) if uuid is None else [found[uuid]]

    def checkpoint(self, name: str) -> None:
        """Remember the state of every account under `name`, for `restore`."""
        self._require_open()
        self._checkpoints[name] = Snapshot.take(self.lambdas, self.accounts)

    def restore(self, name: str) -> None:
        """Go back to the checkpoint `name`, as often as one likes. Raises LookupError when there is none."""
        self._require_open()
        if name not in self._checkpoints:
            known = ", ".join(f"`{each}`" for each in self._checkpoints) or "none yet"
            raise LookupError(f"there is no checkpoint `{name}`; there are: {known}")
        self._checkpoints[name].restore(self.lambdas, self.accounts)

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
        later = itertools.dropwhile(lambda each: each is not record, self.trail)
        inside = itertools.takewhile(lambda each: each.depth > record.depth, itertools.islice(later, 1, None))
        return next((each for each in reversed(list(inside)) if not each.allowed), None)

    def _record_of(self, error: Any) -> Record:
        """The record with the very request id that the error carries: one like it may be of an earlier lab, where the
        ids began with the same numbers."""
        request_id = getattr(error, "response", {}).get("ResponseMetadata", {}).get("RequestId")
        found = next((record for record in reversed(self.trail) if record.request_id is request_id), None)
        if found is None:
            raise LookupError(f"`{error!r}` did not come from a call in this lab, or the trail was cleared since")
        return found

    def decide(
        self,
        who: boto3.Session | str,
        action: str,
        resource: str = "*",
        context: Mapping[str, str] | None = None,
    ) -> Decision:
        """What AWS would say to `action` on `resource`, without calling. `who` is a session or an ARN."""
        self._require_open()
        caller = self.caller(who)
        return self.core.decide(caller, Check(action, resource, self.owner(resource, caller.account), context or {}))

    def owner(self, resource: str, otherwise: str = "") -> str:
        """Id of the account that a resource belongs to; `otherwise` where its ARN does not tell and nobody has it."""
        return self.core.owner(resource, otherwise)

    def caller(self, who: boto3.Session | str) -> Caller:
        """Who a session, or an ARN, is. Raises ValueError for a session that is not of this lab."""
        return self.core.callers.of(who)

    def survey(self) -> Survey:
        """What stands in every account and what leads to what, as values."""
        self._require_open()
        return survey(self.lambdas, self.accounts)

    def _require_open(self) -> None:
        if Lab._open is not self:
            raise RuntimeError("this lab is closed; open another with `Lab.start()`")

    def __str__(self) -> str:
        """What stands in every account and what leads to what."""
        return words(self.survey()) if Lab._open is self else repr(self)

    def __repr__(self) -> str:
        state = "open" if Lab._open is self else "closed"
        names = ", ".join(f"{a.name} ({a.id})" for a in self.accounts.values()) or "no accounts yet"
        return f"<Lab {state}: {names}; {len(self.trail)} calls>"
