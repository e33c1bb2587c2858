"""Wildcards as AWS matches them: `*` stands for any run of characters, `?` for exactly one.

A pattern is compiled once into a function. Matching takes time linear in the text for patterns without `?`, and never
backtracks over a `*`, so that no pattern can be made slow on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

Matcher = Callable[[str], bool]
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def always(_: str) -> bool:
    """The matcher of `*`: every text matches."""
    return True


def never(_: str) -> bool:
    """The matcher of what is no ARN: no text matches."""
    return False


@lru_cache(maxsize=8192)
def compile_pattern(pattern: str) -> Matcher:
    """A function that says whether a text matches `pattern` as a whole.

    >>> compile_pattern("photos/*.jp?g")("photos/2026/cat.jpeg")
    True
    """
    if pattern == "*":
        return always
    if "*" not in pattern and "?" not in pattern:
        return pattern.__eq__
    return compile_segments([[None if item == "?" else item for item in part] for part in pattern.split("*")])


def compile_segments(segments: Sequence[Sequence[str | None]]) -> Matcher:
    """The matcher of runs of characters with a `*` between each two; None in a run stands for any one character."""
    if len(segments) == 1:
        only = _segment(segments[0])
        return lambda text: only.fullmatch(text) is not None
    if not any(None in segment for segment in segments):
        return _literal_segments(*("".join(filter(None, segment)) for segment in segments))
    first, *middle, last = (_segment(segment) for segment in segments)
    shortest, tail = sum(map(len, segments)), len(segments[-1])

    def matches(text: str) -> bool:
        if len(text) < shortest or not first.match(text):
            return False
        at, end = len(segments[0]), len(text) - tail
        for pattern in middle:
            found = pattern.search(text, at, end)
            if found is None:
                return False
            at = found.end()
        return at <= end and last.match(text, end) is not None

    return matches


def meet(pattern: str, template: str) -> bool:
    """Whether an ARN exists that `pattern` matches and that `template`, an ARN with `${variables}`, has the form of.

    No variable is empty. A bucket's name holds no slash, which is what tells a bucket's ARN from an object's.

    >>> meet("arn:aws:s3:::photos", "arn:${Partition}:s3:::${BucketName}/${ObjectName}")
    False
    >>> meet("arn:aws:s3:::pho*", "arn:${Partition}:s3:::${BucketName}/${ObjectName}")
    True
    """
    wanted, form = pattern.split(":", 5), template.split(":", 5)
    return pattern == "*" or (len(wanted) == len(form) == 6 and all(map(_meet, wanted, form)))


def _meet(pattern: str, form: str) -> bool:
    """Whether the two have a text in common: both are walked side by side, so that it takes their lengths' product."""
    items = list(_items(form))
    reached, todo = set(), [(0, 0)]
    while todo:
        i, j = at = todo.pop()
        if at in reached:
            continue
        reached.add(at)
        if at == (len(pattern), len(items)):
            return True
        wanted = pattern[i : i + 1]
        fits, repeats = items[j] if j < len(items) else (never, False)
        if wanted == "*":
            todo.append((i + 1, j))
        if repeats:
            todo.append((i, j + 1))
        if j < len(items) and wanted and (wanted in "*?" or fits(wanted)):
            todo.append((i + (wanted != "*"), j + (not repeats)))
    return False


def _items(form: str) -> Iterator[tuple[Matcher, bool]]:
    """The places of a template: which character may stand there, and whether as often as one likes.

    A variable holds one character at least.
    """
    for n, text in enumerate(_VARIABLE.split(form)):
        if n % 2 == 0:
            yield from ((character.__eq__, False) for character in text)
        else:
            character = "/".__ne__ if text == "BucketName" else always
            yield from ((character, False), (character, True))


def _literal_segments(first: str, *rest: str) -> Matcher:
    *middle, last = rest
    if not middle and not last:
        return lambda text: text.startswith(first)
    shortest = len(first) + sum(map(len, rest))

    def matches(text: str) -> bool:
        if len(text) < shortest or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for literal in middle:
            found = text.find(literal, at, end)
            if found < 0:
                return False
            at = found + len(literal)
        return at <= end

    return matches


def _segment(items: Sequence[str | None]) -> re.Pattern[str]:
    return re.compile("".join("." if item is None else re.escape(item) for item in items), re.DOTALL)


def compile_arn(pattern: str) -> Matcher:
    """A function that says whether an ARN matches `pattern`, each of the six parts on its own.

    `*` alone matches every ARN, and `*` itself (the resource of an action that takes none). A pattern of fewer parts
    matches nothing.

    >>> compile_arn("arn:aws:s3:::photos/*")("arn:aws:s3:::photos/a/b")
    True
    >>> compile_arn("arn:aws:lambda:*:function:f")("arn:aws:lambda:us-east-1:111111111111:function:f")
    False
    """
    if pattern == "*":
        return always
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return never
    if not any(wild in part for part in parts[:5] for wild in "*?"):
        return compile_pattern(pattern)
    return match_parts([compile_pattern(part) for part in parts])


def match_parts(matchers: Sequence[Matcher]) -> Matcher:
    """A function that says whether each of an ARN's six parts matches its own of the six `matchers`."""

    def matches(text: str) -> bool:
        found = text.split(":", 5)
        return len(found) == 6 and all(match(part) for match, part in zip(matchers, found, strict=True))

    return matches
