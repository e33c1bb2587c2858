"""The whole state of a lab, to go back to: what moto's services hold, Lambda's functions, and who holds which key.

The trail is not part of it: what happened has happened.
"""

from __future__ import annotations

import pickle
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from types import FunctionType
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict
from moto.core.constants import MISSING
from moto.core.model_instances import model_data, reset_model_data
from moto.logs.models import LogEvent
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.moto_random import MotoRandom
from moto.s3.models import s3_backends
from moto.s3.utils import _VersionedKeyStore

from perm_lab.cloud.account import install_managed_policies
from perm_lab.cloud.credentials import Credentials
from perm_lab.cloud.gate import Call

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab

# moto's insides

_BACKENDS: Any = BackendDict
"""Lists, as `_instances`, the services of which something was used."""

SEED = 20150409
"""What moto's random generator begins with in every lab, so that ids are the same in every run."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that moto remembers from one call to the next: the things themselves, no copies of them.

    moto keeps the resources of a service by account and region in a `BackendDict`, and lists those that are in use;
    beside them it keeps the owner of each bucket name, and the generator that ids come from. `tracked` are lists in
    which each of its classes holds every instance that was ever made: S3 closes files by them, nobody else reads them.
    """

    backends: tuple[tuple[BackendDict[Any], dict[str, dict[str, Any]]], ...]
    bucket_accounts: dict[str, tuple[str, str]]
    random: tuple[Any, ...]
    tracked: tuple[tuple[Any, list[Any]], ...] = ()

    @classmethod
    def now(cls) -> Services:
        """What moto's services hold now."""
        used = (backends for backends in _BACKENDS._instances if backends)
        held = ((each, {account: dict(regions) for account, regions in each.items()}) for each in used)
        return cls(tuple(held), dict(s3_backends.bucket_accounts), mock_random.getstate(), cls.tracked_now())

    @classmethod
    def none(cls) -> Services:
        """What they hold in a lab that was just opened."""
        return cls((), {}, MotoRandom(SEED).getstate())

    def put(self) -> None:
        """Let moto's services hold this, and nothing else. What they held is theirs no more, and is not touched."""
        for backends in _BACKENDS._instances:
            backends.clear()
        for backends, accounts in self.backends:
            for account, regions in accounts.items():
                backends[account].update(regions)
        s3_backends.bucket_accounts.clear()
        s3_backends.bucket_accounts.update(self.bucket_accounts)
        mock_random.setstate(self.random)
        reset_model_data()
        for model, instances in self.tracked:
            model.instances_tracked = instances

    @staticmethod
    def tracked_now() -> tuple[tuple[Any, list[Any]], ...]:
        models: Iterator[Any] = (model for models in model_data.values() for model in models.values())
        return tuple((model, model.instances_tracked) for model in models if model.instances_tracked)

    @staticmethod
    def dispose() -> None:
        """Forget what the services hold now; S3's backend closes the files that its objects' contents are in."""
        for regions in s3_backends.values():
            for backend in regions.values():
                backend.reset()
        Services.none().put()


@dataclass(frozen=True, slots=True)
class _Itself:
    """Something that is shared as a whole: KMS's private keys, which are not Python's and cannot be written down."""

    thing: Any

    def get(self) -> Any:
        return self.thing


_SHARED = (BackendDict, LogEvent, _Itself, type(MISSING), bytes, datetime, type, FunctionType)
"""What a copy of the state shares with it, as it never changes: lines of logs and contents of objects among it."""

_LOCKS = {type(new()): new for new in (threading.Lock, threading.RLock, threading.Condition, threading.Event)}
"""What cannot be copied, and what makes another: a copy of an object that holds a lock has its own."""


class _Pickler(pickle.Pickler):
    """Writes objects down but for those that are shared, which it collects."""

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared: list[Any] = []

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, _SHARED):
            return None
        self.shared.append(obj)
        return len(self.shared) - 1

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _VersionedKeyStore):  # a bucket's objects, as whose items it gives the latest versions only
            versions = ((key, version) for key, versions in obj.lists() for version in versions)
            return type(obj), (), None, None, versions
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:  # as SSM's, made with arguments of its own
            state = vars(obj), {"default_factory": obj.default_factory}
            return defaultdict.__new__, (type(obj),), state, None, iter(dict.items(obj))
        if type(obj).__module__.startswith("cryptography."):
            return _Itself.get, (_Itself(obj),)
        return (_LOCKS[type(obj)], ()) if type(obj) in _LOCKS else NotImplemented


class _Unpickler(pickle.Unpickler):
    """Makes the objects again, with those that are shared in their places."""

    def __init__(self, written: bytes, shared: list[Any]) -> None:
        super().__init__(BytesIO(written))
        self.shared = shared

    def persistent_load(self, number: int) -> Any:
        return self.shared[number]


# the state of a lab

# calls on data, not on the set-up: what CloudTrail counts as data events, and reading
_DATA = {
    "cloudwatch": {"PutMetricData"},
    "dynamodb": {
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    },
    "events": {"PutEvents"},
    "kinesis": {"PutRecord", "PutRecords"},
    "kms": {"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Sign", "Verify"},
    "logs": {"PutLogEvents"},
    "s3": {
        *("PutObject", "CopyObject", "DeleteObject", "DeleteObjects", "UploadPart", "CreateMultipartUpload"),
        *("CompleteMultipartUpload", "AbortMultipartUpload", "UploadPartCopy"),
    },
    "sns": {"Publish", "PublishBatch"},
    "sqs": {"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility"},
}
_READ_ONLY = re.compile("Get|List|Describe|Head|Batch(Get|Check)|Simulate|Lookup|Scan|Query|Receive|Invoke|Select|Test")
FUNCTIONS = ("functions", "layers", "published_layers", "mappings", "signing", "_serial")
"""What of `LambdaService` is state; the rest is made again when it is needed."""


def changes_set_up(call: Call) -> bool:
    """Whether the call writes, and not just data: then policies may have changed, and `undo` takes it back."""
    return not _READ_ONLY.match(call.operation) and call.operation not in _DATA.get(call.service, ())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state, apart from whatever happens afterwards; it can be gone back to as often as one likes."""

    written: bytes
    shared: list[Any]
    credentials: Credentials

    @classmethod
    def take(cls, lab: Lab) -> Snapshot:
        """The state that `lab` is in."""
        file = BytesIO()
        pickler = _Pickler(file)
        with lab.turns.call():
            functions = {name: getattr(lab.lambdas, name) for name in FUNCTIONS}
            users = {number: account.signed_in for number, account in lab.accounts.items()}
            pickler.dump((replace(Services.now(), tracked=()), functions, users))
            return cls(file.getvalue(), pickler.shared, lab.credentials.copy())

    def restore(self, lab: Lab) -> None:
        """Put `lab` back into this state."""
        with lab.turns.call():
            Services.dispose()
            services, functions, users = _Unpickler(self.written, self.shared).load()
            replace(services, tracked=Services.tracked_now()).put()
            lab.lambdas.close()
            for name, value in functions.items():
                setattr(lab.lambdas, name, value)
            lab.credentials.restore(self.credentials)
            for number, account in lab.accounts.items():
                account.sign_out(keep=users.get(number, frozenset()))
                if number not in users:
                    install_managed_policies(number)
            lab.policies.forget_everything()
