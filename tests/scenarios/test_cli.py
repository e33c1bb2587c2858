"""Read back by the rules of the shell and of botocore, the commands of the AWS CLI are the calls again."""

import json
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from perm_lab.scenarios import Scenario
from perm_lab.scenarios.api import ApiCall, Json, Zip
from perm_lab.scenarios.cli import commands
from tests.scenarios.states import SCENARIOS, samples

# what the CLI calls otherwise than the API, from the CLI's own source: its command for S3's API, a function's archive,
# and where an option of every command has the name already
API = {"s3api": "s3"}
RENAMED = {("sns", "subscribe"): {"notification-endpoint": "Endpoint"}}
ARCHIVED = {("lambda", "create-function")}


def words(code: str) -> Iterator[tuple[list[str], str]]:
    """The words of each command, and its here-document."""
    lines = iter(code.replace(" \\\n", " ").splitlines())
    for line in lines:
        while True:
            try:
                found = shlex.split(line)
                break
            except ValueError:  # a quotation goes on
                line += "\n" + next(lines)
        end = found[-1][2:] if found[-1].startswith("<<") else ""
        text = ""
        while end and (line := next(lines)) != end:
            text += line + "\n"
        yield found, text


def read_back(code: str) -> list[tuple[str, str, dict[str, Any], str]]:
    """Each `aws` command as a call: service, operation, parameters, profile. Files hold what was written into them."""
    files: dict[str, Any] = {}
    calls = []
    for found, text in words(code):
        match found:
            case ["cat", ">", name, _]:
                files[name] = text
            case ["printf", "%s", content, ">", name]:
                files[name] = content
            case ["zip", archive, name]:
                files[archive] = Zip(files[name])
            case ["aws", command, operation, *options]:
                calls.append(call(command, operation, options, files))
            case _:
                raise AssertionError(f"no command: {found}")
    return calls


def call(command: str, name: str, options: list[str], files: dict[str, Any]) -> tuple[str, str, dict[str, Any], str]:
    operation = operations(API.get(command, command))[name]
    shape = operation.input_shape
    members = {xform_name(each, "-"): each for each in shape.members}
    renamed = RENAMED.get((command, name), {})
    members = {key: each for key, each in members.items() if each not in renamed.values()} | renamed
    params, profile = {}, ""
    rest = iter(options)
    for option in rest:
        key = option.removeprefix("--")
        if key == "profile":
            profile = next(rest)
        elif key == "zip-file" and (command, name) in ARCHIVED:
            params["Code"] = {"ZipFile": file(next(rest), files)}
        elif key.startswith("no-") and shape.members[members[key[3:]]].type_name == "boolean":
            params[members[key[3:]]] = False
        else:
            member = shape.members[members[key]]
            streamed = members[key] == operation.input_shape.serialization.get("payload")
            is_flag = member.type_name == "boolean"
            params[members[key]] = True if is_flag else value(next(rest), member, files, streamed)
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
    return API.get(command, command), xform_name(operation.name), params, profile


def value(text: str, shape: Shape, files: dict[str, Any], streamed: bool) -> Any:
    if shape.type_name == "blob":
        return files[text] if streamed else file(text, files).encode()
    if shape.type_name in ("structure", "list", "map"):
        return json.loads(text)
    return int(text) if shape.type_name in ("integer", "long") else text


def file(text: str, files: dict[str, Any]) -> Any:
    assert text.startswith("fileb://")
    return files[text.removeprefix("fileb://")]


@cache
def operations(service: str) -> dict[str, OperationModel]:
    """The operations of a service by the CLI's name for them."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def meant(each: ApiCall) -> tuple[str, str, dict[str, Any], str]:
    return each.service, each.method, {name: sent(value) for name, value in each.params.items()}, each.account


def sent(value: Any) -> Any:
    if isinstance(value, Json):
        return json.dumps(value)
    return {key: sent(each) for key, each in value.items()} if isinstance(value, dict) else value


def as_documents(calls: list[tuple[str, str, dict[str, Any], str]]) -> list[tuple[str, str, dict[str, Any], str]]:
    """The calls with what is JSON text as what it says: its spaces do not matter."""

    def said(value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value

    return [(service, method, {k: said(v) for k, v in params.items()}, who) for service, method, params, who in calls]


@pytest.mark.parametrize("kind", SCENARIOS)
def test_the_commands_of_every_state_are_its_calls(kind: type[Scenario]) -> None:
    for state, same in samples(kind):
        expected = as_documents([meant(each) for each in same.calls])
        assert expected == as_documents(read_back(same.cli_code)), state


OTHERS = (
    ApiCall("iam", "put_user_policy", {"UserName": "o'neill", "PolicyName": "p", "PolicyDocument": Json(Sid="a'b $x")}),
    ApiCall("iam", "create_role", {"RoleName": "app", "AssumeRolePolicyDocument": Json(), "MaxSessionDuration": 7200}),
    ApiCall("s3", "create_bucket", {"Bucket": "b", "ObjectLockEnabledForBucket": True}, account="222222222222"),
    ApiCall("lambda", "create_event_source_mapping", {"FunctionName": "f", "EventSourceArn": "a", "Enabled": False}),
    ApiCall("kinesis", "put_record", {"StreamName": "s", "PartitionKey": "one two", "Data": b"it's a click"}),
    ApiCall("sqs", "create_queue", {"QueueName": "q", "Attributes": {"Policy": Json(Version="2012-10-17")}}),
    ApiCall("sns", "subscribe", {"TopicArn": "t", "Protocol": "lambda", "Endpoint": "arn:aws:lambda:f"}),
    ApiCall("iam", "create_user", {"UserName": "maya", "Tags": [{"Key": "team", "Value": "photo shop"}]}),
)


@pytest.mark.parametrize("each", OTHERS, ids=lambda each: each.method)
def test_quotes_numbers_flags_files_and_profiles_come_through(each: ApiCall) -> None:
    assert [meant(each)] == read_back(commands([each]))


def test_a_policy_reads_well_and_a_short_command_stays_on_its_line() -> None:
    role = ApiCall("iam", "delete_role_policy", {"RoleName": "app", "PolicyName": "read"})
    assert "aws iam delete-role-policy --role-name app --policy-name read\n" == commands([role])
    document = Json(Version="2012-10-17", Statement=[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}])
    lines = commands([ApiCall("iam", "put_role_policy", {**role.params, "PolicyDocument": document})]).splitlines()
    assert lines[:4] == [
        "aws iam put-role-policy \\",
        "  --role-name app \\",
        "  --policy-name read \\",
        "  --policy-document '{",
    ]
    assert max(map(len, lines)) <= 100
