"""What AWS refuses in a policy, with the place and the legal values; and what it takes.

A row of `refusals.json` is a whole document, or one statement (`policy`) of a document with Version 2012-10-17.
"""

import json
from pathlib import Path

import pytest

from perm_lab.iam import Policy, PolicyError, PolicyKind

IDENTITY, RESOURCE, TRUST = PolicyKind.IDENTITY, PolicyKind.RESOURCE, PolicyKind.TRUST
ALLOW = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
GRANT = {**ALLOW, "Principal": "*"}
ASSUME = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
USUAL = {IDENTITY: ALLOW, RESOURCE: GRANT, TRUST: ASSUME, PolicyKind.SCP: ALLOW, PolicyKind.RCP: GRANT}


REFUSALS = json.loads((Path(__file__).parent / "refusals.json").read_text("utf-8"))


@pytest.mark.parametrize("row", REFUSALS, ids=[row["error"].partition(";")[0] for row in REFUSALS])
def test_what_aws_refuses_with_the_place_and_what_is_legal(row):
    source = row["document"] if "document" in row else {"Version": "2012-10-17", "Statement": row["policy"]}
    with pytest.raises(PolicyError) as caught:
        Policy.parse(source, PolicyKind[row["kind"]])
    error = caught.value
    assert row["error"] == str(error)
    assert row["error"] == (f"{error.path}: {error.message}" if error.path else error.message)
    assert all(word in error.message for word in error.legal)


@pytest.mark.parametrize("kind", PolicyKind)
@pytest.mark.parametrize("listed", [False, True])
def test_one_statement_and_a_list_of_one_are_the_same(kind, listed):
    statement = USUAL[kind]
    document = {"Version": "2012-10-17", "Id": "any", "Statement": [statement] if listed else statement}
    policy = Policy.parse(json.dumps(document), kind)
    assert [dict(statement)] == [dict(each.written) for each in policy.statements]
    assert ("2012-10-17", "any") == (policy.version, policy.id)
    assert policy == Policy.parse(policy.to_json(), kind)


@pytest.mark.parametrize(
    "aws",
    [
        "*",
        "111111111111",
        "arn:aws:iam::111111111111:root",
        "arn:aws:iam::111111111111:user/division/maya",
        "arn:aws-cn:iam::111111111111:role/app/reader",
        "arn:aws:sts::111111111111:assumed-role/reader/now",
        "arn:aws:sts::111111111111:federated-user/visitor",
        "AIDAJQABLZS4A3QDU576Q",
        "AROAJQABLZS4A3QDU576Q",
    ],
)
def test_principals_that_aws_takes(aws):
    assert Policy.parse({"Statement": {**GRANT, "Principal": {"AWS": ["*", aws]}}}, RESOURCE).statements


def test_a_bytes_document_is_text():
    assert 1 == len(Policy.parse(json.dumps({"Statement": ALLOW}).encode()).statements)


def test_an_error_says_at_most_eighty_characters_of_what_stood_there():
    with pytest.raises(PolicyError, match="`x{77}…` is not an action"):
        Policy.parse({"Statement": {**ALLOW, "Action": "x" * 1_000}})
