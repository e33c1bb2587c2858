"""`%%lambda_function`: the cell below it is a function's code.

The magic does what a learner would do by hand, through boto3 and with the learner's own permissions: zip the cell as
`lambda_function.py`, then create the function, or update it when it is there.
"""

from __future__ import annotations

import argparse
import io
import shlex
import zipfile
from typing import Any, NoReturn

import boto3
from botocore.exceptions import ClientError

from perm_lab.cloud.internals.clients import signed_in

MODULE = "lambda_function"
HANDLER = f"{MODULE}.lambda_handler"


def deployment_package(source: str) -> bytes:
    """A zip archive whose one file, `lambda_function.py`, holds `source`.

    >>> zipfile.ZipFile(io.BytesIO(deployment_package("x = 1"))).namelist()
    ['lambda_function.py']
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # a fixed date, so that the same source is the same package with the same CodeSha256
        archive.writestr(zipfile.ZipInfo(f"{MODULE}.py", (2026, 1, 1, 0, 0, 0)), source)
    return buffer.getvalue()


class UsageError(ValueError):
    """The line of a `%%lambda_function` cell cannot be understood."""


_USAGE = "`%%lambda_function NAME --role ROLE [--session VARIABLE] [--timeout SECONDS] [--env KEY=VALUE]…`"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; legal: {_USAGE}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%%lambda_function", add_help=False)
    parser.add_argument("name")
    parser.add_argument("--role")
    parser.add_argument("--session")
    parser.add_argument("--timeout", type=int)
    parser.add_argument("--env", action="append", default=[])
    return parser


def deploy(line: str, source: str, variables: dict[str, Any]) -> str:
    """Create or update the function that `line` describes with the code `source`; a sentence that says which.

    `variables` is where `--session NAME` finds its boto3 session. Raises `UsageError` for a line it cannot read,
    SyntaxError for source that is not Python, and botocore's ClientError when AWS refuses.
    """
    given = _parser().parse_args(shlex.split(line))
    compile(source, f"{MODULE}.py", "exec")
    session = _session(given.session, variables)
    client, package = session.client("lambda"), deployment_package(source)
    settings = _settings(given, session)
    try:
        client.get_function_configuration(FunctionName=given.name)
    except client.exceptions.ResourceNotFoundException:
        return _create(client, given.name, package, settings)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return _create(client, given.name, package, settings)  # may write without being allowed to look
    client.update_function_code(FunctionName=given.name, ZipFile=package)
    if settings:
        client.update_function_configuration(FunctionName=given.name, **settings)
    return f"updated function {given.name}"


def _create(client: Any, name: str, package: bytes, settings: dict[str, Any]) -> str:
    if "Role" not in settings:
        raise UsageError(f"`{name}` does not exist yet, and a new function needs its execution role: add `--role ROLE`")
    client.create_function(
        FunctionName=name, Runtime="python3.13", Handler=HANDLER, Code={"ZipFile": package}, **settings
    )
    return f"created function {name} with execution role {settings['Role'].rsplit('/', 1)[-1]}"


def _settings(given: argparse.Namespace, session: boto3.Session) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if given.role:
        settings["Role"] = given.role if given.role.startswith("arn:") else _role_arn(given.role, session)
    if given.timeout:
        settings["Timeout"] = given.timeout
    if given.env:
        pairs = [item.partition("=") for item in given.env]
        if not all(separator for _, separator, _ in pairs):
            raise UsageError(f"`--env {' '.join(given.env)}` is not KEY=VALUE")
        settings["Environment"] = {"Variables": {key: value for key, _, value in pairs}}
    return settings


def _role_arn(name: str, session: boto3.Session) -> str:
    account = session.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:iam::{account}:role/{name}"


def _session(name: str | None, variables: dict[str, Any]) -> boto3.Session:
    if name is None:
        return signed_in()
    session = variables.get(name)
    if not isinstance(session, boto3.Session):
        raise UsageError(f"`--session {name}` is not a boto3 session; give the name of a variable that holds one")
    return session
