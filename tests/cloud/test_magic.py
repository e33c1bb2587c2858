"""The `%%lambda_function` magic deploys a cell through boto3, with the learner's own permissions."""

import json

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from perm_lab.cloud.magic import UsageError, deploy, deployment_package

CODE = "def lambda_handler(event, context):\n    return 1\n"


@pytest.fixture
def signed_in(shop):
    shop.role("photo-reader")
    return shop.sign_in(shop.admin())


def run(signed_in, name="thumbnails"):
    return json.loads(signed_in.client("lambda").invoke(FunctionName=name)["Payload"].read())


def test_creates_then_updates(lab, signed_in):
    assert deploy("thumbnails --role photo-reader", CODE, {}) == (
        "created function thumbnails with execution role photo-reader"
    )
    assert run(signed_in) == 1
    assert deploy("thumbnails", CODE.replace("1", "2"), {}) == "updated function thumbnails"
    assert run(signed_in) == 2


def test_settings_are_taken_over(signed_in, shop):
    other = shop.role("other")
    deploy("thumbnails --role photo-reader --timeout 7 --env A=b --env 'C=d=e'", CODE, {})
    settings = signed_in.client("lambda").get_function_configuration(FunctionName="thumbnails")
    assert (settings["Timeout"], settings["Environment"]["Variables"]) == (7, {"A": "b", "C": "d=e"})
    deploy(f"thumbnails --role {other}", CODE, {})
    assert signed_in.client("lambda").get_function_configuration(FunctionName="thumbnails")["Role"] == other


def test_acts_with_the_session_named(lab, signed_in, shop):
    with pytest.raises(ClientError, match="user/maya is not authorized to perform: lambda:CreateFunction"):
        deploy("thumbnails --role photo-reader --session maya", CODE, {"maya": shop.user("maya")})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: name; legal: `%%lambda_function NAME"),
        ("thumbnails --rule x", "unrecognized arguments: --rule x"),
        ("thumbnails", "add `--role ROLE`"),
        ("thumbnails --role r --env A", "is not KEY=VALUE"),
        ("thumbnails --session nobody", "is not a boto3 session"),
        ("thumbnails --timeout soon", "invalid int value"),
    ],
)
def test_bad_lines_say_what_is_legal(signed_in, line, message):
    with pytest.raises(UsageError) as caught:
        deploy(line, CODE, {})
    assert message in str(caught.value)


def test_source_that_is_not_python_is_refused_before_anything_is_sent(lab, signed_in):
    with pytest.raises(SyntaxError):
        deploy("thumbnails --role photo-reader", "def (", {})
    assert len(lab.trail) == 0


def test_nobody_signed_in(lab):
    with pytest.raises(NoCredentialsError):
        deploy("thumbnails --role r", CODE, {})


def test_same_source_is_the_same_package():
    assert deployment_package(CODE) == deployment_package(CODE)
