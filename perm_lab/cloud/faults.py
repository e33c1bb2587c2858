"""Lambda's errors, in the shape that its API answers with."""

from __future__ import annotations

from perm_lab.cloud.gate import Answer

NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


class Fault(Exception):
    """A request that Lambda answers with an error: its code, sentence and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        member = "Message" if status == 404 else "message"
        self.answer = Answer.error(code, message, status, Type="User", **{member: message})
