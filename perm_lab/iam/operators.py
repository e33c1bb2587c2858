"""The condition operators, one row each: how a policy's value is compiled into a test of the request's value.

Follows "IAM JSON policy elements: Condition operators" (IAM user guide).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from perm_lab.iam.pattern import Matcher, compile_arn, compile_pattern
from perm_lab.iam.variables import Context, Template

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_decoded = partial(base64.b64decode, validate=True)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def _equals_ignoring_case(value: str) -> Matcher:
    wanted = value.lower()
    return lambda found: found.lower() == wanted


def number(text: str) -> float:
    """`text` as a number. Raises ValueError where it is none, `5abc` and `nan` among them.

    >>> number("5"), number("-1.5e3")
    (5.0, -1500.0)
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"`{text}` is not a number")
    return float(text)


def moment(text: str) -> float:
    """`text`, an ISO 8601 date or seconds since 1970, as seconds since 1970. Raises ValueError for anything else.

    >>> moment("2026-01-01T00:00:00Z") == moment("2026-01-01") == moment("1767225600")
    True
    """
    try:
        return number(text)
    except ValueError:
        when = datetime.fromisoformat(text.strip())
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _compared(read: Callable[[str], Any], compare: Callable[[Any, Any], bool], value: str) -> Matcher:
    limit = read(value)

    def matches(found: str) -> bool:
        try:
            return compare(read(found), limit)
        except ValueError:
            return False

    return matches


def _boolean(value: str) -> Matcher:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"`{value}` is neither true nor false")
    return _equals_ignoring_case(value)


def _address(value: str) -> Matcher:
    from ipaddress import ip_network  # not needed by most policies, and slow to import

    network = ip_network(value.strip(), strict=False)

    def matches(found: str) -> bool:
        address = _ip_address(found)
        return address is not None and address in network

    return matches


@lru_cache(maxsize=4096)
def _ip_address(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text.strip())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator.

    `compile` makes the test of one policy value and raises ValueError where AWS would refuse it; `negated` operators
    hold when no value passes. `fill` is how a value with policy variables becomes a test, where wildcards matter.
    `legal` says what a value has to look like.
    """

    compile: Callable[[str], Matcher]
    negated: bool = False
    fill: Callable[[Template, Context], Matcher | None] | None = None
    legal: str = "a string"

    def filled(self, template: Template, context: Context) -> Matcher | None:
        """The test of a value with variables in this request; None when one of them has no value."""
        if self.fill:
            return self.fill(template, context)
        text = template.text(context)
        try:
            return None if text is None else self.compile(text)
        except ValueError:
            return None


def _both(positive: str, negative: str, row: Operator) -> dict[str, Operator]:
    return {positive: row, negative: replace(row, negated=True)}


def _ordered(family: str, read: Callable[[str], float], legal: str) -> dict[str, Operator]:
    orders = {"LessThan": lt, "LessThanEquals": le, "GreaterThan": gt, "GreaterThanEquals": ge, "Equals": eq}
    rows = {family + name: Operator(partial(_compared, read, compare), legal=legal) for name, compare in orders.items()}
    return rows | _both(f"{family}Equals", f"{family}NotEquals", rows[f"{family}Equals"])


_ARN = Operator(compile_arn, fill=Template.arn_matcher, legal="an ARN, with or without wildcards")

OPERATORS: dict[str, Operator] = {
    **_both("StringEquals", "StringNotEquals", Operator(lambda value: value.__eq__)),
    **_both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", Operator(_equals_ignoring_case)),
    **_both("StringLike", "StringNotLike", Operator(compile_pattern, fill=Template.matcher)),
    **_ordered("Numeric", number, "a number"),
    **_ordered("Date", moment, "an ISO 8601 date or seconds since 1970"),
    "Bool": Operator(_boolean, legal="true, false"),
    "BinaryEquals": Operator(partial(_compared, _decoded, eq), legal="base64"),
    **_both("IpAddress", "NotIpAddress", Operator(_address, legal="an IP address or a CIDR range")),
    **_both("ArnEquals", "ArnNotEquals", _ARN),
    **_both("ArnLike", "ArnNotLike", _ARN),
    "Null": Operator(_boolean, legal="true, false"),
}
"""Every operator by its name in a policy. `ArnEquals` behaves as `ArnLike`, as AWS documents."""
