"""asyncio in a handler: loops of the function's own, whatever loop runs the notebook's cell, on the function's clock.

A loop that has nothing to do until its next timer is due puts the function's clock forward, as `time.sleep` does.
Nothing can arrive from outside, as there is no network, so the loop has no sockets and works in a browser's Python too.
"""

from __future__ import annotations

import asyncio
import math
from asyncio import AbstractEventLoop, events
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, get_ident
from typing import Any
from unittest import mock

from perm_lab.cloud.core.clock import Clock


class EventLoop(asyncio.BaseEventLoop):
    """An event loop on the function's clock. asyncio asks a loop for a selector, and for three methods beside it."""

    def __init__(self, loops: EventLoops) -> None:
        super().__init__()
        self._loops, self._woken = loops, Event()
        self._selector = self

    def time(self) -> float:
        """Seconds since the invocation began, as the function has used them."""
        return self._loops.clock.elapsed()

    def select(self, timeout: float | None) -> list[Any]:
        """Wait for the next timer, or for a thread of the function to call back. Raises `TimedOut`."""
        clock = self._loops.clock
        if timeout is None or timeout > 0:
            if not clock.has_threads():
                clock.sleep(math.inf if timeout is None else timeout)
            else:
                timeout = None if timeout is None else min(timeout, clock.left())
                if not self._woken.wait(timeout):
                    clock.add(timeout or 0.0)
                    clock.check()
        self._woken.clear()
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        self._woken.set()


class EventLoops:
    """asyncio's policy while a function runs: its thread is given an `EventLoop`, any other thread what it always is.

    A loop that the function has made its thread's own is there again in the next invocation.
    """

    def __init__(self) -> None:
        self._own: AbstractEventLoop | None = None

    @contextmanager
    def running(self, clock: Clock) -> Iterator[None]:
        """asyncio is the function's for as long as the block lasts, and no loop runs in its thread."""
        self.clock = clock
        self._outer = getattr(events, "_get_event_loop_policy", events.get_event_loop_policy)()
        loop = events._get_running_loop()
        task = asyncio.current_task() if loop else None
        if loop and task:
            asyncio._leave_task(loop, task)
        events._set_running_loop(None)
        try:
            with mock.patch.object(events, "_event_loop_policy", self):
                yield
        finally:
            events._set_running_loop(loop)
            if loop and task:
                asyncio._enter_task(loop, task)

    def close(self) -> None:
        """Close the loop that is left."""
        if self._own:
            self._own.close()

    # what asyncio asks of a policy

    def get_event_loop(self) -> AbstractEventLoop:
        """The loop of this thread."""
        if get_ident() != self.clock.thread:
            return self._outer.get_event_loop()
        if self._own is None:
            self._own = self.new_event_loop()
        return self._own

    def set_event_loop(self, loop: AbstractEventLoop | None) -> None:
        """Make `loop` the loop of this thread."""
        if get_ident() == self.clock.thread:
            self._own = loop
        else:
            self._outer.set_event_loop(loop)

    def new_event_loop(self) -> AbstractEventLoop:
        """A fresh loop."""
        return EventLoop(self) if get_ident() == self.clock.thread else self._outer.new_event_loop()
