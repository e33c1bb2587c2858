"""Functions: what CreateFunction checks and in which words it refuses, and the operations around it."""

import json

import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.magic import HANDLER, deployment_package
from tests.cloud.conftest import PARTNER, SHOP, allow, document

CODE = "def lambda_handler(event, context):\n    return event\n"
ROLE = f"arn:aws:iam::{SHOP}:role/photo-reader"
FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"


def create(session, role=ROLE, name="thumbnails", **more):
    params = {"Runtime": "python3.13", "Handler": HANDLER, "Code": {"ZipFile": deployment_package(CODE)}}
    return session.client("lambda").create_function(FunctionName=name, Role=role, **params | more)


def error(call, *args, **params):
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response


def test_creating_needs_create_function_first(lab, shop):
    shop.role("photo-reader")
    response = error(create, shop.user("maya"))
    assert response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::{SHOP}:user/maya is not authorized to perform: lambda:CreateFunction on "
        f"resource: {FUNCTION} because no identity-based policy allows the lambda:CreateFunction action",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_creating_needs_pass_role_too(lab, shop):
    shop.role("photo-reader")
    maya = shop.user("maya", inline={"create": allow("lambda:CreateFunction")})
    response = error(create, maya)
    assert response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::{SHOP}:user/maya is not authorized to perform: iam:PassRole on resource: "
        f"{ROLE} because no identity-based policy allows the iam:PassRole action",
    }
    assert [check.action for check, _ in lab.trail[-1].checks] == ["lambda:CreateFunction", "iam:PassRole"]


@pytest.mark.parametrize(
    ("service", "resource", "passes"),
    [
        ("lambda.amazonaws.com", ROLE, True),
        ("ec2.amazonaws.com", ROLE, False),
        ("lambda.amazonaws.com", ROLE + "-2", False),
        ("lambda.amazonaws.com", "*", True),
    ],
)
def test_pass_role_is_scoped_by_service_and_role(lab, shop, service, resource, passes):
    shop.role("photo-reader")
    only = {"Condition": {"StringEquals": {"iam:PassedToService": service}}}
    create_it = {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}
    pass_it = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, **only}
    maya = shop.user("maya", inline={"developer": document(create_it, pass_it)})
    if passes:
        create(maya)
    else:
        assert "iam:PassRole" in error(create, maya)["Error"]["Message"]
    assert lab.trail[-1].allowed is passes


@pytest.mark.parametrize(
    ("trust", "exists"),
    [("lambda.amazonaws.com", False), ("ec2.amazonaws.com", True), ("edgelambda.amazonaws.com", True)],
)
def test_role_must_be_assumable_by_lambda(shop, admin, trust, exists):
    if exists:
        shop.role("photo-reader", trust)
    response = error(create, admin)
    assert response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "The role defined for the function cannot be assumed by Lambda.",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error(admin.client("lambda").get_function, FunctionName="thumbnails")["Error"]["Code"] == (
        "ResourceNotFoundException"
    )


def test_role_of_another_account_is_refused(lab, shop, admin):
    role = lab.account(PARTNER).role("theirs")
    response = error(create, admin, role)
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert response["Error"]["Message"] == "Cross-account pass role is not allowed."


def test_malformed_role_is_a_validation_error(admin):
    response = error(create, admin, "r1")
    assert response["Error"]["Code"] == "ValidationException"
    assert response["Error"]["Message"] == (
        "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular "
        r"expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
    )


def test_trust_may_ask_for_the_account(shop, admin):
    def trust(account):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        return document(statement)

    shop.role("photo-reader", trust(PARTNER))
    error(create, admin)
    shop.role("photo-reader", trust(SHOP))
    create(admin)


