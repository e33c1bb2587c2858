"""Lines to put in order: a Parsons problem, with a reply to each order that shows a known mistake."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from perm_lab.challenges.judgement import Judgement, Tone
from perm_lab.display import Displayable


@dataclass(frozen=True, slots=True)
class TooEarly:
    """What to say when the line `later` stands before the line `first`."""

    first: str
    later: str
    reply: str


@dataclass(frozen=True, slots=True)
class Ordering(Displayable):
    """`lines` in the right order; `reply` is said when they stand so. `name` is where the order is kept.

    >>> Ordering("t", "Count.", ("one", "two", "three"), "Right.").check(["one", "two", "three"]).right
    True

    Raises ValueError when there are fewer than two lines, a line stands twice, or a slip speaks of another line.
    """

    name: str
    text: str
    lines: tuple[str, ...]
    reply: str
    slips: tuple[TooEarly, ...] = ()

    def __post_init__(self) -> None:
        if len(self.lines) < 2 or len(set(self.lines)) < len(self.lines):
            raise ValueError(f"`{self.name}` has not two or more lines that all differ")
        for line in (each for slip in self.slips for each in (slip.first, slip.later)):
            if line not in self.lines:
                raise ValueError(f"a slip of `{self.name}` speaks of `{line}`, which is no line of it")

    @property
    def shuffled(self) -> tuple[str, ...]:
        """The lines as they are shown at first: always the same way, and never in the right order."""
        lines = list(self.lines)
        shuffle = random.Random(self.name)
        while tuple(lines) == self.lines:
            shuffle.shuffle(lines)
        return tuple(lines)

    def check(self, lines: Sequence[str]) -> Judgement:
        """How far this order of the lines is. Raises ValueError when these are not the lines."""
        order = tuple(lines)
        if sorted(order) != sorted(self.lines):
            raise ValueError(f"`{self.name}` is about other lines: {', '.join(f'`{line}`' for line in self.lines)}")
        if order == self.lines:
            return Judgement(self.name, Tone.RIGHT, self.reply)
        if order == self.shuffled:
            return Judgement(self.name, Tone.NOT_YET, "move a line up or down, then check the order")
        slip = next((slip for slip in self.slips if order.index(slip.later) < order.index(slip.first)), None)
        if slip:
            return Judgement(self.name, Tone.ALMOST, slip.reply, f"“{slip.later}” too early")
        first = next(n for n, (line, right) in enumerate(zip(order, self.lines, strict=True), 1) if line != right)
        message = f"the lines before number {first} stand right" if first > 1 else "another line comes first"
        return Judgement(self.name, Tone.KEEP_GOING, message)

    def __str__(self) -> str:
        return "\n".join([self.text, *(f"  ( ) {line}" for line in self.shuffled)])
