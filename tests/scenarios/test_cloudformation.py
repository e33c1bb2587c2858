"""A template holds exactly what stands: compared with what the services say after the same calls, in every state."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Push, Scenario
from perm_lab.scenarios.api import ApiCall, Zip, document, trust
from perm_lab.scenarios.cloudformation import FOLDS, LEFT_OUT, Template, templates
from perm_lab.scenarios.equivalents import Equivalents
from tests.scenarios.standing import held, told
from tests.scenarios.states import SCENARIOS, rebuilt, samples

TYPES = json.loads(Path(__file__).with_name("cloudformation_types.json").read_text("utf-8"))
HOME = "111111111111"
DOCUMENTS = {"PolicyDocument", "AssumeRolePolicyDocument", "EventPattern", "Variables"}


def compare(states: list[Equivalents]) -> None:
    """Make the calls in fresh accounts; each then holds what its template tells, no more and no less."""
    for same, accounts in rebuilt(states):
        made = {each.account: each.resources for each in same.cloudformation}
        assert set(made) <= set(accounts)
        for account, admin in accounts.items():
            assert held(admin) == told(made.get(account, {}), account), (same.calls, account)


def references(value: Any) -> Iterator[str]:
    """The logical ids that a resource names."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        else:
            for each in value.values():
                yield from references(each)


def make_in_order(resources: Any) -> list[str]:
    """The resources in an order in which each comes after those that it names."""
    waits = {key: {*references(each["Properties"]), *each.get("DependsOn", ())} for key, each in resources.items()}
    assert set().union(*waits.values()) <= set(waits), "a reference to nothing"
    made: list[str] = []
    while len(made) < len(waits):
        ready = [key for key, others in waits.items() if key not in made and others <= set(made)]
        assert ready, f"a circle among {set(waits) - set(made)}"
        made += ready
    return made


def misfits(value: Any, shape: Any, place: str) -> list[str]:
    """Where a value has names that CloudFormation has not, or lacks one that it asks for."""
    if isinstance(value, list):
        return [found for each in value for found in misfits(each, shape, place)]
    if shape is None or not isinstance(value, dict) or {"Ref", "Fn::GetAtt"} & set(value):
        return []
    found = [f"{place}.{name} is unknown" for name in set(value) - set(shape["properties"])]
    found += [f"{place}.{name} is missing" for name in set(shape["required"]) - set(value)]
    inside = ((name, each) for name, each in value.items() if name in shape["properties"] and name not in DOCUMENTS)
    return found + [
        more for name, each in inside for more in misfits(each, shape["properties"][name], f"{place}.{name}")
    ]


def sound(template: Template) -> None:
    """The template is JSON, each name is CloudFormation's, and everything can be made in some order."""
    assert template.document == json.loads(str(template))
    for key, each in template.resources.items():
        assert key.isalnum() and set(each) <= {"Type", "Properties", "DependsOn"}
        assert [] == misfits(each["Properties"], TYPES[each["Type"]], key)
    make_in_order(template.resources)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_the_templates_of_every_state_tell_what_stands(kind: type[Scenario]) -> None:
    states = [same for _, same in samples(kind)]
    for same in states:
        for each in same.cloudformation:
            sound(each)
    compare(states)


