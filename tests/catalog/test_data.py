"""The facts in the catalogue hang together, and each says where it comes from and of when it is."""

import json
import re
import runpy
from datetime import date
from pathlib import Path

import pytest

from perm_lab import catalog
from perm_lab.iam import Policy
from tests.repo import PACKAGE, ROOT, files

DATA = PACKAGE / "catalog" / "data"
POLICIES = list(catalog.managed_policies().values())
# the default versions that AWS's documentation and moto's bundle of October 2026 agree on
VERSIONS = """
    AWSLambdaBasicExecutionRole v1, AWSLambdaKinesisExecutionRole v2, AWSLambdaDynamoDBExecutionRole v1,
    AWSLambdaVPCAccessExecutionRole v3, AWSLambdaSQSQueueExecutionRole v1, AWSLambdaMSKExecutionRole v2,
    AWSLambdaENIManagementAccess v2, AWSLambdaRole v1, AWSLambdaExecute v1, AWSLambdaInvocation-DynamoDB v1,
    AWSLambda_FullAccess v7, AWSLambda_ReadOnlyAccess v5, AWSLambdaBasicDurableExecutionRolePolicy v3,
    AWSLambdaManagedEC2ResourceOperator v5, AWSXRayDaemonWriteAccess v2, CloudWatchLambdaInsightsExecutionRolePolicy v1,
    CloudWatchLambdaApplicationSignalsExecutionRolePolicy v1, AmazonS3ObjectLambdaExecutionRolePolicy v1
"""


def actions_named(policy):
    """The actions that a policy names without a wildcard."""
    for statement in policy.document["Statement"]:
        named = statement.get("Action", [])
        yield from (action for action in ([named] if isinstance(named, str) else named) if "*" not in action)


def test_every_data_file_is_known_by_its_source():
    stored = {str(path.relative_to(DATA)) for path in files(DATA, ".json")}
    assert stored == set(catalog.sources())


@pytest.mark.parametrize(("name", "source"), catalog.sources().items())
def test_every_source_is_dated(name, source):
    assert name == "managed_policies.json" or re.search(r"20\d\d-?(0\d|1[0-2])", source)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_managed_policy_is_dated_and_has_its_arn(policy):
    assert date(2010, 1, 1) < date.fromisoformat(policy.created) <= date.fromisoformat(policy.updated)
    assert re.fullmatch(rf"arn:aws:iam::aws:policy/(aws-service-role/|service-role/)?{policy.name}", policy.arn)
    assert re.match(r"moto \d|github ", policy.source)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_managed_policy_parses(policy):
    statements = policy.document["Statement"]
    assert len(statements) == len(Policy.parse(policy.document).statements)


@pytest.mark.parametrize(("name", "version"), [row.split() for row in VERSIONS.split(",")])
def test_a_managed_policy_has_the_version_that_the_course_teaches(name, version):
    assert version == catalog.managed_policy(name).version


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_managed_policy_names_actions_that_exist(policy):
    whole = {service for service in catalog.services() if not catalog.is_partial(service)}
    named = [name for name in actions_named(policy) if name.partition(":")[0].lower() in whole]
    assert [] == [name for name in named if catalog.action(name) is None]


def test_the_bundle_makes_the_managed_policies_again():
    made = runpy.run_path(str(ROOT / "scripts" / "make_managed_policies.py"))["from_bundle"]()
    stored = json.loads((DATA / "managed_policies.json").read_text("utf-8"))
    assert made == {name: row for name, row in stored.items() if row["source"].startswith("moto ")}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("AWSLambdaBasicExecutionRol", "; did you mean `AWSLambdaBasicExecutionRole`?"),
        ("AWSLambdaSQSQueueRole", "; did you mean `AWSLambdaSQSQueueExecutionRole`?"),
        ("awslambdarole", "; did you mean `AWSLambdaRole`?"),
        ("arn:aws:iam::aws:policy/AWSLambdaRole", "; did you mean `AWSLambdaRole`?"),
        ("Lunch", ""),
        ("", ""),
    ],
)
def test_an_unknown_policy_is_refused_with_the_nearest_name(name, hint):
    with pytest.raises(catalog.UnknownPolicy) as caught:
        catalog.managed_policy(name)
    assert f"`{name}` is not an AWS managed policy of the catalogue{hint}" == str(caught.value)


@pytest.mark.parametrize("service", catalog.services())
def test_an_action_works_on_types_of_resource_that_are_there(service):
    types = {name for action in catalog.actions(service).values() for name in action.resource_types}
    assert types == set(catalog._service(service)["resource_types"])
    assert all(catalog.resource_type(service, name).startswith("arn:${Partition}:") for name in types)


@pytest.mark.parametrize("service", catalog.services())
def test_an_action_has_a_level_and_sorted_keys(service):
    levels = {"List", "Permissions management", "Read", "Tagging", "Write"}
    for action in catalog.actions(service).values():
        assert set(action.access_level.split(", ")) <= levels
        assert sorted(action.condition_keys) == list(action.condition_keys)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lambda:InvokeFunction", "InvokeFunction"),
        ("LAMBDA:invokefunction", "InvokeFunction"),
        ("lambda:Invoke", None),
        ("lambda", None),
        ("glue:GetTable", None),
    ],
)
def test_an_action_is_found_in_any_case(name, found):
    action = catalog.action(name)
    assert found == (action and action.name)


def test_the_lambda_actions_are_those_that_the_course_was_written_for():
    assert 119 == len(catalog.actions("lambda"))
    recent = ("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy", "InvokeFunctionUrl")
    assert all(catalog.action(f"lambda:{name}") for name in recent)


def test_lambda_is_not_bound_by_resource_control_policies():
    assert {"s3", "sqs", "kms", "sts", "secretsmanager", "dynamodb"} <= catalog.rcp_services()
    assert "lambda" not in catalog.rcp_services()


def test_a_resource_type_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        catalog.resource_type("s3", "folder")


def test_the_scripts_write_where_the_catalogue_reads():
    scripts = {path.stem: runpy.run_path(str(path))["TARGET"] for path in files(ROOT / "scripts", ".py")}
    assert Path(DATA, "actions") == scripts["make_actions"]
    assert Path(DATA, "managed_policies.json") == scripts["make_managed_policies"]
