"""Input made to hang or to break: the engine answers it, or refuses it with a clear error."""

import sys

import pytest

from perm_lab.iam import Policy, PolicyError, PolicySet, Principal, Request, evaluate, explain, what_would_change
from perm_lab.iam.findings import check
from perm_lab.iam.pattern import compile_arn, compile_pattern, meet

MAYA = Principal.user("arn:aws:iam::111111111111:user/maya")
ALLOW = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}


@pytest.mark.parametrize(
    "run",
    [
        lambda n: compile_pattern("*a" * 40 + "b")("a" * n),
        lambda n: compile_pattern("*?a" * 40 + "b")("a" * n),
        lambda n: compile_pattern("?" * 20 + "*" * 20 + "b")("a" * n),
        lambda n: compile_arn("arn:aws:s3:::" + "*a" * 40 + "b")("arn:aws:s3:::" + "a" * n),
    ],
)
def test_a_pattern_made_to_backtrack_comes_to_an_end(run):
    """At this length a matcher that takes the square of it, or worse, does not: the test's time would be up."""
    assert not run(2_000_000)


def test_stars_made_to_backtrack_match_what_they_should():
    assert compile_pattern("*a*a*a*a*b")("a" * 10_000 + "b")
    assert not compile_pattern("*a*a*a*a*b")("a" * 10_000)


def policy_of(statements):
    return Policy.parse({"Version": "2012-10-17", "Statement": [ALLOW | {"Sid": f"s{n}"} for n in range(statements)]})


def test_a_hundred_thousand_statements():
    policy = policy_of(100_000)
    decision = evaluate(Request(MAYA, "lambda:InvokeFunction"), PolicySet(identity=(policy,)))
    assert 100_000 == len(decision.deciding)
    assert ["TOO_LONG"] == [finding.code for finding in policy.check()]


DEEP = 5_000
NESTED = "[" * DEEP + "]" * DEEP


@pytest.mark.parametrize(
    "source",
    [
        '{"Statement": ' + NESTED + "}",
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ' + NESTED + "}}",
        '{"a":' * DEEP + "1" + "}" * DEEP,
        '{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "*", "Resource": "*"}}',
        "\ud800",
        b"\xff\xfe\x00",
        "\ufeff{}",
        "{}" * 10_000,
        "x" * 1_000_000,
    ],
)
def test_a_document_that_is_none(source):
    with pytest.raises(PolicyError) as caught:
        Policy.parse(source)
    assert len(str(caught.value)) < 1_000
    assert "GRAMMAR" == check(source, Policy.parse({"Statement": ALLOW}).kind)[0].code


def nested(depth):
    value = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "statement",
    [
        {1: "x"},
        {None: "x", **ALLOW},
        {**ALLOW, ("Action",): "*"},
        {**ALLOW, "Action": nested(sys.getrecursionlimit() * 2)},
        {**ALLOW, "Condition": {"StringEquals": {"k": nested(sys.getrecursionlimit() * 2)}}},
        {**ALLOW, "Condition": {"StringEquals": {1: "v"}}},
        {**ALLOW, "Condition": {1: {"k": "v"}}},
        {**ALLOW, "Condition": {"StringEquals": {"k": float("nan")}, "Bool": {"k": object()}}},
        {**ALLOW, "Action": "\u0130nvoke:x"},
        {**ALLOW, "Resource": "arn:aws:s3:::\0" + "?" * 10, "Sid": "\u202e"},
    ],
)
def test_a_statement_that_is_none(statement):
    with pytest.raises(PolicyError) as caught:
        Policy.parse({"Version": "2012-10-17", "Statement": statement})
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    "name", ["é", "Ångström", "\u0065\u0301", "😀", "a" * 100_000, "line\nbreak", "${aws:username}", "*"]
)
def test_odd_names_are_names(name):
    resource = f"arn:aws:s3:::photos/{name}"
    request = Request(MAYA, "s3:GetObject", resource, "111111111111", {"k:Ümlaut": name})
    decision = evaluate(request, PolicySet())
    (change,) = what_would_change(decision)
    policy = Policy.parse({"Version": "2012-10-17", "Statement": change.statement})
    assert evaluate(request, PolicySet(identity=(policy,))).allowed
    assert resource in explain(decision)


def test_the_same_word_in_two_unicode_forms_is_two_words():
    assert not compile_pattern("caf\u00e9")("cafe\u0301")


@pytest.mark.parametrize("action", ["", "lambda", "lambda:", "lambda:Invoke Function", "lambda:*", "İ:x", "a:b:c"])
def test_a_request_for_what_is_no_action(action):
    with pytest.raises(ValueError, match="is not an action; legal: `service:Action`"):
        Request(MAYA, action)


@pytest.mark.parametrize("resource", ["", "photos", "arn:aws:s3", "arn"])
def test_a_request_on_what_is_no_resource(resource):
    with pytest.raises(ValueError, match="is not a resource; legal: an ARN"):
        Request(MAYA, "s3:GetObject", resource)


def test_patterns_made_to_explode_are_held_against_a_form():
    assert meet("arn:aws:s3:::" + "*a" * 500, "arn:${Partition}:s3:::${BucketName}/${ObjectName}")
