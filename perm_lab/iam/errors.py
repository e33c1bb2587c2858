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

    >>> print(PolicyError("Statement[0].Effect", "allow", "is not an effect", ("Allow", "Deny")))
    Statement[0].Effect: `allow` is not an effect; did you mean Allow?; legal: Allow, Deny
    """

    def __init__(self, path: str, found: object, problem: str, legal: Iterable[str] = ()) -> None:
        self.path, self.found, self.legal = path, found, tuple(legal)
        text = found if isinstance(found, str) else brief(found)
        shown = "" if found is ABSENT else f"`{text if len(text) <= 80 else text[:77] + '…'}` "
        words = {word.strip("`").lower(): word for word in self.legal}
        comparable = isinstance(found, str) and len(text) <= 80
        near = get_close_matches(text.lower(), words, 1, 0.75) if comparable else []
        hint = f"; did you mean {words[near[0]]}?" if near else ""
        allowed = f"; legal: {', '.join(self.legal)}" if self.legal else ""
        self.message = f"{shown}{problem}{hint}{allowed}"
        super().__init__(f"{path}: {self.message}" if path else self.message)
