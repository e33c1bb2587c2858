"""How long a function has run: the time that its own code computes, and the time that it sleeps.

Time that the machine spends on others is nobody's: a function that gets little of a busy machine does not time out.
What a boto3 call costs the simulator is not the function's time either, as the simulator is not its code; a function
that invokes another and waits for the answer has used the time of the other.

While a function runs, `time.sleep` in its code takes no time: it puts the function's clock forward, and the clocks of
the module `time` with it as its code reads them. Only where the function has threads of its own at work does it wait
for real, so that they get on meanwhile. The rest of the process sleeps and reads the time as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Thread, get_ident
from typing import Any

# The time that one thread computes; where a system does not tell, that of the process, which in a browser has no other.
_cpu: Callable[[], float] = getattr(time, "thread_time", time.process_time)
now, _sleep = time.monotonic, time.sleep


class TimedOut(SystemExit):
    """The function ran longer than its timeout. asyncio lets a SystemExit pass at once, where it keeps others."""


class Clock:
    """The clock of one run of a function with `timeout` seconds; it goes while the thread that made it computes.

    `threads` are those that the function has started, in this run or before. `skipped` are the seconds of sleep that
    did not really pass. Sleeps in several threads are taken to be at the same time: the longest counts. Until `due`, on
    the clock of `time.monotonic`, the time cannot be used up, as a thread computes at most all the time.
    """

    def __init__(self, timeout: float, threads: list[Thread]) -> None:
        self.timeout, self.threads = timeout, threads
        self.thread, self.skipped = get_ident(), 0.0
        self.due = 0.0
        self._slept: dict[int, float] = {}
        self._in_call: set[int] = set()  # threads
        self._computed, self._since = 0.0, _cpu()

    def elapsed(self) -> float:
        """Seconds that the function has used."""
        goes = get_ident() == self.thread and self.thread not in self._in_call
        return self._computed + (_cpu() - self._since if goes else 0.0) + max(self._slept.values(), default=0.0)

    def left(self) -> float:
        """Seconds that the function may still use, never negative."""
        return max(0.0, self.timeout - self.elapsed())

    def check(self) -> None:
        """Raise `TimedOut` when the time is used up; a thread beside the function's first ends without a message."""
        first, moment, left = get_ident() == self.thread, now(), self.left()
        if not left:
            raise TimedOut if first else SystemExit
        if first:
            self.due = moment + left

    def add(self, seconds: float) -> None:
        """Count seconds that the thread has waited."""
        me = get_ident()
        self._slept[me] = self._slept.get(me, 0.0) + seconds
        self.due = 0.0

    def sleep(self, seconds: float) -> None:
        """Let the function sleep. Raises `TimedOut` at once where that is longer than it may."""
        self.add(seconds)
        self.check()
        if self.has_threads():
            _sleep(seconds)
        else:
            self.skipped += seconds

    def has_threads(self) -> bool:
        """Whether threads that the function started are at work."""
        return any(thread.is_alive() for thread in self.threads)

    def has(self, thread: int) -> bool:
        """Whether the thread with this identifier is the function's."""
        return thread == self.thread or any(each.ident == thread and each.is_alive() for each in self.threads)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What the thread does inside the block is not the function's doing."""
        me = get_ident()
        self._computed += _cpu() - self._since if me == self.thread else 0.0
        self._in_call.add(me)
        try:
            yield
        finally:
            self._in_call.discard(me)
            self._since = _cpu() if me == self.thread else self._since

    @contextmanager
    def going(self) -> Iterator[None]:
        """The function runs for as long as the block lasts; what it took counts for the one that waited for it."""
        waiting = _of_thread()
        if not _running:
            _before.update({name: getattr(time, name) for name in _TIME}, start=Thread.start)
            vars(time).update(_TIME)
            Thread.start = start  # type: ignore[method-assign, assignment]
        _running.append(self)
        self._since = _cpu()
        try:
            yield
        finally:
            _running.remove(self)
            if not _running:
                Thread.start = _before["start"]  # type: ignore[method-assign]
                vars(time).update({name: _before[name] for name in _TIME})
            if waiting:
                waiting.add(min(self.elapsed(), self.timeout))
                waiting.skipped += self.skipped


_running: list[Clock] = []  # the innermost last


def _of_thread() -> Clock | None:
    """The clock of the function that this thread works for, if any."""
    return next((clock for clock in _running[::-1] if clock.has(get_ident())), None)


def current() -> Clock | None:
    """The clock of the function whose code asks; None outside a function's code, as in a call that it makes."""
    clock = _of_thread() if _running else None
    return None if clock is None or get_ident() in clock._in_call else clock


@contextmanager
def uncounted() -> Iterator[None]:
    """What the block takes does not count for the function that it is done for, if any."""
    clock = current()
    with clock.stopped() if clock else nullcontext():
        yield


def sleep(seconds: float) -> None:
    """`time.sleep` while a function runs."""
    clock = current()
    if clock and seconds > 0:
        clock.sleep(seconds)
    else:
        _sleep(seconds)


def start(thread: Thread) -> None:
    """`threading.Thread.start` while a function runs: its code's threads are its own."""
    clock = current()
    if clock:
        clock.threads.append(thread)
    _before["start"](thread)


def _put_forward(name: str) -> Callable[[], Any]:
    """The clock `name` of the module `time` while a function runs."""
    read = getattr(time, name)

    def reading() -> Any:
        clock = current()
        skipped = clock.skipped if clock else 0
        return read() + (int(skipped * 1e9) if name.endswith("_ns") else skipped)

    return reading


_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_TIME = {"sleep": sleep, **{name: _put_forward(name) for name in _CLOCKS}}
_before: dict[str, Any] = {}
