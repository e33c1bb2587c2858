"""A policy that AWS would refuse: where, what stands there, and what would be legal."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from reprlib import repr as brief

ABSENT = object()  # what stands where nothing does


class PolicyError(ValueError):
    """A policy document breaks the policy grammar.

    `path` is the place in the document (`Statement[0].Effect`), `found` what stands there (`ABSENT` for nothing),
    `legal` what may; `message` is the error without the place.
    """

    def __init__(self, path: str, found: object, problem: str, legal: Iterable[str] = ()) -> None:
        self.path, self.found, self.legal = path, found, tuple(legal)
        shown = "" if found is ABSENT else f"`{_short(found)}` "
        allowed = f"; legal: {', '.join(self.legal)}" if self.legal else ""
        self.message = f"{shown}{problem}{self._near_miss()}{allowed}"
        super().__init__(f"{path}: {self.message}" if path else self.message)

    def _near_miss(self) -> str:
        if not isinstance(self.found, str) or len(self.found) > 80:
            return ""
        words = {word.strip("`").lower(): word for word in self.legal}
        near = get_close_matches(self.found.lower(), words, 1, 0.75)
        return f"; did you mean {words[near[0]]}?" if near else ""


def _short(found: object) -> str:
    text = found if isinstance(found, str) else brief(found)
    return text if len(text) <= 80 else text[:77] + "…"
