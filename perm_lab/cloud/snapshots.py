"""The whole state of a lab, to go back to: what moto's services hold, Lambda's functions, and who holds which key.

The trail is not part of it: what happened has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perm_lab.cloud.account import Account
from perm_lab.cloud.core.callers import Callers
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.internals.services import Copy, Services, dispose
from perm_lab.cloud.internals.state import install_managed_policies

FUNCTIONS = ("functions", "layers", "published_layers", "mappings", "_serial")
"""What of `LambdaStore` is state; the rest is made again when it is needed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state, apart from whatever happens afterwards; it can be gone back to as often as one likes."""

    copy: Copy
    callers: Callers

    @classmethod
    def take(cls, lambdas: LambdaStore, accounts: Mapping[str, Account]) -> Snapshot:
        """The state that these accounts are in. No call and no function of another thread runs meanwhile."""
        with lambdas.core.scheduler.alone():
            functions = {name: getattr(lambdas, name) for name in FUNCTIONS}
            users = {number: account.signed_in for number, account in accounts.items()}
            return cls(Copy.of((Services.now(), functions, users)), lambdas.core.callers.copy())

    def restore(self, lambdas: LambdaStore, accounts: Mapping[str, Account]) -> None:
        """Put the accounts back into this state; one that was opened later is as when it was opened."""
        with lambdas.core.scheduler.alone():
            services, functions, users = self.copy.state()
            dispose()
            services.put()
            lambdas.close()
            for name, value in functions.items():
                setattr(lambdas, name, value)
            lambdas.core.callers.restore(self.callers)
            for number, account in accounts.items():
                account.sign_out(keep=users.get(number, frozenset()))
                if number not in users:
                    install_managed_policies(number)
