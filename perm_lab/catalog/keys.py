"""The condition keys that AWS documents, with their types; a family such as `aws:RequestTag/…` counts as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from perm_lab.catalog.files import read

_REST = re.compile(r"\$\{.*|<.*")  # what a member of a family adds: `${TagKey}`, `<key>`


@cache
def condition_keys() -> Mapping[str, str]:
    """The type of every condition key (`String`, `ARN`, `ArrayOfString`, …), by its documented spelling.

    Follows the Service Authorization Reference and "AWS global condition context keys" (IAM user guide).

    >>> condition_keys()["aws:SourceArn"], condition_keys()["aws:CalledVia"]
    ('ARN', 'ArrayOfString')
    """
    return MappingProxyType(read("condition_keys.json")["types"])


@cache
def condition_key_type(key: str) -> str | None:
    """The documented type of a condition key, in any case; None for an unknown one.

    >>> condition_key_type("aws:PrincipalTag/team")
    'String'
    """
    return next((type for name, type in condition_keys().items() if is_key(key, (name,))), None)


def is_key(key: str, documented: Iterable[str]) -> bool:
    """Whether `key`, in any case, is one of the documented keys or of a family among them.

    >>> is_key("aws:requesttag/team", ["aws:TagKeys", "aws:RequestTag/${TagKey}"])
    True
    """
    lower = key.lower()
    for name in documented:
        start = _REST.sub("", name).lower()
        if lower == start if start == name.lower() else lower.startswith(start) and lower != start:
            return True
    return False
