"""Every managed policy against every function: what is enough is what the course says, each cell with its reason."""

import pytest

from perm_lab import catalog
from perm_lab.scenarios import managed_policies as managed

NEEDS = [each.key for each in managed.needs()]
WRITE_LOGS = {
    *("AWSLambdaBasicExecutionRole", "AWSLambdaBasicDurableExecutionRolePolicy", "AWSLambdaDynamoDBExecutionRole"),
    *("AWSLambdaExecute", "AWSLambdaFullAccess", "AWSLambdaKinesisExecutionRole", "AWSLambdaMSKExecutionRole"),
    *("AWSLambdaManagedEC2ResourceOperator", "AWSLambdaSQSQueueExecutionRole", "AWSLambdaVPCAccessExecutionRole"),
    "AmazonS3ObjectLambdaExecutionRolePolicy",
}
# written without the engine, from AWS's descriptions of the policies
ENOUGH = {
    "s3": WRITE_LOGS,
    "kinesis": {"AWSLambdaKinesisExecutionRole"},
    "dynamodb": {"AWSLambdaDynamoDBExecutionRole", "AWSLambdaFullAccess"},
    "sqs": {"AWSLambdaSQSQueueExecutionRole"},
    "msk": {"AWSLambdaMSKExecutionRole"},
    "vpc": {"AWSLambdaVPCAccessExecutionRole", "AWSLambdaMSKExecutionRole"},
    "trace": {"AWSLambdaFullAccess"},
}


@pytest.mark.parametrize("need", NEEDS)
def test_exactly_those_policies_are_enough(need):
    assert ENOUGH[need] == {name for name in managed.policies() if managed.fit(name, need).enough}


@pytest.mark.parametrize("name", managed.policies())
def test_each_fit_says_what_is_there_what_lacks_and_what_is_too_much(name):
    for need in managed.needs():
        fit = managed.fit(name, need.key)
        assert set(fit.granted) | set(fit.missing) == set(need.actions)
        assert fit.sentence.startswith(name) and need.label in fit.sentence
        assert fit.enough or fit.missing[0] in fit.sentence
        for action, resource in fit.beyond:
            assert action not in need.actions or resource != need.actions[action]
            assert f"{action} on {resource}" in str(fit)


@pytest.mark.parametrize("name", managed.policies())
def test_each_statement_is_told_in_words(name):
    told = managed.in_words(managed.parsed(name))
    assert len(told) == len(catalog.managed_policy(name).document["Statement"])
    assert all(line.startswith(("Allows ", "Denies ")) and " on " in line for line in told)


def test_the_policies_for_streams_reach_every_stream():
    fit = managed.fit("AWSLambdaKinesisExecutionRole", "kinesis")
    assert ("kinesis:GetRecords", "arn:aws:kinesis:us-east-1:111111111111:stream/salaries") in fit.beyond


def test_the_matrix_has_a_row_for_each_policy_asked_for():
    rows = managed.matrix(["AWSLambdaRole", "AWSLambdaKinesisExecutionRole"]).rows
    assert ["AWSLambdaRole", "AWSLambdaKinesisExecutionRole"] == [name for name, _ in rows]
    assert str(managed.matrix()).count("\n") == len(managed.policies())


@pytest.mark.parametrize(
    ("name", "need", "says"), [("AWSLambdaRole", "x", "there are: s3"), ("AWSLambdaRoles", "s3", "did you mean")]
)
def test_what_is_not_there_is_refused(name, need, says):
    with pytest.raises(LookupError, match=says):
        managed.fit(name, need)
