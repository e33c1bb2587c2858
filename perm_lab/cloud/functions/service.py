"""AWS Lambda's API: who answers which operation, and what the operations share.

The gate has authorised the caller before an operation comes here. What remains are the checks that Lambda makes itself:
the parameters' constraints, then that what is named exists, then what the operation's own module says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.calls import Check
from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.events import reproducible_id
from perm_lab.cloud.functions import (
    asynchronous,
    invoke,
    layers,
    lifecycle,
    mappings,
    permissions,
    settings,
    signing,
    urls,
    versions,
)
from perm_lab.cloud.functions.answers import NOT_ASSUMABLE, Fault, missing, refused
from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.runtime import Environment
from perm_lab.cloud.functions.state import LATEST, Function, Version
from perm_lab.cloud.functions.validation import validation_message
from perm_lab.cloud.gate import Answer, Call
from perm_lab.iam import Arn, Principal, aws_message

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab

Operation = Callable[["LambdaService", Call, Caller], tuple[int, dict[str, Any]]]
"""(service, call, caller) -> (HTTP status, parsed response). Raises `Fault`."""

LAMBDA = Principal.aws_service("lambda.amazonaws.com")
_STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest Revision Id"
)


class LambdaService:
    """The functions of all accounts of a lab, and Lambda's operations on them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.functions: dict[str, Function] = {}
        self.mappings: dict[str, mappings.EventSourceMapping] = {}
        self.signing: dict[str, dict[str, Any]] = {}
        self.layers: dict[str, layers.LayerVersion] = {}
        self.published_layers: dict[str, int] = {}
        self.environments: dict[str, Environment] = {}
        self.role_clients: dict[tuple[str, ...], Any] = {}
        self._serial = 0

    def answer(self, call: Call, caller: Caller) -> Answer:
        """What Lambda answers to an authorised call."""
        operation = _OPERATIONS.get(call.operation)
        try:
            if operation is None:
                raise Fault(
                    "NotInTheLab",
                    f"`{call.operation}` is not simulated yet; the lab has: {', '.join(sorted(_OPERATIONS))}",
                    501,
                )
            status, body = operation(self, call, caller)
        except Fault as fault:
            return fault.answer
        return Answer(status, body)

    def close(self) -> None:
        """Remove what the functions' execution environments left on disk."""
        for environment in self.environments.values():
            environment.close()
        self.environments.clear()
        self.role_clients.clear()

    @staticmethod
    def invalid(call: Call) -> Answer | None:
        """Lambda's answer to parameters that break its model's constraints; None when they keep them."""
        message = validation_message(call.shape, call.params)
        return Fault("ValidationException", message).answer if message else None

    # what the operations share

    def name(self, call: Call, caller: Caller) -> FunctionName:
        """The function that a call names. Raises `Fault` where its name and its qualifier disagree."""
        text, qualifier = call.params["FunctionName"], call.params.get("Qualifier", "")
        name = FunctionName.parse(text, caller.account, call.region)
        if name.region != call.region:
            raise missing(f"Functions from '{name.region}' are not reachable in this region ('{call.region}')")
        if qualifier and name.qualifier not in ("", qualifier):
            message = "The derived qualifier from the function name does not match the specified qualifier."
            raise refused(message)
        return FunctionName(name.account, name.region, name.name, qualifier or name.qualifier)

    def function(self, name: FunctionName) -> Function:
        """The function `name`, whatever its qualifier. Raises `Fault` when there is none."""
        function = self.functions.get(name.arn)
        if function is None:
            raise missing(f"Function not found: {name.qualified_arn}")
        return function

    def version(self, name: FunctionName) -> Version:
        """What runs under `name`. Raises `Fault` when there is no such function, version or alias."""
        version = self.function(name).version(name.qualifier)
        if version is None:
            raise missing(f"Function not found: {name.qualified_arn}")
        return version

    def check_role(self, role: str, name: FunctionName) -> None:
        """Lambda takes a role of the function's own account whose trust policy lets Lambda assume it."""
        if Arn.parse(role).account != name.account:
            raise Fault("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
        check, caller = self.assume_check(role, name), Caller(LAMBDA)
        judged = self.lab.judge(caller, (check,))
        if not judged[0][1].allowed:
            with self.lab.turns.because(f"Lambda, before it takes the role for {name.name}"):
                record = self.lab.note(caller, Call("sts", "AssumeRole", {"RoleArn": role}, name.region), judged)
            record.event.update(errorCode="AccessDenied", errorMessage=aws_message(judged[0][1]))
            raise refused(NOT_ASSUMABLE)

    @staticmethod
    def assume_check(role: str, name: FunctionName) -> Check:
        """The permission that Lambda needs on the role before it can run the function.

        AWS documents that a trust policy may ask for `aws:SourceAccount` and `aws:SourceArn`; that the latter is the
        function's ARN is not documented.
        """
        context = {"aws:SourceAccount": name.account, "aws:SourceArn": name.arn}
        return Check("sts:AssumeRole", role, Arn.parse(role).account, context, True, "")

    @staticmethod
    def check_revision(given: str | None, latest: str, api: str = "GetFunction/GetAlias") -> None:
        """Raises `Fault` when the caller knows an earlier revision than the `latest`, which `api` tells."""
        if given not in (None, latest):
            raise Fault("PreconditionFailedException", _STALE.format(api), 412)

    def changed(self, function: Function) -> None:
        """Note that the function's code or settings changed: the next invocation is a cold start."""
        function.latest.touch(self.next_id())
        self.forget_environments(function, LATEST)

    def forget_environments(self, function: Function, *numbers: str) -> None:
        """Close the environments of the versions named; of all versions when none is."""
        for number in numbers or (LATEST, *function.versions):
            environment = self.environments.pop(f"{function.name.arn}:{number}", None)
            if environment:
                environment.close()

    def next_id(self) -> str:
        """An id that no other function, revision or environment of this lab has."""
        self._serial += 1
        return reproducible_id(self._serial, 2)


_PARTS = (asynchronous, invoke, layers, lifecycle, mappings, permissions, settings, signing, urls, versions)
_OPERATIONS: dict[str, Operation] = {name: run for part in _PARTS for name, run in part.OPERATIONS.items()}
