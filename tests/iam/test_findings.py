"""What `Policy.check` finds in policies that AWS would take, and what it leaves alone."""

import pytest

from perm_lab import catalog
from perm_lab.iam import Policy, PolicyKind
from perm_lab.iam.findings import Severity, check

IDENTITY, RESOURCE, TRUST = PolicyKind.IDENTITY, PolicyKind.RESOURCE, PolicyKind.TRUST
FUNCTIONS = "arn:aws:lambda:us-east-1:111111111111:function:*"
OBJECTS, BUCKET = "arn:aws:s3:::photos/*", "arn:aws:s3:::photos"
S3 = {"Service": "s3.amazonaws.com"}
INVOKE = "lambda:InvokeFunction"


def allow(action=INVOKE, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def when(operator, key, value, action=INVOKE):
    return allow(action, Condition={operator: {key: value}})


# kind, statement, codes found
STATEMENTS = [
    (IDENTITY, allow(), []),
    (IDENTITY, allow("lambda:InvokFunction"), ["UNKNOWN_ACTION"]),
    (IDENTITY, allow("LAMBDA:invokefunction"), []),
    (IDENTITY, allow("lambda:*Nothing*"), ["UNKNOWN_ACTION"]),
    (IDENTITY, allow("lambda:Get*"), []),
    (IDENTITY, {"Effect": "Deny", "NotAction": "lambda:GetFunktion", "Resource": "*"}, ["UNKNOWN_ACTION"]),
    (IDENTITY, allow("lamda:InvokeFunction"), ["UNKNOWN_SERVICE"]),
    (IDENTITY, allow("rekognition:DetectFaces"), []),
    (IDENTITY, allow("ec2:CreateTags"), []),
    (IDENTITY, allow("s3:GetObject", BUCKET), ["ACTION_AND_RESOURCE_NEVER_MEET"]),
    (IDENTITY, allow("s3:ListBucket", OBJECTS), ["ACTION_AND_RESOURCE_NEVER_MEET"]),
    (IDENTITY, allow(["s3:GetObject", "s3:ListBucket"], [OBJECTS, BUCKET]), []),
    (IDENTITY, allow("s3:*", BUCKET), []),
    (IDENTITY, allow("s3:GetObject", "arn:aws:s3:::*"), []),
    (IDENTITY, allow("lambda:ListFunctions", FUNCTIONS), ["ACTION_AND_RESOURCE_NEVER_MEET"]),
    (IDENTITY, allow("lambda:ListFunctions"), []),
    (IDENTITY, allow(INVOKE, FUNCTIONS + ":prod"), []),
    (IDENTITY, allow(INVOKE, "arn:aws:lambda:us-east-1:111111111111:layer:*"), ["ACTION_AND_RESOURCE_NEVER_MEET"]),
    (IDENTITY, allow("logs:PutLogEvents", "arn:aws:logs:*:111111111111:log-group:/aws/lambda/resize:*"), []),
    (IDENTITY, allow("sqs:SendMessage", "arn:aws:sns:us-east-1:111111111111:t"), ["ACTION_AND_RESOURCE_NEVER_MEET"]),
    (IDENTITY, when("StringEquals", "s3:prefix", "a"), ["KEY_NOT_OF_THE_ACTION"]),
    (IDENTITY, when("StringEquals", "s3:prefix", "a", "s3:ListBucket"), []),
    (IDENTITY, when("StringEquals", "lambda:FunctionArm", "a"), ["UNKNOWN_CONDITION_KEY"]),
    (IDENTITY, when("StringEquals", "aws:PrincipleArn", "a"), ["UNKNOWN_CONDITION_KEY"]),
    (IDENTITY, when("StringEquals", "aws:PrincipalTag/team", "a"), []),
    (IDENTITY, when("StringEquals", "aws:PrincipalTag/", "a"), ["UNKNOWN_CONDITION_KEY"]),
    (IDENTITY, when("StringEquals", "aws:requesttag/team", "a"), []),
    (IDENTITY, when("StringEquals", "graph.facebook.com:id", "a"), ["KEY_NOT_OF_THE_ACTION"]),
    (IDENTITY, when("StringEquals", "aws:TagKeys", "a"), ["KEY_HAS_SEVERAL_VALUES"]),
    (IDENTITY, when("ForAllValues:StringEquals", "aws:TagKeys", "a"), []),
    (IDENTITY, when("Null", "aws:TagKeys", "true"), []),
    (IDENTITY, when("ForAllValues:StringEquals", "aws:username", "a"), ["KEY_HAS_ONE_VALUE"]),
    (IDENTITY, when("ForAnyValue:StringEquals", "aws:username", "a"), ["KEY_HAS_ONE_VALUE"]),
    (IDENTITY, when("NumericLessThan", "aws:username", "7"), ["OPERATOR_NOT_FOR_KEY"]),
    (IDENTITY, when("NumericLessThan", "aws:MultiFactorAuthAge", "7"), []),
    (IDENTITY, when("DateLessThan", "aws:CurrentTime", "2026-01-01"), []),
    (IDENTITY, when("Bool", "aws:SourceIp", "true"), ["OPERATOR_NOT_FOR_KEY"]),
    (IDENTITY, when("StringEquals", "aws:username", "m*"), ["WILDCARD_TAKEN_LITERALLY"]),
    (IDENTITY, when("StringEquals", "aws:username", "m${*}"), []),
    (IDENTITY, when("StringLike", "aws:username", "m*"), []),
    (IDENTITY, allow("iam:PassRole"), ["PASS_ROLE_ON_EVERYTHING"]),
    (IDENTITY, allow("iam:Pass*"), ["PASS_ROLE_ON_EVERYTHING"]),
    (IDENTITY, allow("*"), ["PASS_ROLE_ON_EVERYTHING"]),
    (IDENTITY, allow("iam:PassRole", "arn:aws:iam::111111111111:role/reader"), []),
    (IDENTITY, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}, []),
    (IDENTITY, allow(["s3:Get*", "s3:GetObject"]), ["REDUNDANT_ITEM"]),
    (IDENTITY, allow(["s3:GetObject", "s3:getobject"]), ["REDUNDANT_ITEM"]),
    (IDENTITY, allow("s3:GetObject", [OBJECTS, OBJECTS + "/a"]), ["REDUNDANT_ITEM"]),
    (IDENTITY, allow("s3:GetObject", [OBJECTS, "arn:aws:s3:::PHOTOS/a"]), []),
    (IDENTITY, allow(["s3:Get?bject", "s3:Get*"]), ["REDUNDANT_ITEM"]),
    (RESOURCE, allow(Principal="*"), ["PUBLIC"]),
    (RESOURCE, allow(Principal={"AWS": ["111111111111", "*"]}), ["PUBLIC"]),
    (RESOURCE, allow(Principal="*") | when("StringEquals", "aws:PrincipalOrgID", "o-a"), []),
    (RESOURCE, allow(Principal="*", Effect="Deny"), []),
    (RESOURCE, allow(Principal={"AWS": "111111111111"}), []),
    (RESOURCE, allow(Principal=S3), ["SERVICE_WITHOUT_SOURCE"]),
    (RESOURCE, allow(Principal=S3) | when("StringEquals", "AWS:SourceAccount", "111111111111"), []),
    (RESOURCE, allow(Principal=S3) | when("ArnLike", "aws:SourceArn", BUCKET), []),
    (RESOURCE, allow(NotPrincipal={"AWS": "111111111111"}), ["ALLOW_WITH_NOT_PRINCIPAL"]),
    (RESOURCE, allow(NotPrincipal={"AWS": "111111111111"}, Effect="Deny"), []),
    (TRUST, {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}, []),
    (TRUST, {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, ["PUBLIC"]),
    (TRUST, {"Effect": "Allow", "Principal": S3, "Action": "sts:AssumRole"}, ["UNKNOWN_ACTION"]),
]
# statements, the paths of those that another covers
TOGETHER = [
    ([allow(), allow("lambda:*")], ["Statement[0]"]),
    ([allow(), allow()], ["Statement[1]"]),
    ([allow(), allow(Effect="Deny")], []),
    ([allow(), allow("lambda:*", FUNCTIONS)], []),
    ([allow(INVOKE, FUNCTIONS), allow("lambda:*")], ["Statement[0]"]),
    ([when("StringEquals", "aws:username", "a"), allow()], ["Statement[0]"]),
    ([when("StringEquals", "aws:username", "a"), when("StringEquals", "aws:username", "b")], []),
    ([allow("s3:Get?bject"), allow("s3:Get*")], ["Statement[0]"]),
    ([allow("s3:Get*"), allow("s3:Get?bject")], ["Statement[1]"]),
    ([allow("s3:GetObject?*"), allow("s3:GetObject*")], ["Statement[0]"]),
]
DOCUMENTS = [
    ({"Statement": allow()}, IDENTITY, ["MISSING_VERSION"]),
    ({"Version": "2008-10-17", "Statement": allow()}, IDENTITY, []),
    (
        {"Version": "2008-10-17", "Statement": allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")},
        IDENTITY,
        ["VARIABLES_NEED_2012"],
    ),
    ({"Version": "2012-10-17", "Statement": allow()}, TRUST, ["GRAMMAR"]),
    ("{", IDENTITY, ["GRAMMAR"]),
    ({"Version": "2012-10-17", "Statement": allow(resource=["arn:aws:s3:::" + "x" * 6_144])}, IDENTITY, ["TOO_LONG"]),
]


def codes(findings):
    return [finding.code for finding in findings]


@pytest.mark.parametrize(("kind", "statement", "expected"), STATEMENTS)
def test_a_statement(kind, statement, expected):
    policy = Policy.parse({"Version": "2012-10-17", "Statement": statement}, kind)
    assert expected == codes(policy.check())


@pytest.mark.parametrize(("statements", "covered"), TOGETHER)
def test_statements_that_another_covers(statements, covered):
    found = Policy.parse({"Version": "2012-10-17", "Statement": statements}).check()
    assert covered == [finding.path for finding in found if finding.code == "REDUNDANT_STATEMENT"]


@pytest.mark.parametrize(("document", "kind", "expected"), DOCUMENTS)
def test_a_document(document, kind, expected):
    assert expected == codes(check(document, kind))


def test_a_near_miss_is_named():
    actions = Policy.parse(
        {"Version": "2012-10-17", "Statement": allow(["lambda:InvokFunction", "lambda:Get*"])}
    ).check()
    assert ["Statement[0].Action[0]"] == [finding.path for finding in actions]
    assert "did you mean `lambda:InvokeFunction`?" in str(actions[0])
    (key,) = Policy.parse({"Version": "2012-10-17", "Statement": when("Bool", "aws:SecureTranport", "true")}).check()
    assert "did you mean `aws:SecureTransport`?" in key.message


def test_errors_stand_before_warnings_and_suggestions():
    document = {"Statement": [allow(["iam:PassRole", "iam:PassRoll"]), allow("iam:PassRole")]}
    severities = [finding.severity for finding in check(document, IDENTITY)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert {Severity.ERROR, Severity.SECURITY_WARNING, Severity.WARNING, Severity.SUGGESTION} == set(severities)


def test_the_grammars_error_is_the_policys_own():
    (finding,) = Policy.parse({"Version": "2012-10-17", "Statement": allow()}).check(RESOURCE)
    assert "Statement[0].Principal" == finding.path


@pytest.mark.parametrize("name", catalog.managed_policies())
def test_awss_own_policies_have_no_mistake_but_these(name):
    """Those that AWS publishes allow a few actions of CloudWatch Logs on resources that they do not take."""
    found = Policy.parse(catalog.managed_policy(name).document).check()
    assert [] == [each for each in found if each.severity is Severity.ERROR and "logs:" not in each.message]
