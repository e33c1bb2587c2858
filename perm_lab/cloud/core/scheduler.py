"""Who may go on: one call at a time works on the accounts, and one function at a time has the process to itself.

A call waits for the one before it, whatever thread makes it. While a handler runs, calls go on (it makes some itself,
maybe in threads of its own); but another function waits until the process is free, unless it is the running code that
calls it. Events that a call sets off are run when the outermost call is done, so that a function that feeds itself does
not pile up calls inside calls.

A function waits for another for as long as that takes. No two wait for each other: whatever a function may wait for,
its own threads and what these call, goes on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from perm_lab.cloud.core.causes import Cause
from perm_lab.cloud.core.clock import Clock, uncounted

_LONGEST = 600.0
"""Seconds that a function waits for another. It waits for as long as that runs, be the machine ever so busy; only a
deadlock is left to last so long: a function that waits for a thread which is not its own, and that thread for it."""


class Busy(Exception):
    """The process stayed another function's for longer than any function runs."""


@dataclass(slots=True)
class Running:
    """A function that has the process: the access key of its code, its clock, and why it runs."""

    access_key: str
    clock: Clock
    causes: tuple[Cause, ...]


@dataclass
class _Thread(threading.local):
    """What one thread is doing in the lab."""

    callers: list[str] = field(default_factory=list)  # access keys, the innermost call last
    causes: list[Cause] = field(default_factory=list)
    depth: int = 0


class Scheduler:
    """The order of calls, of functions and of the events that they set off."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._owner: int | None = None
        self._functions: list[Running] = []
        self._jobs: deque[tuple[tuple[Cause, ...], Callable[[], Any]]] = deque()
        self._mine = _Thread()

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call of a client, from beginning to end; then, of the outermost call, all that it set off."""
        with uncounted():
            self._acquire()
            self._mine.callers.append("")
            try:
                yield
            finally:
                self._mine.callers.pop()
                try:
                    if self._mine.depth == 1:
                        self._run_jobs()
                finally:
                    self._release()

    def _acquire(self) -> None:
        me = threading.get_ident()
        with self._free:
            self._free.wait_for(lambda: self._owner in (None, me))
            self._owner = me
            self._mine.depth += 1

    def _release(self) -> None:
        with self._free:
            self._mine.depth -= 1
            if not self._mine.depth:
                self._owner = None
                self._free.notify_all()

    @property
    def caller(self) -> str:
        """The access key of whoever makes the innermost call; empty where nobody does, or nobody is known."""
        return self._mine.callers[-1] if self._mine.callers else ""

    @caller.setter
    def caller(self, access_key: str) -> None:
        self._mine.callers[-1:] = [access_key]

    @contextmanager
    def function(self, access_key: str, clock: Clock) -> Iterator[None]:
        """The process is a function's for as long as the block lasts. Raises `Busy`."""
        me, depth = threading.get_ident(), self._mine.depth
        running = Running(access_key, clock, self.causes)
        with self._free:
            self._suspend()
            if not self._free.wait_for(self._may_run, _LONGEST):
                self._resume(me, depth)
                raise Busy
            self._functions.append(running)
        try:
            yield
        finally:
            with self._free:
                self._free.wait_for(lambda: self._functions[-1] is running)
                self._functions.pop()
                self._resume(me, depth)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside the block no function of another thread runs, and nobody else makes a call. Raises `Busy`."""
        with self.function("nobody", Clock(0.0, [])), self.call():
            yield

    def _may_run(self) -> bool:
        if not self._functions:
            return True
        top = self._functions[-1]
        return top.clock.has(threading.get_ident()) or self.caller == top.access_key

    def _suspend(self) -> None:
        if self._mine.depth:
            self._owner, self._mine.depth = None, 0
            self._free.notify_all()

    def _resume(self, me: int, depth: int) -> None:
        self._free.notify_all()
        if depth:
            self._free.wait_for(lambda: self._owner is None)
            self._owner = me
        self._mine.depth = depth

    def later(self, job: Callable[[], Any]) -> None:
        """Run `job` when the outermost call is done; at once where there is none."""
        self._jobs.append((self.causes, job))
        if not self._mine.depth:
            self._run_jobs()

    def _run_jobs(self) -> None:
        while self._jobs and not self._functions:
            causes, job = self._jobs.popleft()
            before, self._mine.causes = self._mine.causes, list(causes)
            try:
                job()
            finally:
                self._mine.causes = before

    # on whose account something happens

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What set off what is happening, the first cause first; empty for the learner's own calls."""
        if self._mine.causes:
            return tuple(self._mine.causes)
        return next((running.causes for running in reversed(self._functions) if running.access_key == self.caller), ())

    @contextmanager
    def because(self, cause: Cause) -> Iterator[None]:
        """What happens inside the block is noted as set off by `cause`."""
        before = self._mine.causes
        self._mine.causes = [*self.causes, cause]
        try:
            yield
        finally:
            self._mine.causes = before
