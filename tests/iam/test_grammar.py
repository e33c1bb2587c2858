"""What AWS refuses in a policy, with the place and the legal values; and what it takes."""

import json

import pytest

from perm_lab.iam import Policy, PolicyError, PolicyKind

IDENTITY, RESOURCE, TRUST = PolicyKind.IDENTITY, PolicyKind.RESOURCE, PolicyKind.TRUST
ALLOW = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
GRANT = {**ALLOW, "Principal": "*"}
ASSUME = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
USUAL = {IDENTITY: ALLOW, RESOURCE: GRANT, TRUST: ASSUME, PolicyKind.SCP: ALLOW, PolicyKind.RCP: GRANT}


def without(statement, *names):
    return {key: value for key, value in statement.items() if key not in names}


def condition(operator, key, value):
    return {**ALLOW, "Condition": {operator: {key: value}}}


# kind, statement, path, what the message says
STATEMENTS = [
    (IDENTITY, without(ALLOW, "Effect"), "Statement[0].Effect", "is not an effect; legal: Allow, Deny"),
    (IDENTITY, {**ALLOW, "Effect": "allow"}, "Statement[0].Effect", "did you mean Allow?"),
    (IDENTITY, {**ALLOW, "Effect": True}, "Statement[0].Effect", "`True` is not an effect"),
    (IDENTITY, without(ALLOW, "Action"), "Statement[0].Action", "is missing in a statement of an identity-based"),
    (IDENTITY, {**ALLOW, "NotAction": "s3:*"}, "Statement[0].NotAction", "stands beside Action"),
    (IDENTITY, without(ALLOW, "Resource"), "Statement[0].Resource", "is missing"),
    (IDENTITY, {**ALLOW, "NotResource": "*"}, "Statement[0].NotResource", "stands beside Resource"),
    (IDENTITY, GRANT, "Statement[0].Principal", "may not stand in a statement of an identity-based policy"),
    (IDENTITY, {**ALLOW, "NotPrincipal": "*"}, "Statement[0].NotPrincipal", "may not stand"),
    (IDENTITY, {**ALLOW, "Resources": "*"}, "Statement[0].Resources", "did you mean Resource?"),
    (IDENTITY, {**ALLOW, "action": "s3:*"}, "Statement[0].action", "did you mean Action?"),
    (
        IDENTITY,
        {**ALLOW, "Action": "InvokeFunction"},
        "Statement[0].Action",
        "is not an action; legal: `service:Action`",
    ),
    (IDENTITY, {**ALLOW, "Action": ["s3:Get*", "*:*"]}, "Statement[0].Action[1]", "`*:*` is not an action"),
    (IDENTITY, {**ALLOW, "Action": "s3:Get Object"}, "Statement[0].Action", "is not an action"),
    (IDENTITY, {**ALLOW, "Action": []}, "Statement[0].Action", "is neither a string nor a list of strings"),
    (IDENTITY, {**ALLOW, "Action": 7}, "Statement[0].Action", "is neither a string nor a list of strings"),
    (IDENTITY, {**ALLOW, "Action": ["s3:*", 7]}, "Statement[0].Action[1]", "is not a string"),
    (IDENTITY, {**ALLOW, "Resource": "photos/*"}, "Statement[0].Resource", "is not a resource; legal: an ARN"),
    (IDENTITY, {**ALLOW, "Resource": ["*", "arn:aws:s3:photos"]}, "Statement[0].Resource[1]", "is not a resource"),
    (IDENTITY, {**ALLOW, "Resource": {}}, "Statement[0].Resource", "is neither a string nor a list of strings"),
    (IDENTITY, {**ALLOW, "Sid": "read photos"}, "Statement[0].Sid", "is no statement id; legal: letters and digits"),
    (IDENTITY, {**ALLOW, "Sid": 1}, "Statement[0].Sid", "legal: a string"),
    (IDENTITY, {**ALLOW, "Condition": []}, "Statement[0].Condition", "is not a condition"),
    (IDENTITY, {**ALLOW, "Condition": {"Bool": {}}}, "Statement[0].Condition.Bool", "has no condition key"),
    (IDENTITY, {**ALLOW, "Condition": {"Bool": "x"}}, "Statement[0].Condition.Bool", "has no condition key"),
    (IDENTITY, condition("StringEqual", "k", "v"), "Statement[0].Condition.StringEqual", "did you mean StringEquals?"),
    (
        IDENTITY,
        condition("stringequals", "k", "v"),
        "Statement[0].Condition.stringequals",
        "did you mean StringEquals?",
    ),
    (IDENTITY, condition("ForAll:StringLike", "k", "v"), "Statement[0].Condition.ForAll:StringLike", "`ForAllValues:`"),
    (IDENTITY, condition("NullIfExists", "k", "true"), "Statement[0].Condition.NullIfExists", "each but Null"),
    (IDENTITY, condition("NumericEquals", "k", "5abc"), "Statement[0].Condition.NumericEquals.k", "legal: a number"),
    (IDENTITY, condition("NumericEquals", "k", "nan"), "Statement[0].Condition.NumericEquals.k", "legal: a number"),
    (IDENTITY, condition("DateLessThan", "k", "soon"), "Statement[0].Condition.DateLessThan.k", "an ISO 8601 date"),
    (IDENTITY, condition("Bool", "k", "yes"), "Statement[0].Condition.Bool.k", "legal: true, false"),
    (IDENTITY, condition("Null", "k", "1"), "Statement[0].Condition.Null.k", "legal: true, false"),
    (IDENTITY, condition("IpAddress", "k", "10.0.0.0/33"), "Statement[0].Condition.IpAddress.k", "a CIDR range"),
    (IDENTITY, condition("BinaryEquals", "k", "%"), "Statement[0].Condition.BinaryEquals.k", "legal: base64"),
    (
        IDENTITY,
        condition("StringEquals", "k", ["v", None]),
        "Statement[0].Condition.StringEquals.k[1]",
        "is not a value",
    ),
    (IDENTITY, "Allow", "Statement[0]", "is not a statement; legal: a JSON object"),
    (RESOURCE, ALLOW, "Statement[0].Principal", "is missing in a statement of a resource-based policy"),
    (RESOURCE, {**GRANT, "NotPrincipal": "*"}, "Statement[0].NotPrincipal", "stands beside Principal"),
    (RESOURCE, {**GRANT, "Principal": "maya"}, "Statement[0].Principal", "names no principal"),
    (RESOURCE, {**GRANT, "Principal": {}}, "Statement[0].Principal", "names no principal"),
    (RESOURCE, {**GRANT, "Principal": {"aws": "*"}}, "Statement[0].Principal.aws", "did you mean AWS?"),
    (RESOURCE, {**GRANT, "Principal": {"AWS": "maya"}}, "Statement[0].Principal.AWS", "names no AWS principal"),
    (RESOURCE, {**GRANT, "Principal": {"AWS": "11111"}}, "Statement[0].Principal.AWS", "a 12-digit account id"),
    (
        RESOURCE,
        {**GRANT, "Principal": {"AWS": "arn:aws:iam::111111111111:user/*"}},
        "Statement[0].Principal.AWS",
        "without wildcards",
    ),
    (
        RESOURCE,
        {**GRANT, "Principal": {"AWS": "arn:aws:iam::111111111111:group/dev"}},
        "Statement[0].Principal.AWS",
        "names no AWS principal",
    ),
    (RESOURCE, {**GRANT, "Principal": {"Service": "lambda"}}, "Statement[0].Principal.Service", "names no service"),
    (
        RESOURCE,
        {**GRANT, "Principal": {"Service": ["s3.amazonaws.com", "*"]}},
        "Statement[0].Principal.Service[1]",
        "no",
    ),
    (
        TRUST,
        {**ASSUME, "Resource": "*"},
        "Statement[0].Resource",
        "may not stand in a statement of a role trust policy",
    ),
    (TRUST, without(ASSUME, "Principal"), "Statement[0].Principal", "is missing in a statement of a role trust policy"),
    (TRUST, {**ASSUME, "Action": "lambda:*"}, "Statement[0].Action", "is not an action of STS"),
    (PolicyKind.SCP, GRANT, "Statement[0].Principal", "may not stand in a statement of a service control policy"),
    (PolicyKind.RCP, ALLOW, "Statement[0].Principal", "is missing in a statement of a resource control policy"),
]

