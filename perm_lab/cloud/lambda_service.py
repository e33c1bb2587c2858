"""AWS Lambda's API: the operations on functions, answered as AWS answers them.

The gate has authorised the caller before an operation comes here. What remains are the checks that Lambda makes itself:
the parameters' constraints, then that the role is in the caller's account, then that Lambda may assume it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from perm_lab.cloud.arn import Arn
from perm_lab.cloud.calls import Check
from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.events import reproducible_id
from perm_lab.cloud.faults import NOT_ASSUMABLE, Fault
from perm_lab.cloud.functions import Function, FunctionName
from perm_lab.cloud.gate import Answer, Call
from perm_lab.cloud.invoke import invoke
from perm_lab.cloud.runtime import Environment
from perm_lab.cloud.validation import validation_message
from perm_lab.iam import Decision, Principal

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab

LAMBDA = Principal.aws_service("lambda.amazonaws.com")


class LambdaService:
    """The functions of all accounts of a lab, and Lambda's operations on them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.functions: dict[str, Function] = {}
        self.environments: dict[str, Environment] = {}
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

    @staticmethod
    def invalid(call: Call) -> Answer | None:
        """Lambda's answer to parameters that break its model's constraints; None when they keep them."""
        message = validation_message(call.shape, call.params)
        return Fault("ValidationException", message).answer if message else None

    # operations: (call, caller) -> (HTTP status, parsed response)

    def create_function(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        name = self._name(call, caller)
        if name.arn in self.functions:
            raise Fault("ResourceConflictException", f"Function already exist: {name.name}", 409)
        code = self._code(call.params.get("Code", {}), caller)
        self._check_role(call.params["Role"], name, caller)
        function = Function.create(name, call.params, code, self.next_id())
        self.functions[name.arn] = function
        return 201, function.creating()

    def get_function(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        function = self._function(call, caller)
        location = f"https://awslambda-{function.name.region}-tasks.s3.amazonaws.com/{function.name.name}"
        body = {"Configuration": function.configuration(), "Code": {"RepositoryType": "S3", "Location": location}}
        return 200, body | ({"Tags": function.tags} if function.tags else {})

    def get_function_configuration(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        return 200, self._function(call, caller).configuration()

    def list_functions(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        mine = (f for f in self.functions.values() if (f.name.account, f.name.region) == (caller.account, call.region))
        everything = [_listed(f) for f in sorted(mine, key=lambda f: f.name.name)]
        start = int(call.params.get("Marker") or 0)
        end = start + call.params.get("MaxItems", 50)
        more = {"NextMarker": str(end)} if end < len(everything) else {}
        return 200, {"Functions": everything[start:end], **more}

    def update_function_code(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        function = self._function(call, caller)
        self._check_revision(function, call)
        code = self._code(call.params, caller)
        if not call.params.get("DryRun"):
            function.zip = code
            self._changed(function)
        return 200, function.updating()

    def update_function_configuration(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        function = self._function(call, caller)
        self._check_revision(function, call)
        if "Role" in call.params:
            self._check_role(call.params["Role"], function.name, caller)
        function.configure(call.params)
        self._changed(function)
        return 200, function.updating()

    def delete_function(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        function = self._function(call, caller)
        self._forget_environment(function)
        del self.functions[function.name.arn]
        return 204, {}

    def invoke(self, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
        return invoke(self, self._function(call, caller), call)

    # what the operations share

    def _name(self, call: Call, caller: Caller) -> FunctionName:
        text, qualifier = call.params["FunctionName"], call.params.get("Qualifier", "")
        name = FunctionName.parse(text, caller.account, call.region)
        if qualifier and name.qualifier not in ("", qualifier):
            message = "The derived qualifier from the function name does not match the specified qualifier."
            raise Fault("InvalidParameterValueException", message)
        return FunctionName(name.account, name.region, name.name, qualifier or name.qualifier)

    def _function(self, call: Call, caller: Caller) -> Function:
        name = self._name(call, caller)
        function = self.functions.get(name.arn)
        if function is None or name.qualifier not in ("", "$LATEST"):
            raise Fault("ResourceNotFoundException", f"Function not found: {name.qualified_arn}", 404)
        return function

    def _code(self, given: Mapping[str, Any], caller: Caller) -> bytes:
        """The deployment package as bytes, from `ZipFile` or, with the caller's own permissions, from S3."""
        if "S3Bucket" in given:
            data = self._from_s3(given, caller)
        elif "ZipFile" in given:
            data = given["ZipFile"]
        else:
            raise Fault("InvalidParameterValueException", "Please provide a source for function code.")
        try:
            zipfile.ZipFile(io.BytesIO(data)).close()
        except zipfile.BadZipFile:
            message = "Could not unzip uploaded file. Please check your file, then try to upload again."
            raise Fault("InvalidParameterValueException", message) from None
        return data

    def _from_s3(self, given: Mapping[str, Any], caller: Caller) -> bytes:
        s3 = self.lab.system_client(caller.account, "s3")
        try:
            return s3.get_object(Bucket=given["S3Bucket"], Key=given["S3Key"])["Body"].read()
        except ClientError as error:
            found = error.response["Error"]
            message = (
                f"Error occurred while GetObject. S3 Error Code: {found['Code']}. S3 Error Message: {found['Message']}"
            )
            raise Fault("InvalidParameterValueException", message) from None

    def _check_role(self, role: str, name: FunctionName, caller: Caller) -> None:
        """Lambda takes a role of the function's own account whose trust policy lets Lambda assume it."""
        if Arn.parse(role).account != name.account:
            raise Fault("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
        if not self.trusts(role, name).allowed:
            raise Fault("InvalidParameterValueException", NOT_ASSUMABLE)

    def trusts(self, role: str, name: FunctionName) -> Decision:
        """Whether Lambda may assume `role` for the function `name`, by the role's trust policy."""
        return self.lab.judge(Caller(LAMBDA), (self.assume_check(role, name),))[0][1]

    @staticmethod
    def assume_check(role: str, name: FunctionName) -> Check:
        """The permission that Lambda needs on the role before it can run the function.

        AWS documents that a trust policy may ask for `aws:SourceAccount` and `aws:SourceArn`; that the latter is the
        function's ARN is not documented.
        """
        context = {"aws:SourceAccount": name.account, "aws:SourceArn": name.arn}
        return Check("sts:AssumeRole", role, Arn.parse(role).account, context, True, "")

    def _check_revision(self, function: Function, call: Call) -> None:
        if call.params.get("RevisionId") not in (None, function.revision):
            message = (
                "The Revision Id provided does not match the latest Revision Id. "
                "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
            )
            raise Fault("PreconditionFailedException", message, 412)

    def _changed(self, function: Function) -> None:
        function.touch(self.next_id())
        self._forget_environment(function)

    def _forget_environment(self, function: Function) -> None:
        environment = self.environments.pop(function.name.arn, None)
        if environment:
            environment.close()

    def next_id(self) -> str:
        """An id that no other function, revision or environment of this lab has."""
        self._serial += 1
        return reproducible_id(self._serial, 2)


def _listed(function: Function) -> dict[str, Any]:
    """The configuration as ListFunctions shows it: without the state."""
    return {k: v for k, v in function.configuration().items() if k not in ("State", "LastUpdateStatus")}


_OPERATIONS: dict[str, Callable[[LambdaService, Call, Caller], tuple[int, dict[str, Any]]]] = {
    "CreateFunction": LambdaService.create_function,
    "DeleteFunction": LambdaService.delete_function,
    "GetFunction": LambdaService.get_function,
    "GetFunctionConfiguration": LambdaService.get_function_configuration,
    "Invoke": LambdaService.invoke,
    "ListFunctions": LambdaService.list_functions,
    "UpdateFunctionCode": LambdaService.update_function_code,
    "UpdateFunctionConfiguration": LambdaService.update_function_configuration,
}
