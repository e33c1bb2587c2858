"""The whole state of a lab, to go back to: what moto's services hold, Lambda's functions, and who holds which key.

The trail is not part of it: what happened has happened.
"""

from __future__ import annotations

import copy
import copyreg
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.logs.models import LogEvent
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from perm_lab.cloud.core.callers import Callers
from perm_lab.cloud.internals.state import install_managed_policies

_LOCKS = {type(new()): new for new in (threading.Lock, threading.RLock, threading.Condition, threading.Event)}
_NEVER_CHANGE = (LogEvent, datetime)  # there are many of them, and a copy may share them
_FUNCTIONS = ("functions", "layers", "published_layers", "mappings")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state, apart from whatever happens afterwards; it can be gone back to as often as one likes."""

    state: dict[str, Any]
    credentials: Callers

    @classmethod
    def take(cls, lab: Any) -> Snapshot:
        """The state that `lab` is in."""
        services = {
            backends.service_name: {account: dict(regions) for account, regions in backends.items()}
            for backends in BackendDict._instances
        }
        with _copying():
            return cls(
                copy.deepcopy(
                    {
                        "services": services,
                        "buckets": s3_backends.bucket_accounts,
                        "random": mock_random.getstate(),
                        "functions": {name: getattr(lab.lambdas, name) for name in _FUNCTIONS},
                        "users": {number: account.signed_in for number, account in lab.accounts.items()},
                    }
                ),
                lab.core.callers.copy(),
            )

    @classmethod
    def empty(cls) -> Snapshot:
        """The state of a lab in which nobody has done anything."""
        nothing = {"services": {}, "buckets": {}, "random": mock_random.getstate(), "users": {}}
        return cls({**nothing, "functions": {name: {} for name in _FUNCTIONS}}, Callers())

    def restore(self, lab: Any) -> None:
        """Put `lab` back into this state."""
        with _copying():
            state = copy.deepcopy(self.state)
        for backends in list(BackendDict._instances):
            accounts = state["services"].get(backends.service_name, {})
            for account in list(backends):
                backends[account].clear()
                backends[account].update(accounts.get(account, {}))
        s3_backends.bucket_accounts.clear()
        s3_backends.bucket_accounts.update(state["buckets"])
        mock_random.setstate(state["random"])
        lab.lambdas.close()
        for name, value in state["functions"].items():
            setattr(lab.lambdas, name, value)
        lab.core.callers.restore(self.credentials)
        for number, account in lab.accounts.items():
            account.sign_out(keep=state["users"].get(number, frozenset()))
            if number not in state["services"].get("iam", {}):
                install_managed_policies(number)


@contextmanager
def _copying() -> Iterator[None]:
    """A copy of an object that holds a lock gets a lock of its own, and shares what never changes."""
    before = dict(copyreg.dispatch_table)
    for kind in _NEVER_CHANGE:
        copyreg.pickle(kind, lambda _: "itself")  # to `copy`, any text says so
    for kind, new in _LOCKS.items():
        copyreg.pickle(kind, lambda _, new=new: (new, ()))
    try:
        yield
    finally:
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(before)