FUNCTION = {
    "FunctionName": "work", "Role": f"arn:aws:iam::{HOME}:role/app", "Runtime": "python3.13", "Timeout": 9,
    "Handler": "lambda_function.lambda_handler", "Code": {"ZipFile": Zip("def lambda_handler(event, context): ...\n")},
}  # fmt: skip
ARN = f"arn:aws:lambda:us-east-1:{HOME}:function:work"
S3 = {"FunctionName": ARN, "StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
CHANGES = {"LambdaFunctionArn": ARN, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
MAYA = f"arn:aws:iam::{HOME}:user/maya"
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
QUEUE = f"arn:aws:sqs:us-east-1:{HOME}:orders"
EVERYTHING = [
    ApiCall("iam", "create_user", {"UserName": "maya"}),
    ApiCall("iam", "attach_user_policy", {"UserName": "maya", "PolicyArn": LOGS}),
    ApiCall("iam", "create_role", {"RoleName": "app", "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")}),
    ApiCall("iam", "attach_role_policy", {"RoleName": "app", "PolicyArn": LOGS}),
    ApiCall("iam", "put_role_policy", {"RoleName": "app", "PolicyName": "take",
                                       "PolicyDocument": document("Allow", ["sqs:*", "kinesis:*"], "*")}),
    ApiCall("lambda", "create_function", FUNCTION),
    ApiCall("lambda", "add_permission", S3),
    ApiCall("lambda", "add_permission", {**S3, "StatementId": "maya", "Principal": MAYA}),
    ApiCall("s3", "create_bucket", {"Bucket": "photos"}),
    ApiCall("s3", "put_bucket_notification_configuration",
            {"Bucket": "photos", "NotificationConfiguration": {"LambdaFunctionConfigurations": [CHANGES]}}),
    ApiCall("sqs", "create_queue", {"QueueName": "orders"}),
    ApiCall("kinesis", "create_stream", {"StreamName": "clicks", "ShardCount": 2}),
    ApiCall("events", "put_rule", {"Name": "all", "EventPattern": '{"source": ["shop"]}'}),
    ApiCall("events", "put_targets", {"Rule": "all", "Targets": [{"Id": "1", "Arn": ARN}, {"Id": "2", "Arn": QUEUE}]}),
]  # fmt: skip
AND_CHANGED = [
    ApiCall("iam", "put_role_policy", {"RoleName": "app", "PolicyName": "take",
                                       "PolicyDocument": document("Allow", "sqs:*", "*")}),
    ApiCall("iam", "attach_role_policy", {"RoleName": "app", "PolicyArn": LOGS}),
    ApiCall("iam", "update_assume_role_policy", {"RoleName": "app", "PolicyDocument": trust("ec2.amazonaws.com")}),
    ApiCall("events", "put_targets", {"Rule": "all", "Targets": [{"Id": "1", "Arn": ARN, "InputPath": "$.detail"}]}),
]  # fmt: skip


@pytest.mark.parametrize(
    "calls", [EVERYTHING, [*EVERYTHING, *AND_CHANGED]], ids=["everything", "and some of it changed"]
)
def test_each_kind_of_thing_and_each_later_change(calls: list[ApiCall]) -> None:
    same = Equivalents(HOME, tuple(calls))
    [template] = same.cloudformation
    sound(template)
    compare([same])


def test_the_table_has_the_calls_of_the_scenarios_and_no_others() -> None:
    calls = [call for kind in SCENARIOS for _, same in samples(kind) for call in same.calls]
    used = {f"{call.service}.{call.method}" for call in calls}
    assert {*FOLDS, *LEFT_OUT} == used


def test_what_stands_first_is_made_first() -> None:
    [template] = Equivalents(HOME, tuple(EVERYTHING)).cloudformation
    order = make_in_order(template.resources)
    assert order.index("WorkS3Permission") < order.index("PhotosBucket")
    assert order.index("MayaUser") < order.index("WorkMayaPermission")
    assert ["MayaUser"] == template.resources["WorkMayaPermission"]["DependsOn"]


def test_s3_is_told_to_wait_for_leave_or_the_template_says_that_it_fails() -> None:
    with Lab() as lab:
        world = Push(lab)
        for on in product((False, True), repeat=4):
            state = frozenset(key for key, each in zip(("open", "arn", "both", "sns"), on, strict=True) if each)
            [template] = world.in_code(state).cloudformation
            [bucket] = [each for each in template.resources.values() if each["Type"] == "AWS::S3::Bucket"]
            assert bool(state & {"open", "arn", "both"}) is bool(bucket.get("DependsOn"))
            assert bool(bucket.get("DependsOn")) is not any("SkipDestinationValidation" in e for e in template.left_out)


def test_two_things_of_like_names_get_two_ids() -> None:
    users = [ApiCall("iam", "create_user", {"UserName": name}) for name in ("max-mia", "maxMia", "max_mia", "maxmia")]
    [template] = templates(users, HOME)
    assert ["MaxMiaUser", "MaxMiaUser2", "MaxMiaUser3", "MaxmiaUser"] == list(template.resources)


TO_A_TOPIC = ApiCall(
    "s3",
    "put_bucket_notification_configuration",
    {"Bucket": "photos", "NotificationConfiguration": {"TopicConfigurations": []}},
)


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ([ApiCall("iam", "create_group", {"GroupName": "devs"})], "`iam.create_group` may change the account"),
        ([ApiCall("iam", "create_user", {"UserName": "maya", "Tags": []})], "`Tags` has no place in the template"),
        ([ApiCall("iam", "put_user_policy", {"UserName": "maya"})], "`maya` is no AWS::IAM::User of account 11111"),
        (
            [ApiCall("s3", "create_bucket", {"Bucket": "photos"}), TO_A_TOPIC],
            "`TopicConfigurations` has no place in the template",
        ),
    ],
)
def test_what_the_table_does_not_know_is_not_lost_in_silence(calls: list[ApiCall], says: str) -> None:
    with pytest.raises(LookupError, match=says):
        templates(calls, HOME)


def test_a_template_says_what_it_leaves_out() -> None:
    [template] = Equivalents(HOME, (*EVERYTHING, ApiCall("s3", "put_object", {"Bucket": "photos"}))).cloudformation
    said = " ".join(template.left_out)
    assert all(each in said for each in ("objects", "Sids", "index.handler")) and len(template.left_out) == 3
