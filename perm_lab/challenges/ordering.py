"""Lines to put in order, with a reply to each order that shows a known mistake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slip:
    """What to say when `later` stands before `first`."""

    first: str
    later: str
    reply: str


@dataclass(frozen=True, slots=True)
class Ordering:
    """A Parsons problem: `lines` in the right order; `reply` is said when they stand so."""

    name: str
    text: str
    lines: tuple[str, ...]
    reply: str
    slips: tuple[Slip, ...] = ()
