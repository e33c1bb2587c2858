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


def deploy(line: str, source: str, variables: dict[str, Any]) -> str:
    """Create or update the function that `line` describes with the code `source`; a sentence that says which.

    `variables` is where `--session NAME` finds its boto3 session. Raises `UsageError` for a line it cannot read,
    SyntaxError for source that is not Python, and botocore's ClientError when AWS refuses.
    """
    parser = _Parser(prog="%%lambda_function", add_help=False)
    for option in ("name", "--role", "--session"):
        parser.add_argument(option)
    parser.add_argument("--timeout", type=int)
    parser.add_argument("--env", action="append", default=[])
    given = parser.parse_args(shlex.split(line))
    compile(source, f"{MODULE}.py", "exec")
    session = variables.get(given.session) if given.session else signed_in()
    if not isinstance(session, boto3.Session):
        said = f"`--session {given.session}` is not a boto3 session"
        raise UsageError(f"{said}; give the name of a variable that holds one")
    client, package = session.client("lambda"), deployment_package(source)
    settings = _settings(given, session)
    try:
        client.get_function_configuration(FunctionName=given.name)
    except ClientError as error:  # whoever may not look may still be allowed to create
        if error.response["Error"]["Code"] not in ("AccessDeniedException", "ResourceNotFoundException"):
            raise
        return _create(client, given.name, package, settings)
    client.update_function_code(FunctionName=given.name, ZipFile=package)
    if settings:
        client.update_function_configuration(FunctionName=given.name, **settings)
    return f"updated function {given.name}"


def _create(client: Any, name: str, package: bytes, settings: dict[str, Any]) -> str:
    if "Role" not in settings:
        raise UsageError(f"`{name}` does not exist yet, and a new function needs its execution role: add `--role ROLE`")
    code = {"ZipFile": package}
    client.create_function(FunctionName=name, Runtime="python3.13", Handler=HANDLER, Code=code, **settings)
    return f"created function {name} with execution role {settings['Role'].rsplit('/', 1)[-1]}"


def _settings(given: argparse.Namespace, session: boto3.Session) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if given.role:
        settings["Role"] = given.role
        if not given.role.startswith("arn:"):
            account = session.client("sts").get_caller_identity()["Account"]
            settings["Role"] = f"arn:aws:iam::{account}:role/{given.role}"
    if given.timeout:
        settings["Timeout"] = given.timeout
    if given.env:
        pairs = [item.partition("=") for item in given.env]
        if not all(separator for _, separator, _ in pairs):
            raise UsageError(f"`--env {' '.join(given.env)}` is not KEY=VALUE")
        settings["Environment"] = {"Variables": {key: value for key, _, value in pairs}}
    return settings
