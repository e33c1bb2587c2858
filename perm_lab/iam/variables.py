"""Policy variables: `${aws:username}` in a resource or a condition value, filled in from the request.

Follows "IAM policy elements: Variables and tags" (IAM user guide): only with Version 2012-10-17; a default is written
`${key, 'default'}`; `${*}`, `${?}` and `${$}` are the characters themselves; a variable that has no value matches
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from perm_lab.iam.pattern import Matcher, compile_segments, match_parts, never

Context = Mapping[str, Sequence[str]]
Filled = tuple[tuple[str, bool], ...]
"""The pieces of a text in order, each with whether it is literal."""
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")
_ESCAPES = {"*", "?", "$"}


def has_variable(text: str) -> bool:
    """Whether `text` has something to fill in.

    >>> has_variable("arn:aws:s3:::home/${aws:username}/*"), has_variable("arn:aws:s3:::home/*")
    (True, False)
    """
    return "${" in text and _VARIABLE.search(text) is not None


class Template:
    """A text with policy variables, parsed once.

    A value that is filled in is literal: a `*` in it is a star and not a wildcard.

    >>> home = Template("${aws:username}/${aws:PrincipalTag/team, 'everyone'}/*")
    >>> home.text({"aws:username": ("maya",)}), home.text({})
    ('maya/everyone/*', None)
    >>> home.matcher({"aws:username": ("*",)})("maya/everyone/cat.png")
    False
    """

    __slots__ = ("_pieces",)

    def __init__(self, text: str) -> None:
        self._pieces: list[str | tuple[str, str | None]] = []
        for n, piece in enumerate(_VARIABLE.split(text)):
            if n % 2 == 0:
                self._pieces.append(piece)
            elif piece in _ESCAPES:
                self._pieces.append((f"\0{piece}", piece))
            else:
                default = _DEFAULT.fullmatch(piece)
                key, value = default.groups() if default else (piece.strip(), None)
                self._pieces.append((key.lower(), value))

    def fill(self, context: Context) -> Filled | None:
        """The text filled in; None when a variable has no value."""
        filled = []
        for piece in self._pieces:
            if isinstance(piece, str):
                filled.append((piece, False))
                continue
            key, default = piece
            values = context.get(key, ())
            value = values[0] if len(values) == 1 else default
            if value is None:
                return None
            filled.append((value, True))
        return tuple(filled)

    def text(self, context: Context) -> str | None:
        """The text filled in, for operators without wildcards; None when a variable has no value."""
        filled = self.fill(context)
        return None if filled is None else "".join(piece for piece, _ in filled)

    def matcher(self, context: Context) -> Matcher | None:
        """The pattern filled in as a matcher; None when a variable has no value."""
        filled = self.fill(context)
        return None if filled is None else _compiled(filled)

    def arn_matcher(self, context: Context) -> Matcher | None:
        """The ARN pattern filled in, matched part by part; None when a variable has no value."""
        filled = self.fill(context)
        return None if filled is None else _compiled_arn(filled)


@lru_cache(maxsize=8192)
def _compiled(filled: Filled) -> Matcher:
    return compile_segments(_segments(filled))


@lru_cache(maxsize=8192)
def _compiled_arn(filled: Filled) -> Matcher:
    parts: list[list[tuple[str, bool]]] = [[]]
    for piece, literal in filled:
        head, *more = piece.split(":", 6 - len(parts)) if len(parts) < 6 else [piece]
        parts[-1].append((head, literal))
        parts += [[(part, literal)] for part in more]
    if len(parts) < 6:
        return never
    return match_parts([compile_segments(_segments(part)) for part in parts])


def _segments(filled: Sequence[tuple[str, bool]]) -> list[list[str | None]]:
    segments: list[list[str | None]] = [[]]
    for piece, literal in filled:
        for character in piece:
            if character == "*" and not literal:
                segments.append([])
            else:
                segments[-1].append(None if character == "?" and not literal else character)
    return segments
