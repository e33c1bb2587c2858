"""Decisions in words, exactly: what AWS says, what we say, and the evidence that both are made from."""

import subprocess
import sys

import pytest

from perm_lab.iam import (
    MatchCode,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    aws_message,
    because,
    evaluate,
    explain,
)
from tests.repo import ROOT

MAYA = Principal.user("arn:aws:iam::111111111111:user/maya")
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:resize"
S3 = Principal.aws_service("s3.amazonaws.com")


def policy(*statements, name="", kind=PolicyKind.IDENTITY, arn=""):
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)}, kind, name=name, arn=arn)


def invoke(who=MAYA, resource=FUNCTION, **context):
    return Request(who, "lambda:InvokeFunction", resource, context=context)


READ = {"Sid": "read", "Effect": "Allow", "Action": "lambda:Get*", "Resource": "*"}
CALL = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}


def test_a_refusal_told_whole():
    other = CALL | {"Resource": FUNCTION + "-2", "Condition": {"StringEquals": {"aws:username": "noor"}}}
    decision = evaluate(invoke(), PolicySet(identity=(policy(READ, other, name="tools"),)))
    assert explain(decision).splitlines() == [
        f"✗ implicitly denied: {MAYA.arn} → lambda:InvokeFunction on {FUNCTION}",
        "  because no identity-based policy allows it, and what nobody allows is denied",
        "  identity-based policy `tools`: implicitly denied on its own",
        "    statement 1 (read) does not apply: Action is lambda:Get*, asked is lambda:InvokeFunction",
        f"    statement 2 does not apply: Resource is {FUNCTION}-2, asked is {FUNCTION}; "
        "StringEquals aws:username = noor, but the request has aws:username = maya",
        "  what would allow it:",
        '    add to the identity-based policy in account 111111111111: {"Effect": "Allow", '
        f'"Action": "lambda:InvokeFunction", "Resource": "{FUNCTION}"}}',
    ]


def test_an_allowance_told_whole():
    decision = evaluate(invoke(), PolicySet(identity=(policy(CALL, name="call"),)))
    assert explain(decision).splitlines() == [
        f"✓ allowed: {MAYA.arn} → lambda:InvokeFunction on {FUNCTION}",
        "  because the caller's own policies allow it (`call` statement 1)",
        "  identity-based policy `call`: allowed on its own",
        "    statement 1 applies: Allow",
        "  what would deny it:",
        "    remove from the identity-based policy `call` in account 111111111111: "
        f'{{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "{FUNCTION}"}}',
    ]


def test_a_misused_operator_is_noted():
    odd = CALL | {"Condition": {"ForAllValues:StringLike": {"aws:PrincipalArn": "*"}}}
    told = explain(evaluate(invoke(), PolicySet(identity=(policy(odd),))))
    assert "    statement 1 applies: Allow\n      note: `aws:PrincipalArn` has one value: ForAllValues is for" in told


def test_nobody_has_anything_to_say():
    assert "  no policy has anything to say about this caller or this resource" in explain(
        evaluate(invoke(), PolicySet())
    )


def test_a_policy_that_says_nothing():
    empty = Policy.empty(PolicyKind.TRUST, "nobody's")
    assert ("nobody's", "", PolicyKind.TRUST, ()) == (empty.name, empty.arn, empty.kind, empty.statements)
    assert {"Version": "2012-10-17", "Statement": []} == empty.document


def test_a_policy_without_a_name_or_a_statement():
    told = explain(evaluate(invoke(), PolicySet(identity=(Policy.empty(PolicyKind.IDENTITY),))))
    assert "  identity-based policy (no name): implicitly denied on its own\n    has no statement" in told


GRANT = CALL | {"Principal": {"AWS": MAYA.arn}}
BECAUSE = [
    ({"identity": (policy(CALL, name="a"),)}, "the caller's own policies allow it (`a` statement 1)"),
    (
        {"resource": policy(READ | {"Principal": "*"}, GRANT, name="f", kind=PolicyKind.RESOURCE)},
        "the resource's own policy allows it to this caller (`f` statement 2)",
    ),
    (
        {"identity": (policy(CALL, CALL | {"Effect": "Deny"}, name="a"),)},
        "a statement denies it, and a deny always wins (`a` statement 2, identity-based policy)",
    ),
    (
        {"identity": (policy(CALL),), "boundary": policy(READ)},
        "no permissions boundary allows it, and what nobody allows is denied",
    ),
]


@pytest.mark.parametrize(("given", "words"), BECAUSE)
def test_why_in_half_a_sentence(given, words):
    assert words == because(evaluate(invoke(), PolicySet(**given)))


def test_both_sides_are_named_and_the_root_user_needs_none():
    bob = Principal.user("arn:aws:iam::222222222222:user/bob")
    sides = PolicySet(
        (policy(CALL, name="own"),), policy(CALL | {"Principal": "*"}, name="f", kind=PolicyKind.RESOURCE)
    )
    both = (
        "both sides allow it: the caller's own policies and the resource's policy (`f` statement 1, `own` statement 1)"
    )
    assert both == because(evaluate(invoke(bob), sides))
    root = Principal.root("111111111111")
    assert "the root user of an account needs no policy there" == because(evaluate(invoke(root), PolicySet()))


