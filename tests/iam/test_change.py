"""What would change a verdict: the place and the statement, in the fewest steps."""

import json

import pytest

from perm_lab.iam import PolicyType, apply, evaluate, what_would_change
from tests.iam.worlds import policy_set, request

OWN, OTHER = "111111111111", "222222222222"
MAYA, BOB = f"arn:aws:iam::{OWN}:user/maya", f"arn:aws:iam::{OTHER}:user/bob"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWN}:function:resize"
ALLOW = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
DENY = ALLOW | {"Effect": "Deny"}
GRANT = ALLOW | {"Principal": {"AWS": MAYA}}
LOCAL = ALLOW | {"Resource": FUNCTION}
BUCKET = {"aws:SourceArn": "arn:aws:s3:::photos", "aws:SourceAccount": OWN}
S3_ONLY = ALLOW | {"Action": "s3:*"}

# who, policies, [(type, account, adds, statement)]
ROWS = [
    (MAYA, {}, [("IDENTITY", OWN, True, LOCAL)]),
    (MAYA, {"identity": [ALLOW]}, [("IDENTITY", OWN, False, ALLOW)]),
    (MAYA, {"identity": [ALLOW, DENY]}, [("IDENTITY", OWN, False, DENY)]),
    (MAYA, {"identity": [DENY]}, [("IDENTITY", OWN, False, DENY), ("IDENTITY", OWN, True, LOCAL)]),
    (MAYA, {"identity": [ALLOW, LOCAL]}, [("IDENTITY", OWN, True, LOCAL | {"Effect": "Deny"})]),
    (MAYA, {"identity": [ALLOW], "boundary": S3_ONLY}, [("BOUNDARY", OWN, True, LOCAL)]),
    (MAYA, {"boundary": S3_ONLY}, [("IDENTITY", OWN, True, LOCAL), ("BOUNDARY", OWN, True, LOCAL)]),
    (
        MAYA,
        {"boundary": S3_ONLY, "resource": GRANT | {"Action": "lambda:GetFunction"}},
        [("RESOURCE", OWN, True, GRANT | {"Resource": FUNCTION})],
    ),
    (MAYA, {"resource": GRANT}, [("RESOURCE", OWN, False, GRANT)]),
    (MAYA, {"identity": [ALLOW], "scps": [[ALLOW], [S3_ONLY]]}, [("SCP", OWN, True, LOCAL)]),
    (
        BOB,
        {},
        [
            ("IDENTITY", OTHER, True, LOCAL),
            ("RESOURCE", OWN, True, LOCAL | {"Principal": {"AWS": BOB}}),
        ],
    ),
    (BOB, {"identity": [ALLOW]}, [("RESOURCE", OWN, True, LOCAL | {"Principal": {"AWS": BOB}})]),
    (
        "s3.amazonaws.com",
        {},
        [
            (
                "RESOURCE",
                OWN,
                True,
                LOCAL
                | {
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Condition": {
                        "ArnLike": {"aws:SourceArn": BUCKET["aws:SourceArn"]},
                        "StringEquals": {"aws:SourceAccount": OWN},
                    },
                },
            )
        ],
    ),
    ("*", {}, [("RESOURCE", OWN, True, LOCAL | {"Principal": "*"})]),
    (
        f"arn:aws:iam::{OWN}:root",
        {},
        [("RESOURCE", OWN, True, LOCAL | {"Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Effect": "Deny"})],
    ),
]


def decide(who, given):
    asked = {"principal": who, "action": "lambda:InvokeFunction", "resource": FUNCTION}
    return evaluate(request(asked | ({"context": BUCKET} if who.startswith("s3.") else {})), policy_set(given))


@pytest.mark.parametrize(("who", "given", "expected"), ROWS)
def test_the_change_and_that_it_does_what_it_says(who, given, expected):
    decision = decide(who, given)
    changes = what_would_change(decision)
    assert expected == [(c.type.name, c.account, c.adds, dict(c.statement)) for c in changes]
    changed = apply(decision.policies, *changes)
    assert decision.allowed != evaluate(decision.request, changed).allowed
    for policy in (*changed.identity, changed.boundary, changed.resource):
        if policy and policy.statements:
            assert policy.document == json.loads(policy.to_json())
            assert policy.document["Statement"] in (
                [each.written for each in policy.statements],
                policy.statements[0].written,
            )
            assert list(range(len(policy.statements))) == [each.index for each in policy.statements] or not all(
                change.adds for change in changes
            )


def test_a_level_is_named():
    (change,) = what_would_change(decide(MAYA, {"identity": [ALLOW], "scps": [[ALLOW], [S3_ONLY]]}))
    assert (PolicyType.SCP, 1) == (change.type, change.level)
    assert str(change).startswith("add to the service control policy at level 1 in account 111111111111: {")


def test_a_policy_of_aws_is_detached_and_not_edited():
    managed = {"arn": "arn:aws:iam::aws:policy/AWSLambdaRole", "document": ALLOW}
    (change,) = what_would_change(decide(MAYA, {"identity": [managed]}))
    assert str(change).startswith("detach the identity-based policy `identity[0]` in account 111111111111, which says")


def test_a_resource_with_wildcards_in_its_name_is_granted_alone():
    asked = {"principal": MAYA, "action": "s3:GetObject", "resource": "arn:aws:s3:::photos/a*b?${c}", "account": OWN}
    decision = evaluate(request(asked), policy_set({}))
    (change,) = what_would_change(decision)
    assert "arn:aws:s3:::photos/a${*}b${?}${$}{c}" == change.statement["Resource"]
    changed = apply(decision.policies, change)
    assert evaluate(decision.request, changed).allowed
    assert not evaluate(request(asked | {"resource": "arn:aws:s3:::photos/axb?${c}"}), changed).allowed
