"""What Lambda keeps for all accounts of a lab, and what its operations share; the operations are tables above it."""

from __future__ import annotations

from typing import Any

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.core.core import Core
from perm_lab.cloud.core.records import reproducible_id
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import NOT_ASSUMABLE, Fault, missing, refused
from perm_lab.cloud.functions.runtime import Environment
from perm_lab.cloud.functions.state import LATEST, EventSourceMapping, Function, LayerVersion, Version, text
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Arn, Principal

LAMBDA = Caller(Principal.aws_service("lambda.amazonaws.com"))
_STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest Revision Id"
)


class LambdaStore:
    """The functions, event source mappings and layers of all accounts, by their ARNs (mappings by their UUIDs).

    `environments` are the execution environments that are warm, `role_clients` the clients with which Lambda itself
    acts as execution roles.
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        self.functions: dict[str, Function] = {}
        self.mappings: dict[str, EventSourceMapping] = {}
        self.layers: dict[str, LayerVersion] = {}
        self.published_layers: dict[str, int] = {}
        self.environments: dict[str, Environment] = {}
        self.role_clients: dict[tuple[str, ...], Any] = {}
        self._serial = 0
        core.policies.readers["lambda"] = ("function policy", self._policy)

    def close(self) -> None:
        """Remove what the functions' execution environments left on disk."""
        for environment in self.environments.values():
            environment.close()
        self.environments.clear()
        self.role_clients.clear()

    def _policy(self, arn: Arn, account: str) -> str | None:
        """The text of the policy of a function, a version, an alias or a layer's version."""
        if arn.resource.startswith("layer:"):
            layer = self.layers.get(arn.text)
            policy = layer.policy if layer else None
        else:
            of_function = arn.resource.startswith("function:")
            name = FunctionName.maybe(arn.text.removesuffix(f":{LATEST}")) if of_function else None
            function = self.functions.get(name.arn) if name else None
            policy = function.policies.get(name.qualifier) if name and function else None
        return text(policy.document) if policy else None

    def name(self, call: Call, caller: Caller) -> FunctionName:
        """The function that a call names. Raises `Fault` where its name and its qualifier disagree."""
        named, qualifier = call.params["FunctionName"], call.params.get("Qualifier", "")
        name = FunctionName.parse(named, caller.account, call.region)
        if name.region != call.region:
            raise missing(f"Functions from '{name.region}' are not reachable in this region ('{call.region}')")
        if qualifier and name.qualifier not in ("", qualifier):
            raise refused("The derived qualifier from the function name does not match the specified qualifier.")
        return FunctionName(name.account, name.region, name.name, qualifier or name.qualifier)

    def function(self, name: FunctionName, else_say: str = "") -> Function:
        """The function `name`, whatever its qualifier. Raises `Fault`, which may say `else_say`, if there is none."""
        function = self.functions.get(name.arn)
        if function is None:
            raise missing(else_say or f"Function not found: {name.qualified_arn}")
        return function

    def find(self, name: FunctionName) -> Version | None:
        """What runs under `name`, None when there is no such function, version or alias."""
        function = self.functions.get(name.arn)
        return function.version(name.qualifier) if function else None

    def version(self, name: FunctionName, else_say: str = "") -> Version:
        """What runs under `name`. Raises `Fault`, which may say `else_say`, if no function, version or alias does."""
        version = self.find(name)
        if version is None:
            raise missing(else_say or f"Function not found: {name.qualified_arn}")
        return version

    def may_assume(self, role: str, name: FunctionName, cause: CauseKind, **params: str) -> bool:
        """Whether the role's trust policy lets Lambda assume it for the function; noted as Lambda's own call."""
        call = Call("sts", "AssumeRole", {"RoleArn": role, **params}, name.region)
        with self.core.scheduler.because(Cause(cause, name.arn)):
            return self.core.ask(LAMBDA, call, self.assume_check(role, name)).allowed

    def check_role(self, role: str, name: FunctionName) -> None:
        """Lambda takes a role of the function's own account whose trust policy lets Lambda assume it."""
        if Arn.parse(role).account != name.account:
            raise Fault("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
        if not self.core.decide(LAMBDA, self.assume_check(role, name)).allowed:
            self.may_assume(role, name, CauseKind.ROLE)
            raise refused(NOT_ASSUMABLE)

    @staticmethod
    def assume_check(role: str, name: FunctionName) -> Check:
        """The permission that Lambda needs on the role before it can run the function.

        AWS documents that a trust policy may ask for `aws:SourceAccount` and `aws:SourceArn`; that the latter is the
        function's ARN is not documented.
        """
        context = {"aws:SourceAccount": name.account, "aws:SourceArn": name.arn}
        return Check("sts:AssumeRole", role, Arn.parse(role).account, context)

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