def test_awss_sentence():
    arn = "arn:aws:iam::111111111111:policy/keep-out"
    denied = PolicySet(identity=(policy(CALL | {"Effect": "Deny", "Resource": "*"}, arn=arn),))
    sentence = f"User: {MAYA.arn} is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION} with an "
    assert sentence + f"explicit deny in an identity-based policy: {arn}" == aws_message(evaluate(invoke(), denied))
    listing = evaluate(Request(MAYA, "lambda:ListFunctions"), PolicySet())
    assert aws_message(listing) == (
        f"User: {MAYA.arn} is not authorized to perform: lambda:ListFunctions "
        "because no identity-based policy allows the lambda:ListFunctions action"
    )
    assert aws_message(evaluate(invoke(S3), PolicySet())).startswith("User: s3.amazonaws.com is not authorized")
    assert aws_message(evaluate(invoke(Principal.anonymous()), PolicySet())).startswith("User: anonymous is not")


ELEMENTS = [
    ({}, "Action", MatchCode.MATCH, "lambda:InvokeFunction", "lambda:InvokeFunction"),
    ({"Action": ["s3:*", "sqs:*"]}, "Action", MatchCode.NOT_NAMED, "s3:*, sqs:*", "lambda:InvokeFunction"),
    ({"Resource": "*"}, "Resource", MatchCode.MATCH, "*", FUNCTION),
    ({"Resource": FUNCTION + "*"}, "Resource", MatchCode.MATCH, FUNCTION + "*", FUNCTION),
    ({"Resource": "arn:aws:s3:::*"}, "Resource", MatchCode.NOT_NAMED, "arn:aws:s3:::*", FUNCTION),
    ({"Resource": "arn:aws:s3:::${k:x}"}, "Resource", MatchCode.VARIABLE_MISSING, "arn:aws:s3:::${k:x}", FUNCTION),
    ({"Condition": {"Bool": {"k:x": True}}}, "Condition", MatchCode.KEY_MISSING, "Bool k:x = true", "no k:x"),
    ({"Condition": {"Bool": {"k:y": "true"}}}, "Condition", MatchCode.VALUE_DIFFERS, "Bool k:y = true", "k:y = a, b"),
    (
        {"Condition": {"StringEquals": {"k:y": "${k:x}"}}},
        "Condition",
        MatchCode.VARIABLE_MISSING,
        "StringEquals k:y = ${k:x}",
        "k:y = a, b",
    ),
    ({"Principal": {"AWS": [MAYA.arn], "Service": "s3.amazonaws.com"}}, "Principal", MatchCode.MATCH,
     f"AWS: {MAYA.arn}; Service: s3.amazonaws.com", MAYA.arn),
    ({"Principal": {"AWS": "222222222222"}}, "Principal", MatchCode.NOT_NAMED, "AWS: 222222222222", MAYA.arn),
    ({"NotPrincipal": {"AWS": [MAYA.arn, "111111111111"]}}, "NotPrincipal", MatchCode.EXCLUDED,
     f"AWS: {MAYA.arn}, 111111111111", MAYA.arn),
    ({"NotAction": "lambda:*"}, "NotAction", MatchCode.EXCLUDED, "lambda:*", "lambda:InvokeFunction"),
    ({"NotResource": "*"}, "NotResource", MatchCode.EXCLUDED, "*", FUNCTION),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "element", "code", "written", "asked"), ELEMENTS)
def test_the_evidence_of_an_element(statement, element, code, written, asked):
    base = {name: value for name, value in GRANT.items() if f"Not{name}" not in statement}
    request = Request(MAYA, "lambda:InvokeFunction", FUNCTION, context={"k:y": ["a", "b"]})
    found = policy(base | statement, kind=PolicyKind.RESOURCE)
    (evidence,) = evaluate(request, PolicySet(resource=found)).evidence
    shown = {each.element: each for each in evidence.statements[0].elements}[element]
    assert (code, written, asked) == (shown.code, shown.written, shown.asked)


def test_every_match_code_is_shown_above():
    assert set(MatchCode) == {row[2] for row in ELEMENTS}


def test_a_decision_prints_its_explanation_whatever_part_of_the_law_was_imported():
    program = (
        "from perm_lab.iam.decision import PolicySet, Request, evaluate\n"
        "from perm_lab.iam.principal import Principal\n"
        "print(evaluate(Request(Principal.anonymous(), 's3:GetObject'), PolicySet()))"
    )
    decision = evaluate(Request(Principal.anonymous(), "s3:GetObject"), PolicySet())
    printed = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )
    assert f"{explain(decision)}\n" == printed.stdout
    assert explain(decision) == str(decision) == decision._repr_mimebundle_()["text/plain"]
