"""The parameter constraints that AWS checks on its side, read off botocore's own service models.

botocore checks types and missing members before it sends; lengths, patterns, ranges and enumerations are checked by the
service, which answers with one ValidationException that lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

TOO_LONG = "Member must have length less than or equal to {}"
# constraint -> AWS's sentence, and whether a value keeps it
_Rules = dict[str, tuple[str, Callable[[Any, Any], bool]]]
_RULES: _Rules = {
    "max": (TOO_LONG, lambda value, limit: len(value) <= limit),
    "min": ("Member must have length greater than or equal to {}", lambda value, limit: len(value) >= limit),
    "pattern": ("Member must satisfy regular expression pattern: {}", lambda value, limit: _matches(value, limit)),
    "enum": ("Member must satisfy enum value set: [{}]", lambda value, limit: value in limit),
}
_NUMBER_RULES: _Rules = {
    "max": ("Member must have value less than or equal to {}", lambda value, limit: value <= limit),
    "min": ("Member must have value greater than or equal to {}", lambda value, limit: value >= limit),
}
# members that AWS checks as written here, not as its published model has them
_ORDERS = {"startingPosition": ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"]}
_NOT_NULL = "Member must not be null"
_UNWRAPPED, _NULLABLE = ("compatibleRuntimes",), ("compatibleArchitectures",)


def validation_message(shape: Any, params: Mapping[str, Any]) -> str | None:
    """AWS's sentence about the members of `params` that break the model's constraints, None when none does.

    `shape` is the operation's input shape in botocore's model.
    """
    errors = list(_errors(shape, params, ""))
    plural = "s" if len(errors) > 1 else ""
    return f"{len(errors)} validation error{plural} detected: {'; '.join(errors)}" if errors else None


def _errors(shape: Any, params: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in params.items():
        member, path = shape.members.get(name), prefix + name[:1].lower() + name[1:]
        if member is None or value is None:
            continue
        if member.type_name == "structure" and isinstance(value, Mapping):
            yield from _errors(member, value, path + ".")
        elif member.type_name in ("string", "integer", "long"):
            yield from _broken(member, value, path)
        elif member.type_name == "list" and member.member.type_name == "string":
            yield from _broken_list(member, value, path)
        elif member.type_name == "map" and member.value.type_name == "double":
            yield from _broken_map(member, value, path)


def _broken_list(member: Any, values: list[str], path: str) -> Iterator[str]:
    """A list that is too long, or that has a member which breaks a constraint: AWS then names all of them."""
    said = f"Value '[{', '.join(values)}]' at '{path}' failed to satisfy constraint: "
    for constraint in ("max", "min"):
        sentence, holds = _RULES[constraint]
        limit = member.metadata.get(constraint)
        if limit is not None and not holds(values, limit):
            yield said + sentence.format(limit)
    if any(True for value in values for _ in _broken(member.member, value, path)):
        rules = [*_sentences(member.member), *([] if path in _UNWRAPPED + _NULLABLE else [_NOT_NULL])]
        yield said + (rules[0] if path in _UNWRAPPED else f"Member must satisfy constraint: [{', '.join(rules)}]")


def _broken_map(member: Any, values: Mapping[str, float], path: str) -> Iterator[str]:
    """A map to numbers with a key or a value that breaks a constraint: AWS then names all of them."""
    shown = ", ".join(f"{key}={float(value)}" for key, value in values.items())
    for what, shape, parts in (("keys", member.key, values.keys()), ("value", member.value, values.values())):
        if any(True for part in parts for _ in _broken(shape, part, path)):
            rules = f"Map {what} must satisfy constraint: [{', '.join([*_sentences(shape), _NOT_NULL])}]"
            yield f"Value '{{{shown}}}' at '{path}' failed to satisfy constraint: {rules}"


def _sentences(member: Any) -> Iterator[str]:
    """What AWS says of all the constraints of a member."""
    rules = _NUMBER_RULES if member.type_name == "double" else _RULES
    for rule, (sentence, _) in rules.items():
        if rule in member.metadata:
            yield sentence.format(_shown(member.metadata[rule]))


def _shown(limit: Any) -> Any:
    return ", ".join(limit) if isinstance(limit, list) else limit


def _broken(member: Any, value: Any, path: str) -> Iterator[str]:
    rules = _RULES if isinstance(value, str) else _NUMBER_RULES
    for constraint, (sentence, holds) in rules.items():
        limit = member.metadata.get(constraint)
        if limit is not None and not holds(value, limit):
            shown = _shown(_ORDERS.get(path, limit))
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: {sentence.format(shown)}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", r"\s"))


def _matches(value: str, pattern: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None
