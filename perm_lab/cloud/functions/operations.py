"""AWS Lambda's API: which operation is answered by what.

The gate has authorised the caller before an operation comes here. What remains are the checks that Lambda makes itself:
the parameters' constraints, then that what is named exists, then what the operation's own module says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.functions import asynchronous, invoke, layers, lifecycle, mappings, permissions, urls, versions
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.functions.validation import validation_message
from perm_lab.cloud.gate.hooks import Answer, Call

Operation = Callable[[LambdaStore, Call, Caller], tuple[int, dict[str, Any]]]
"""(store, call, caller) -> (HTTP status, parsed response). Raises `Fault`."""

_PARTS = (asynchronous, invoke, layers, lifecycle, mappings, permissions, urls, versions)
_OPERATIONS: dict[str, Operation] = {name: run for part in _PARTS for name, run in part.OPERATIONS.items()}


def invalid(call: Call) -> Answer | None:
    """Lambda's answer to parameters that break its model's constraints; None when they keep them."""
    message = validation_message(call.shape, call.params)
    return Fault("ValidationException", message).answer if message else None


def answer(lambdas: LambdaStore, call: Call, caller: Caller) -> Answer:
    """What Lambda answers to an authorised call; `NotInTheLab` to one that is not simulated."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        said = f"`{call.operation}` is not simulated yet; the lab has: {', '.join(sorted(_OPERATIONS))}"
        return Fault("NotInTheLab", said, 501).answer
    try:
        return Answer(*operation(lambdas, call, caller))
    except Fault as fault:
        return fault.answer
