"""The forms in which a call names a function."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
_ALIAS = re.compile(r"(?!\d+$)[a-zA-Z0-9-_]+")


@dataclass(frozen=True, slots=True)
class FunctionName:
    """What a FunctionName parameter says: `f`, `f:prod`, `111111111111:function:f`, a full ARN, qualified or not."""

    account: str
    region: str
    name: str
    qualifier: str = ""

    @classmethod
    def parse(cls, text: str, account: str, region: str, qualifier: str = "") -> FunctionName:
        """The function that `text` names for a caller in `account` and `region`.

        Raises ValueError when it is no function name.

        >>> FunctionName.parse("111111111111:function:resize:prod", "222222222222", "us-east-1").arn
        'arn:aws:lambda:us-east-1:111111111111:function:resize'
        """
        found = cls.maybe(text, account, region, qualifier)
        if found is None:
            raise ValueError(f"`{text}` names no function; legal: a name, account:function:name, or a function ARN")
        return found

    @classmethod
    def maybe(cls, text: str, account: str = "", region: str = "", qualifier: str = "") -> FunctionName | None:
        """As `parse`, None where `text` is no function name."""
        match = _NAME.fullmatch(text)
        if match is None or (text.startswith("arn:") and ":function:" not in f"{text}:"):
            return None
        said = match.groupdict(default="")
        return cls(said["account"] or account, said["region"] or region, said["name"], qualifier or said["qualifier"])

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def has_alias(self) -> bool:
        """Whether the qualifier has the form of an alias's name: neither of a version's number nor of `$LATEST`."""
        return _ALIAS.fullmatch(self.qualifier) is not None

    @property
    def qualified_arn(self) -> str:
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn
