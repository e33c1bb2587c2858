"""Calls of AWS's API as commands of the AWS CLI, for a POSIX shell such as that of AWS CloudShell.

The CLI names its options after the API's parameters, in lower case with hyphens; what is no plain text goes as JSON.
Files (a function's code, an object's bytes) are written first, and the command names them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from botocore import xform_name

from perm_lab.scenarios.api import ApiCall, Json, Zip

_WIDTH = 76
_MODULE, _DATA = "lambda_function.py", "data.txt"
# services and options that the CLI calls otherwise than the API does
_SERVICES: Mapping[str, str] = {"s3": "s3api"}
_RENAMED: Mapping[tuple[str, str, str], str] = {("sns", "subscribe", "Endpoint"): "notification-endpoint"}
# parameters whose option takes the path of a file as it is
_STREAMED = {("s3", "put_object", "Body")}


def commands(calls: Iterable[ApiCall]) -> str:
    """The shell commands that make `calls`. A call in another account takes the profile of its name.

    >>> print(commands([ApiCall("iam", "create_user", {"UserName": "maya"})]), end="")
    aws iam create-user --user-name maya
    """
    return "".join(f"{_files(call)}{_command(call)}\n" for call in calls)


def _files(call: ApiCall) -> str:
    """The commands that write the files which the call's command names: of its code, or of the bytes that it brings."""
    for name, value in call.params.items():
        if name == "Code" and isinstance(value.get("ZipFile"), Zip):
            source, archive = value["ZipFile"].rstrip(), shlex.quote(_archive(call))
            return f"cat > {_MODULE} <<'END'\n{source}\nEND\nzip {archive} {_MODULE}\n"
        if isinstance(value, bytes) or (call.service, call.method, name) in _STREAMED:
            data = value.decode() if isinstance(value, bytes) else value
            return f"printf %s {shlex.quote(data)} > {_DATA}\n"
    return ""


def _command(call: ApiCall) -> str:
    words = ["aws", _SERVICES.get(call.service, call.service), call.method.replace("_", "-")]
    options = [_option(call, name, value) for name, value in call.params.items()]
    if call.account:
        options.append(f"--profile {call.account}")
    line = " ".join([*words, *options])
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return " \\\n  ".join([" ".join(words), *options])


def _option(call: ApiCall, name: str, value: Any) -> str:
    """The option that says one parameter, with its value where it takes one, ready for the shell."""
    option: str = "--" + _RENAMED.get((call.service, call.method, name), xform_name(name, "-"))
    if name == "Code":  # the CLI has an option of its own for a zip archive
        return "--zip-file " + shlex.quote(f"fileb://{_archive(call)}")
    if (call.service, call.method, name) in _STREAMED:
        return f"{option} {_DATA}"
    if isinstance(value, bytes):
        return f"{option} fileb://{_DATA}"
    if isinstance(value, bool):
        return option if value else option.replace("--", "--no-", 1)
    return f"{option} {shlex.quote(_text(value))}"


def _text(value: Any) -> str:
    """A value as the CLI takes it: text and numbers as they are, all else as JSON."""
    if isinstance(value, (dict, list)):
        short = json.dumps(_plain(value))
        return short if len(short) < _WIDTH // 2 else json.dumps(_plain(value), indent=2)
    return str(value)


def _plain(value: Any, inside: bool = False) -> Any:
    """`value` with each policy document that stands inside it as the JSON text that the API takes."""
    if inside and isinstance(value, Json):
        return json.dumps(value)
    if isinstance(value, dict):
        return {key: _plain(each, True) for key, each in value.items()}
    return [_plain(each, True) for each in value] if isinstance(value, list) else value


def _archive(call: ApiCall) -> str:
    return f"{call.params['FunctionName']}.zip"
