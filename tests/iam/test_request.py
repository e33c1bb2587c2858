"""A request's whole context, key by key, for each kind of caller; and what is no request."""

import pytest

from perm_lab.iam import Policy, PolicyError, Principal, PrincipalType, Request

ACCOUNT = "111111111111"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:resize"
SERVICE = {"aws:principalisawsservice": ("true",), "aws:principalservicename": ("s3.amazonaws.com",)}
PERSON = {"aws:principalisawsservice": ("false",), "aws:resourceaccount": (ACCOUNT,)}
OURS = {**PERSON, "aws:principalaccount": (ACCOUNT,), "aws:viaawsservice": ("false",)}


def arn(rest, service="iam"):
    return f"arn:aws:{service}::{ACCOUNT}:{rest}"


@pytest.mark.parametrize(
    ("principal", "keys"),
    [
        (
            Principal.user(arn("user/team/maya"), id="AIDA1", tags={"Team": "red"}, organization="o-1/r-1/ou-1/"),
            OURS
            | {
                "aws:principaltype": ("User",),
                "aws:principalarn": (arn("user/team/maya"),),
                "aws:username": ("maya",),
                "aws:userid": ("AIDA1",),
                "aws:principaltag/team": ("red",),
                "aws:principalorgid": ("o-1",),
                "aws:principalorgpaths": ("o-1/r-1/ou-1/",),
            },
        ),
        (
            Principal.role_session(arn("assumed-role/r/s", "sts"), arn("role/path/r"), id="AROA1"),
            OURS
            | {
                "aws:principaltype": ("AssumedRole",),
                "aws:principalarn": (arn("role/path/r"),),
                "aws:userid": ("AROA1:s",),
            },
        ),
        (
            Principal.root(ACCOUNT),
            OURS | {"aws:principaltype": ("Account",), "aws:principalarn": (arn("root"),), "aws:userid": (ACCOUNT,)},
        ),
        (
            Principal.parse(arn("federated-user/bo", "sts")),
            OURS
            | {
                "aws:principaltype": ("FederatedUser",),
                "aws:principalarn": (arn("federated-user/bo", "sts"),),
                "aws:userid": (f"{ACCOUNT}:bo",),
            },
        ),
        (
            Principal.federated("cognito-identity.amazonaws.com"),
            PERSON | {"aws:federatedprovider": ("cognito-identity.amazonaws.com",)},
        ),
        (Principal.anonymous(), PERSON | {"aws:principaltype": ("Anonymous",), "aws:userid": ("anonymous",)}),
        (Principal.aws_service("s3.amazonaws.com"), SERVICE | {"aws:resourceaccount": (ACCOUNT,)}),
    ],
)
def test_the_keys_that_follow_from_who_asks(principal, keys):
    assert keys == Request(principal, "lambda:InvokeFunction", FUNCTION).keys


@pytest.mark.parametrize(
    ("principal", "context", "keys"),
    [
        (Principal.root(ACCOUNT), {"aws:CalledVia": ("a.aws", "b.aws", "c.aws")}, ("a.aws", "c.aws", "true")),
        (Principal.root(ACCOUNT), {"aws:CalledVia": "a.aws"}, ("a.aws", "a.aws", "true")),
        (Principal.root(ACCOUNT), {}, (None, None, "false")),
        (Principal.anonymous(), {}, (None, None, None)),
    ],
)
def test_the_keys_that_follow_from_the_services_on_the_way(principal, context, keys):
    found = Request(principal, "lambda:InvokeFunction", FUNCTION, context=context).keys
    names = ("aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice")
    assert keys == tuple(found[name][0] if name in found else None for name in names)
    assert all(len(found[name]) == 1 for name in names if name in found)


@pytest.mark.parametrize(
    ("source", "account"),
    [
        ("arn:aws:sns:us-east-1:222222222222:t", ("222222222222",)),
        ("arn:aws:s3:::photos", None),
        ("arn:aws:x", None),
    ],
)
def test_a_service_s_source_account_follows_from_its_source(source, account):
    context = {"aws:SourceArn": source}
    assert account == Request(
        Principal.aws_service("sns.amazonaws.com"), "lambda:InvokeFunction", FUNCTION, context=context
    ).keys.get("aws:sourceaccount")
    assert "aws:sourceaccount" not in Request(Principal.root(ACCOUNT), "s3:GetObject", context=context).keys


@pytest.mark.parametrize(
    ("text", "principal"),
    [
        ("*", Principal.anonymous()),
        (ACCOUNT, Principal.root(ACCOUNT)),
        (arn("root"), Principal.root(ACCOUNT)),
        ("lambda.amazonaws.com", Principal.aws_service("lambda.amazonaws.com")),
        (arn("role/path/r"), Principal(PrincipalType.ROLE, arn("role/path/r"), ACCOUNT, arn("role/path/r"))),
        (arn("user/maya"), Principal(PrincipalType.USER, arn("user/maya"), ACCOUNT)),
        (
            arn("assumed-role/r/s", "sts"),
            Principal(PrincipalType.ROLE_SESSION, arn("assumed-role/r/s", "sts"), ACCOUNT, arn("role/r")),
        ),
    ],
)
def test_a_principal_is_told_from_its_text(text, principal):
    assert principal == Principal.parse(text)


@pytest.mark.parametrize("text", ["", "maya", "1234", "arn:aws:iam::1:user/x", "x" + ACCOUNT])
def test_what_names_no_principal_is_refused_with_what_does(text):
    legal = (
        "the ARN of a user, role, role session, federated user or account root, a 12-digit account id, a service such "
        "as `lambda.amazonaws.com`, or `*`"
    )
    with pytest.raises(ValueError) as caught:
        Principal.parse(text)
    assert f"`{text}` names no principal; legal: {legal}" == str(caught.value)


def test_bytes_that_are_no_text_are_refused_as_such():
    with pytest.raises(PolicyError) as caught:
        Policy.parse(b"\xff{}")
    assert caught.value.path == ""
    assert caught.value.legal == ("JSON in UTF-8",)
    assert "is not text (invalid start byte)" in str(caught.value)


@pytest.mark.parametrize("key", [1, None, ("a", "b")])
def test_a_key_that_is_no_string_is_refused_at_its_place(key):
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {key: "x"}}}
    with pytest.raises(PolicyError) as caught:
        Policy.parse({"Version": "2012-10-17", "Statement": statement})
    assert caught.value.path.startswith("Statement")
    assert "is not a string" in str(caught.value)
