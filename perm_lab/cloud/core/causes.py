"""What sets a call off that is not the learner's own, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from perm_lab.iam import Arn


class CauseKind(Enum):
    """The kinds of causes; the value of each is its sentence, with a place for the name of the function or source."""

    CODE = "code of {}"
    LOG = "log of {}"
    INVOCATION = "Lambda, to run {}"
    ROLE = "Lambda, before it takes the role for {}"
    SETTINGS = "Lambda, before it takes the settings of {}"
    MAPPING = "Lambda, before it takes the mapping of {}"
    RESULT = "Lambda, after {}"
    POLLER = "poller of {}"
    URL = "function URL of {}"
    SOURCE = "{}"
    CONFIGURATION = "{}, before it takes the configuration"


@dataclass(frozen=True, slots=True)
class Cause:
    """On whose account a call happens: the kind of cause, and the ARN of the function or of the event source.

    `title` is what people call it; the name in the ARN where it is empty.

    >>> str(Cause(CauseKind.CODE, "arn:aws:lambda:us-east-1:111111111111:function:resize"))
    'code of resize'
    """

    kind: CauseKind
    arn: str
    title: str = ""

    def __str__(self) -> str:
        return self.kind.value.format(self.title or Arn.parse(self.arn).name)
