"""How Lambda's answers are made up: errors, and lists page by page."""

from __future__ import annotations

from typing import Any

from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.gate.hooks import Answer, Call

NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."
NO_POLICY = "No policy is associated with the given resource."
NO_SUCH_RESOURCE = "The resource you requested does not exist."
UNKNOWN_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."


class Fault(Exception):
    """A request that Lambda answers with an error: its code, sentence, HTTP status, and members beside the sentence."""

    def __init__(self, code: str, message: str, status: int = 400, **members: str) -> None:
        super().__init__(message)
        member = "Message" if status == 404 else "message"
        self.answer = Answer.error(code, message, status, Type="User", **{member: message}, **members)


def missing(message: str = NO_SUCH_RESOURCE) -> Fault:
    return Fault("ResourceNotFoundException", message, 404)


def conflict(message: str) -> Fault:
    return Fault("ResourceConflictException", message, 409)


def refused(message: str) -> Fault:
    return Fault("InvalidParameterValueException", message)


def refuse(*problems: tuple[bool, str]) -> None:
    """Raises `Fault` with the sentence of the first problem that there is."""
    for there, sentence in problems:
        if there:
            raise refused(sentence)


_UNLISTED = ("State", "LastUpdateStatus", "RuntimeVersionConfig")


def listed(version: Version, *, qualified: bool) -> dict[str, Any]:
    """The configuration as the List operations show it: without the state."""
    arn = f"{version.name.arn}:{version.number}" if qualified else ""
    return {k: v for k, v in version.configuration(arn).items() if k not in _UNLISTED}


def page(member: str, items: list[Any], call: Call) -> dict[str, Any]:
    """The items that a List operation answers with at once, and where the next ones begin."""
    start = int(call.params.get("Marker") or 0)
    end = start + call.params.get("MaxItems", 50)
    more = {"NextMarker": str(end)} if end < len(items) else {}
    return {member: items[start:end], **more}
