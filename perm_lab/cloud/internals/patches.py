"""Changes to things that are not ours, which can be taken back whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """The changes made, each with its way back.

    The way back is written down before a change is made, and crossed out after it was gone. So an interrupt at any
    moment leaves too much to take back, never too little; and as every way back may be gone twice, that does no harm.
    """

    def __init__(self) -> None:
        self._back: list[Callable[[], object]] = []

    def later(self, back: Callable[[], object]) -> None:
        """Note what takes back a change that is about to be made. It must do no harm when nothing was changed yet."""
        self._back.append(back)

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a class, a module or an object that has it itself."""
        before = vars(owner)[name]
        self.later(lambda: setattr(owner, name, before))
        setattr(owner, name, value)

    def undo(self) -> None:
        """Take everything back, the last change first. Nothing happens where nothing is changed."""
        while self._back:
            self._back[-1]()
            self._back.pop()