DOCUMENTS = [
    ({"Statement": []}, "Statement", "is empty; legal: at least one statement"),
    ({}, "Statement", "is missing; legal: a statement, a list of statements"),
    ({"Version": "2012-10-17"}, "Statement", "is missing"),
    ({"Version": "2012-10-71", "Statement": ALLOW}, "Version", "did you mean 2012-10-17?"),
    ({"Version": 2012, "Statement": ALLOW}, "Version", "legal: 2012-10-17, 2008-10-17"),
    ({"Id": 7, "Statement": ALLOW}, "Id", "legal: a string"),
    ({"Statements": ALLOW}, "Statements", "did you mean Statement?"),
    ({"Statement": [ALLOW, {**ALLOW, "Effect": "No"}]}, "Statement[1].Effect", "is not an effect"),
    (
        {"Statement": [{**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}]},
        "Statement[1].Sid",
        "names another statement already",
    ),
    ("", "line 1 column 1", "is not JSON here"),
    ('{"Statement": [}', "line 1 column 16", "is not JSON here"),
    ('{"Version": "2012-10-17",\n "Statement": {"Effect" "Allow"}}', "line 2 column 25", "is not JSON here"),
    ("[]", "", "is not a policy; legal: a JSON object"),
    ('"*"', "", "is not a policy"),
    ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "Effect", "stands twice in one object"),
    ("[" * 100_000, "", "is nested too deeply"),
    (json.dumps({"Statement": ALLOW})[:-1], "line 1 column", "is not JSON here"),
]


@pytest.mark.parametrize(("kind", "statement", "path", "says"), STATEMENTS)
def test_a_statement_that_aws_refuses(kind, statement, path, says):
    with pytest.raises(PolicyError) as caught:
        Policy.parse({"Version": "2012-10-17", "Statement": statement}, kind)
    assert path == caught.value.path or path == caught.value.path.removesuffix("[0]")
    assert says in str(caught.value)


@pytest.mark.parametrize(("source", "path", "says"), DOCUMENTS)
def test_a_document_that_aws_refuses(source, path, says):
    with pytest.raises(PolicyError) as caught:
        Policy.parse(source)
    assert caught.value.path.startswith(path)
    assert says in str(caught.value)


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
