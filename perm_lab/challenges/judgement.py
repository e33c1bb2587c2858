"""What an answer was worth: how far it is, what to say to it, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from perm_lab.cloud import Record
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Request


class Tone(Enum):
    """How far an answer is. Nothing attempted is not wrong."""

    NOT_YET = "not yet"
    KEEP_GOING = "keep going"
    ALMOST = "almost"
    RIGHT = "right"

    @property
    def sign(self) -> str:
        return {"not yet": "○", "keep going": "✗", "almost": "≈", "right": "✓"}[self.value]


@dataclass(frozen=True, slots=True)
class Judgement(Displayable):
    """What an answer was worth: the tone, what to say, and the evidence.

    `slip` names the misconception where one was recognised. `decision` is the verdict the message speaks of. `excess`
    holds the requests that the answer allows beyond what was asked, of the `tried` ones that it must not. `records` are
    the calls of the event that was run last.
    """

    task: str
    tone: Tone
    message: str
    slip: str = ""
    decision: Decision | None = None
    excess: tuple[Request, ...] = ()
    tried: int = 0
    records: tuple[Record, ...] = ()

    @property
    def right(self) -> bool:
        return self.tone is Tone.RIGHT

    @property
    def score(self) -> str:
        """How narrow the answer is: how many of the requests tried that must not pass do not. Empty where none was."""
        kept_out = self.tried - len(self.excess)
        return f"{kept_out} of {self.tried} requests beyond the task are kept out" if self.tried else ""

    def __str__(self) -> str:
        return f"{self.tone.sign} {self.tone.value}: {self.message}"
