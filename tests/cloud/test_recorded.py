"""Answers of the real AWS, as public test suites recorded them, asked of the lab through boto3.

The cases are the JSON files beside this module, in `recorded/`; its README.md says where they come from and how they
are written.
"""

import io
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud.conftest import allow

RECORDED = Path(__file__).parent / "recorded"
CASES = {
    f"{path.stem}: {case['name']}": case
    for path in sorted(RECORDED.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
}
_NAME = re.compile(r"<[a-z][a-z0-9-]*>")
_AS_WRITTEN = Config(parameter_validation=False)  # the service is to refuse parameters, not botocore
_DOCUMENTS = ("Policy", "Statement", "Pattern")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_lab_answers_as_aws_did(case, shop, admin):
    role = shop.role("executor", inline={"everything": allow("*")})
    caller = admin.client("sts").get_caller_identity()["Arn"]
    known = {"<role>": role, "<caller>": caller, "<zip>": _package("one"), "<zip2>": _package("two")}
    for number, step in enumerate(case["steps"]):
        service, _, operation = step["call"].partition(".")
        where = f"step {number}, {step['call']}({json.dumps(step['params'])})"
        params, problems = _filled(step["params"], known), []
        try:
            answer = getattr(admin.client(service, config=_AS_WRITTEN), operation)(**params)
        except ClientError as error:
            assert "error" in step, f"{where} was refused: {error}"
            answer = error.response
        else:
            assert "error" not in step, f"{where} was not refused"
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        if "error" in step:
            found = {"code": answer["Error"]["Code"], "message": answer["Error"]["Message"], "status": status}
            problems = list(_differences(step["error"], found, known, "error"))
        elif "answer" in step:
            assert status == step["status"], where
            ignored = step.get("ignore", ())
            expected, found = _without(step["answer"], ignored), _without(_plain(answer), ignored)
            problems = list(_differences(expected, found, known, "answer"))
        assert not problems, "\n".join([where, *problems])


def test_names_in_answers_bind():
    known = {}
    assert not list(_differences({"a": "<x>", "b": "arn:<y>"}, {"a": "1", "b": "arn:2"}, known, ""))
    assert known == {"<x>": "1", "<y>": "2"}
    assert list(_differences("<x>", "2", known, "")), "a name keeps its value"
    assert list(_differences("<z>", "2", known, "")), "two names have two values"
    assert not list(_differences("<any> and <any>", "2 and 1", known, ""))


def _package(text):
    """A deployment package whose handlers, under every name that the cases use, answer nothing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for module in ("handler", "index", "lambda_handler"):
            archive.writestr(zipfile.ZipInfo(f"{module}.py"), f"def handler(event, context):\n    {text!r}\n")
    return buffer.getvalue()


def _filled(value, known, key=""):
    """Parameters with values in place of the names that have one."""
    if isinstance(value, dict):
        return {name: _filled(member, known, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, known) for member in value]
    if not isinstance(value, str) or isinstance(known.get(value), bytes):
        return known[value] if isinstance(value, str) else value
    text = _NAME.sub(lambda name: known[name[0]], value)
    return text.encode() if key == "ZipFile" else text


def _plain(value, key=""):
    """An answer as JSON has it, with the documents in it parsed."""
    if isinstance(value, dict):
        return {name: _plain(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if key in _DOCUMENTS and isinstance(value, str):
        return json.loads(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _without(value, members):
    if isinstance(value, dict):
        return {name: _without(member, members) for name, member in value.items() if name not in members}
    return [_without(member, members) for member in value] if isinstance(value, list) else value


def _differences(expected, found, known, path):
    """What is not as recorded, line by line. Binds the names in `expected` that are not `known` yet."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name not in found or name not in expected:
                yield f"{path}.{name} is {'missing' if name in expected else f'not recorded: {found[name]!r}'}"
            else:
                yield from _differences(expected[name], found[name], known, f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path} has {len(found)} items, recorded are {len(expected)}: {found!r}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(one, other, known, f"{path}[{index}]")
    elif isinstance(expected, str) and expected != "<any>" and not _matches(expected, str(found), known):
        yield f"{path} is {found!r}, recorded is {expected!r} ({known.get(expected, 'not yet known')!r:.80})"
    elif not isinstance(expected, str) and expected != found:
        yield f"{path} is {found!r}, recorded is {expected!r}"


def _matches(expected, found, known):
    """Whether `found` is as recorded. Binds the names that have no value yet."""
    new = []

    def pattern(name):
        if name == "<any>":
            return ".*"
        if name in known:
            return re.escape(known[name])
        new.append(name)
        return "(.+)"

    parts = zip(_NAME.split(expected), [*map(pattern, _NAME.findall(expected)), ""], strict=True)
    match = re.fullmatch("".join(re.escape(text) + value for text, value in parts), found, re.DOTALL)
    if match is None or set(match.groups()) & set(known.values()) or len(set(match.groups())) < len(new):
        return False
    known.update(zip(new, match.groups(), strict=True))
    return True
