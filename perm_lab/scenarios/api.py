"""Calls of AWS's API as values: one list of them builds a scenario's world and writes the boto3 program that does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from perm_lab.cloud.magic import deployment_package

_WIDTH = 100


class Json(dict[str, Any]):
    """A policy document, which the API takes as JSON text."""


class Zip(str):
    """A handler's source, which the API takes as a zip archive."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One boto3 call: the client's service, the method, and its parameters.

    `account` is the id of the account in which it is made, where that is not the scenario's own.
    """

    service: str
    method: str
    params: Mapping[str, Any]
    account: str = ""

    def make(self, clients: Clients) -> Any:
        """Make the call."""
        return getattr(clients[self.service], self.method)(**{k: _sent(v) for k, v in self.params.items()})

    @property
    def code(self) -> str:
        """The call as Python."""
        pairs = [f"{key}={_written(value)}" for key, value in self.params.items()]
        call = f"{_variable(self.service, self.account)}.{self.method}"
        line = f"{call}({', '.join(pairs)})"
        if len(line) <= _WIDTH and "\n" not in line:
            return line
        lines = "".join(f"    {pair},\n" for pair in pairs)
        return f"{call}(\n{lines})"


def document(effect: str, actions: str | list[str], resource: str) -> Json:
    """A policy document with one statement."""
    return Json({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": resource}]})


def trust(service: str) -> Json:
    """The trust policy that lets one service assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return Json({"Version": "2012-10-17", "Statement": [statement]})


def create_role(name: str, trusted: Json, *policies: str) -> list[ApiCall]:
    """The calls that make a role with this trust policy and attach AWS managed policies, `service-role/…`, to it."""
    made = ApiCall("iam", "create_role", {"RoleName": name, "AssumeRolePolicyDocument": trusted})
    arns = (f"arn:aws:iam::aws:policy/{policy}" for policy in policies)
    return [made, *(ApiCall("iam", "attach_role_policy", {"RoleName": name, "PolicyArn": arn}) for arn in arns)]


def put_policy(kind: str, who: str, name: str, policy: Json, account: str = "") -> ApiCall:
    """The call that gives an inline policy; `kind` is `user` or `role`, `who` the name of the one that holds it."""
    params = {f"{kind.title()}Name": who, "PolicyName": name, "PolicyDocument": policy}
    return ApiCall("iam", f"put_{kind}_policy", params, account)


def create_function(name: str, role: str, source: str) -> ApiCall:
    """The call that makes a function of one module, `source`, with the execution role of this ARN."""
    params = {"FunctionName": name, "Role": role, "Runtime": "python3.13", "Handler": "lambda_function.handler"}
    return ApiCall("lambda", "create_function", {**params, "Code": {"ZipFile": Zip(source)}})


class Clients(dict[str, Any]):
    """The boto3 clients of one session by service, each made when it is first needed."""

    def __init__(self, session: boto3.Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, service: str) -> Any:
        self[service] = self._session.client(service)
        return self[service]


def program(calls: Iterable[ApiCall]) -> str:
    """The Python that makes `calls`, with the imports and the clients that they need."""
    calls = tuple(calls)
    clients = "\n".join(_client(*each) for each in sorted({(call.account, call.service) for call in calls}))
    return "\n".join([_PREAMBLE, clients, "", *(call.code for call in calls), ""])


def _client(account: str, service: str) -> str:
    """The line that makes a client; an account other than one's own has a profile of its name in ~/.aws/config."""
    session = f'boto3.Session(profile_name="{account}")' if account else "boto3"
    return f'{_variable(service, account)} = {session}.client("{service}")'


_PREAMBLE = """\
import io, json, zipfile
import boto3

def zipped(source):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("lambda_function.py", source)
    return package.getvalue()
"""


# gives the one user of a scenario a key and signs in with it
SIGN_IN = """\
key = iam.create_access_key(UserName="maya")["AccessKey"]
person = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")"""


def _variable(service: str, account: str = "") -> str:
    if account:
        return f"{service}_{account}"
    return f"{service}_" if service == "lambda" else service


def _sent(value: Any) -> Any:
    if isinstance(value, Json):
        return json.dumps(value)
    if isinstance(value, Zip):
        return deployment_package(value)
    return {k: _sent(v) for k, v in value.items()} if isinstance(value, dict) else value


def _written(value: Any) -> str:
    """The value as Python source, with double quotes as in JSON."""
    if isinstance(value, Zip):
        return f'zipped("""\n{value}""")'
    if isinstance(value, Json):
        return f"json.dumps({json.dumps(value, indent=4)})".replace("\n", "\n    ")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(k)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value) if isinstance(value, str) else repr(value)
