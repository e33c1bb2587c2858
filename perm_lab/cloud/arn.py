"""An Amazon Resource Name taken apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN; `resource` is everything after the account.

    >>> Arn.parse("arn:aws:lambda:us-east-1:111111111111:function:resize").account
    '111111111111'
    """

    text: str
    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """The parts of `text`. Raises ValueError when it has not the six parts of an ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(
                f"`{text}` is not an ARN; an ARN has six parts: arn:partition:service:region:account:resource"
            )
        return cls(text, *parts[1:])
