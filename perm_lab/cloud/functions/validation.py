"""The parameter constraints that AWS checks on its side, read off botocore's own service models.

botocore checks types and missing members before it sends; lengths, patterns, ranges and enumerations are checked by the
service, which answers with one ValidationException that lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

_RULES = {
    "pattern": ("Member must satisfy regular expression pattern: {}", lambda value, limit: _matches(limit, value)),
    "max": ("Member must have length less than or equal to {}", lambda value, limit: len(value) <= limit),
    "min": ("Member must have length greater than or equal to {}", lambda value, limit: len(value) >= limit),
    "enum": ("Member must satisfy enum value set: [{}]", lambda value, limit: value in limit),
}
_NUMBER_RULES = {
    "max": ("Member must have value less than or equal to {}", lambda value, limit: value <= limit),
    "min": ("Member must have value greater than or equal to {}", lambda value, limit: value >= limit),
}


def validation_message(shape: Any, params: Mapping[str, Any]) -> str | None:
    """AWS's sentence about the members of `params` that break the model's constraints, None when none does.

    `shape` is the operation's input shape in botocore's model.
    """
    errors = list(_errors(shape, params, ""))
    if not errors:
        return None
    plural = "s" if len(errors) > 1 else ""
    return f"{len(errors)} validation error{plural} detected: " + "; ".join(errors)


def _errors(shape: Any, params: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in params.items():
        member = shape.members.get(name)
        if member is None or value is None:
            continue
        path = prefix + name[:1].lower() + name[1:]
        if member.type_name == "structure" and isinstance(value, Mapping):
            yield from _errors(member, value, path + ".")
        elif member.type_name in ("string", "integer", "long"):
            yield from _broken(member, value, path)


def _broken(member: Any, value: Any, path: str) -> Iterator[str]:
    rules = _RULES if isinstance(value, str) else _NUMBER_RULES
    for constraint, (sentence, holds) in rules.items():
        limit = member.metadata.get(constraint)
        if limit is not None and not holds(value, limit):
            shown = ", ".join(limit) if isinstance(limit, list) else limit
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: {sentence.format(shown)}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s"))


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None