def test_answers_have_the_recorded_shape(shop, admin):
    shop.role("photo-reader")
    made = create(admin, Timeout=5, MemorySize=256, Environment={"Variables": {"A": "b"}})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    client = admin.client("lambda")
    shown = client.get_function(FunctionName="thumbnails")
    configuration = shown["Configuration"]
    assert (made["State"], made["StateReason"], made["StateReasonCode"]) == (
        "Pending",
        "The function is being created.",
        "Creating",
    )
    assert (configuration["State"], configuration["LastUpdateStatus"]) == ("Active", "Successful")
    assert shown["Code"]["RepositoryType"] == "S3"
    volatile = {"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "ResponseMetadata", "RevisionId"}
    stable = {key: value for key, value in made.items() if key not in volatile}
    assert stable == {key: value for key, value in configuration.items() if key not in volatile}
    assert made["RevisionId"] != configuration["RevisionId"]
    assert stable | {"CodeSha256": "", "LastModified": "", "RuntimeVersionConfig": {}, "CodeSize": 0} == {
        "Architectures": ["x86_64"],
        "CodeSha256": "",
        "CodeSize": 0,
        "Description": "",
        "Environment": {"Variables": {"A": "b"}},
        "EphemeralStorage": {"Size": 512},
        "FunctionArn": FUNCTION,
        "FunctionName": "thumbnails",
        "Handler": HANDLER,
        "LastModified": "",
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/thumbnails"},
        "MemorySize": 256,
        "PackageType": "Zip",
        "Role": ROLE,
        "Runtime": "python3.13",
        "RuntimeVersionConfig": {},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "Timeout": 5,
        "TracingConfig": {"Mode": "PassThrough"},
        "Version": "$LATEST",
    }
    client.get_waiter("function_active_v2").wait(FunctionName="thumbnails")


def test_life_of_a_function(shop, admin):
    shop.role("photo-reader")
    create(admin)
    client = admin.client("lambda")
    assert error(create, admin)["Error"] == {
        "Code": "ResourceConflictException",
        "Message": "Function already exist: thumbnails",
    }
    old = client.get_function_configuration(FunctionName="thumbnails")
    updated = client.update_function_configuration(FunctionName="thumbnails", Description="new", Timeout=10)
    assert (updated["LastUpdateStatus"], updated["Description"], updated["Timeout"]) == ("InProgress", "new", 10)
    recoded = client.update_function_code(FunctionName="thumbnails", ZipFile=deployment_package(CODE + "\n"))
    assert len({old["RevisionId"], updated["RevisionId"], recoded["RevisionId"]}) == 3
    assert old["CodeSha256"] != recoded["CodeSha256"]
    stale = error(client.update_function_code, FunctionName="thumbnails", ZipFile=b"", RevisionId=old["RevisionId"])
    assert stale["Error"]["Code"] == "PreconditionFailedException"
    assert client.delete_function(FunctionName="thumbnails")["ResponseMetadata"]["HTTPStatusCode"] == 204
    gone = error(client.get_function, FunctionName="thumbnails")
    assert gone["Error"] == {"Code": "ResourceNotFoundException", "Message": f"Function not found: {FUNCTION}"}
    assert (gone["ResponseMetadata"]["HTTPStatusCode"], gone["Type"]) == (404, "User")


def test_functions_are_listed_page_by_page(shop, admin):
    shop.role("photo-reader")
    for name in ("c", "a", "b"):
        create(admin, name=name)
    client = admin.client("lambda")
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["a", "b"], ["c"]]
    assert admin.client("lambda", region_name="eu-west-1").list_functions()["Functions"] == []


def test_changing_the_role_passes_it_again(lab, shop):
    shop.role("photo-reader")
    other = shop.role("other-role")
    maya = shop.user("maya", inline={"all-of-lambda": allow("lambda:*"), "pass": allow("iam:PassRole", ROLE)})
    create(maya)
    client = maya.client("lambda")
    client.update_function_configuration(FunctionName="thumbnails", Timeout=9)
    assert (
        "iam:PassRole"
        in error(client.update_function_configuration, FunctionName="thumbnails", Role=other)["Error"]["Message"]
    )


@pytest.mark.parametrize(
    "text", ["thumbnails", f"{SHOP}:function:thumbnails", FUNCTION, FUNCTION + ":$LATEST", "thumbnails:$LATEST"]
)
def test_functions_are_named_in_every_form(shop, admin, text):
    shop.role("photo-reader")
    create(admin)
    found = admin.client("lambda").get_function(FunctionName=text)["Configuration"]["FunctionArn"]
    assert found == FUNCTION + (":$LATEST" if "$LATEST" in text else "")
    assert FunctionName.parse(text, SHOP, "us-east-1").arn == FUNCTION


def test_contradicting_qualifiers(shop, admin):
    shop.role("photo-reader")
    create(admin)
    response = error(admin.client("lambda").get_function, FunctionName="thumbnails:$LATEST", Qualifier="1")
    assert "derived qualifier from the function name does not match" in response["Error"]["Message"]


def test_bad_archive(shop, admin):
    shop.role("photo-reader")
    response = error(create, admin, Code={"ZipFile": b"not a zip"})
    assert response["Error"]["Code"] == "InvalidParameterValueException"
    assert "Could not unzip" in response["Error"]["Message"]


def test_code_from_a_bucket(shop, admin):
    shop.role("photo-reader")
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="packages")
    missing = error(create, admin, Code={"S3Bucket": "packages", "S3Key": "none.zip"})
    assert "S3 Error Code: NoSuchKey" in missing["Error"]["Message"]
    s3.put_object(Bucket="packages", Key="code.zip", Body=deployment_package(CODE))
    create(admin, Code={"S3Bucket": "packages", "S3Key": "code.zip"})


def test_operation_that_is_not_simulated_says_so(admin):
    response = error(admin.client("lambda").get_account_settings)
    assert response["Error"]["Code"] == "NotInTheLab"
    assert (
        "`GetAccountSettings` is not simulated yet; the lab has: AddLayerVersionPermission"
        in response["Error"]["Message"]
    )


def test_all_broken_constraints_come_in_one_message(shop, admin):
    shop.role("photo-reader")
    response = error(create, admin, MemorySize=40000, Description="x" * 257)
    assert response["Error"]["Message"].startswith("2 validation errors detected: ")
    json.dumps(response["Error"])
