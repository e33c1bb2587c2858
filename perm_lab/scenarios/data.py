"""What a TOML file of this kit holds: names, and what is written with them, such as calls of AWS's API and switches."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from perm_lab.scenarios.api import ApiCall, Json, Zip
from perm_lab.scenarios.run import Toggle
from perm_lab.scenarios.switches import Switch, inline, managed, statement, trusting

_SWITCHES: Mapping[str, Callable[..., Switch]] = {
    each.__name__: each for each in (inline, managed, statement, trusting)
}


def read(file: Traversable, **given: str) -> dict[str, Any]:
    """The content of a file, with each `$NAME` in its strings replaced by what its table `names` says, or `given`.

    A name may be written with those before it; a `$` before anything else stays.
    """
    content, names = tomllib.loads(file.read_text("utf-8")), given
    for key, value in content.get("names", {}).items():
        names[key] = Template(value).safe_substitute(names)
    return {**_filled(content, names), "names": names}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).safe_substitute(names)
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    return [_filled(each, names) for each in value] if isinstance(value, list) else value


def api_call(row: Mapping[str, Any], account: str = "") -> ApiCall:
    """The call of a row: `call` is its service and method, `with` its parameters, as a table or as JSON.

    A document is a whole one, or the list of its statements.
    """
    service, method = row["call"].split(".")
    params = row.get("with", {})
    return ApiCall(service, method, _sent(json.loads(params) if isinstance(params, str) else params), account)


def _sent(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the API takes them: documents and payloads as JSON text, code as a zip archive, data as bytes."""
    return {key: _value(key, value) for key, value in params.items()}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, (dict, list)) and key.endswith(("Policy", "PolicyDocument", "Payload")):
        return Json(whole(value))
    if isinstance(value, dict):
        return _sent(value)
    if isinstance(value, list):
        return [_value(key, each) for each in value]
    if key == "ZipFile":
        return Zip(value)
    return value.encode() if key == "Data" else value


def whole(content: Any) -> Any:
    """The policy document of a list of statements; anything else as it is."""
    return {"Version": "2012-10-17", "Statement": content} if isinstance(content, list) else content


def switch(row: Mapping[str, Any]) -> Switch:
    """The switch of a row: the words of its toggle, what makes it (`inline`, `managed`, `statement` or `trusting`, with
    what that takes), and what there is to say besides."""
    told = dict(row)
    toggle = Toggle(*(told.pop(word) for word in ("key", "label", "help", "group")))
    kind = next(kind for kind in _SWITCHES if kind in told)
    return _SWITCHES[kind](toggle, *told.pop(kind), **told)
