"""An Amazon Resource Name and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN; `resource` is everything behind the account.

    >>> role = Arn.parse("arn:aws:iam::111111111111:role/service-role/resize-role")
    >>> role.account, role.name
    ('111111111111', 'resize-role')

    Follows "Identify AWS resources with Amazon Resource Names (ARNs)" (IAM user guide).
    """

    text: str
    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """The parts of `text`. Raises ValueError when it has not the six parts of an ARN.

        >>> Arn.parse("arn:aws:s3:::photos/cat.png").resource
        'photos/cat.png'
        """
        found = cls.maybe(text)
        if found is None:
            form = "arn:partition:service:region:account:resource"
            raise ValueError(f"`{text}` is not an ARN; an ARN has six parts: {form}")
        return found

    @classmethod
    def maybe(cls, text: str) -> Arn | None:
        """The parts of `text`, None when it is no ARN: `*`, a service principal, a bare account id.

        >>> Arn.maybe("lambda.amazonaws.com") is None
        True
        """
        parts = text.split(":", 5)
        return cls(text, *parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None

    @property
    def name(self) -> str:
        """What stands behind the last slash or colon: the name of a role, a queue, a topic or a stream."""
        return re.split("[/:]", self.resource)[-1]

    def __str__(self) -> str:
        return self.text
