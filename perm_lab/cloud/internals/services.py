"""Everything that moto remembers from one call to the next, to be set aside, copied and put back."""

from __future__ import annotations

import pickle
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from types import FunctionType
from typing import Any, cast

from moto.core.base_backend import BackendDict
from moto.core.constants import MISSING
from moto.logs.models import LogEvent
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.moto_random import MotoRandom
from moto.s3.models import s3_backends
from moto.s3.utils import _VersionedKeyStore

SEED = 20150409
"""What moto's random generator begins with in every lab: ids and keys are the same in every run, and so outputs are."""


@dataclass(frozen=True, slots=True)
class Services:
    """What moto's services hold: the things themselves, no copies of them.

    moto keeps the resources of a service by account and Region in a `BackendDict`, and lists those that are in use;
    beside them it keeps the owner of each bucket name, and the generator that ids come from.
    """

    backends: tuple[tuple[BackendDict[Any], dict[str, dict[str, Any]]], ...]
    bucket_accounts: dict[str, tuple[str, str]]
    random: tuple[Any, ...]

    @classmethod
    def now(cls) -> Services:
        """What they hold now."""
        held = (
            (backends, {account: dict(regions) for account, regions in backends.items()})
            for backends in _in_use()
            if backends
        )
        return cls(tuple(held), dict(s3_backends.bucket_accounts), mock_random.getstate())

    @classmethod
    def none(cls) -> Services:
        """What they hold in a lab that was just opened."""
        return cls((), {}, MotoRandom(SEED).getstate())

    def put(self) -> None:
        """Let moto's services hold this, and nothing else. What they held is theirs no more, and is not touched."""
        for backends in _in_use():
            backends.clear()
        for backends, accounts in self.backends:
            for account, regions in accounts.items():
                backends[account].update(regions)
        s3_backends.bucket_accounts.clear()
        s3_backends.bucket_accounts.update(self.bucket_accounts)
        mock_random.setstate(self.random)


def dispose() -> None:
    """Close the files that the contents of S3's objects are in, before the objects are let go of."""
    backends = (backend for regions in s3_backends.values() for backend in regions.values())
    for bucket in (bucket for backend in backends for bucket in backend.buckets.values()):
        for held in (*(key for _, keys in bucket.keys.lists() for key in keys), *bucket.multiparts.values()):
            held.dispose()


def _in_use() -> list[BackendDict[Any]]:
    return list(cast(Any, BackendDict)._instances)


@dataclass(frozen=True, slots=True)
class _Itself:
    """Something that is shared as a whole: KMS's private keys, which are not Python's and cannot be written down."""

    thing: Any

    def get(self) -> Any:
        return self.thing


_SHARED = (BackendDict, LogEvent, _Itself, type(MISSING), bytes, datetime, type, FunctionType)
"""What a copy of the state shares with it, as it never changes: lines of logs and contents of objects among it."""

_LOCKS: dict[type, Any] = {
    type(new()): new for new in (threading.Lock, threading.RLock, threading.Condition, threading.Event)
}
"""What cannot be copied, and what makes another: a copy of an object that holds a lock has its own."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of any state, from which it can be made again as often as one likes."""

    written: bytes
    shared: list[Any]

    @classmethod
    def of(cls, state: Any) -> Copy:
        """A copy of `state` as it is now."""
        file = BytesIO()
        pickler = _Pickler(file)
        pickler.dump(state)
        return cls(file.getvalue(), pickler.shared)

    def state(self) -> Any:
        """The state once more, of new objects."""
        return _Unpickler(self.written, self.shared).load()


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
