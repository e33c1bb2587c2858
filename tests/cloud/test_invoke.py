"""Invoking runs the code as its execution role, and what the role may not do does not happen."""

import base64
import json
import logging
import os
import sys

import boto3
import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud.magic import HANDLER, deployment_package
from tests.cloud.conftest import PARTNER, SHOP, allow, document

ECHO = "def lambda_handler(event, context):\n    print('hello')\n    return event\n"
WHO = """
import boto3
at_import = boto3.client("sts")

def lambda_handler(event, context):
    return [at_import.get_caller_identity()["Arn"], boto3.client("sts").get_caller_identity()["Arn"],
            boto3.Session().client("sts").get_caller_identity()["Arn"]]
"""
READ = """
import boto3
s3 = boto3.client("s3")

def lambda_handler(event, context):
    return s3.get_object(Bucket="photos", Key=event["key"])["Body"].read().decode()
"""


@pytest.fixture
def photos(admin):
    s3 = admin.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")


def logged(admin, name="thumbnails"):
    """The log lines of a function, None where it has no log group."""
    logs = admin.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    return [event["message"] for event in events]


def test_code_runs_as_the_role_and_not_as_the_caller(deploy, invoke):
    deploy(WHO)
    session = f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails"
    payload, answer = invoke()
    assert payload == [session] * 3
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert boto3.DEFAULT_SESSION is None and "AWS_SESSION_TOKEN" not in os.environ


def test_one_character_name_is_padded_in_the_session(deploy, invoke):
    deploy(WHO, name="f")
    payload, _ = invoke(name="f")
    assert payload[0].endswith("assumed-role/f-role/f@lambda_function")


def test_role_decides_what_the_code_may_read(lab, photos, deploy, invoke, shop):
    deploy(READ)
    payload, answer = invoke({"key": "cat.jpg"})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorMessage"] == (
        "An error occurred (AccessDenied) when calling the GetObject operation: User: "
        f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails is not authorized to perform: s3:GetObject on "
        'resource: "arn:aws:s3:::photos/cat.jpg" because no identity-based policy allows the s3:GetObject action'
    )
    assert payload["stackTrace"][0].startswith('  File "/var/task/lambda_function.py", line 6, in lambda_handler')
    shop.role("thumbnails-role", inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*")})
    assert invoke({"key": "cat.jpg"})[0] == "meow"


def test_function_is_known_by_its_arn_in_its_own_calls(lab, photos, deploy, invoke, shop):
    arn = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
    only_from = {"Condition": {"ArnEquals": {"lambda:SourceFunctionArn": arn}}}
    deploy(READ, inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*", **only_from)})
    assert invoke({"key": "cat.jpg"})[0] == "meow"
    other = {"Condition": {"ArnEquals": {"lambda:SourceFunctionArn": arn + "-2"}}}
    shop.role("thumbnails-role", inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*", **other)})
    assert invoke({"key": "cat.jpg"})[1]["FunctionError"] == "Unhandled"


def test_log_is_written_as_the_role(lab, deploy, invoke, admin):
    deploy(ECHO)
    invoke({"a": 1})
    lines = logged(admin)
    assert lines[1] == "hello\n" and lines[0].startswith("START RequestId: ") and lines[3].startswith("REPORT")
    writers = [r for r in lab.trail if str(r.cause) == "log of thumbnails"]
    assert [r.event["eventName"] for r in writers] == [
        "CreateLogStream",
        "CreateLogGroup",
        "CreateLogStream",
        "PutLogEvents",
    ]
    assert {r.caller for r in writers} == {f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails"}
    invoke({"a": 2})
    assert len(logged(admin)) == 8


def test_role_without_logs_permissions_leaves_no_log_and_no_error(lab, deploy, invoke, admin):
    deploy(ECHO, managed=())
    payload, answer = invoke({"a": 1})
    assert payload == {"a": 1} and "FunctionError" not in answer
    assert logged(admin) is None
    assert [r.allowed for r in lab.trail if str(r.cause) == "log of thumbnails"] == [False]


def test_tail_comes_back_even_without_logs_permissions(deploy, invoke):
    deploy(ECHO, managed=())
    _, answer = invoke(LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "hello\n" in tail and "Billed Duration" in tail


def test_trust_that_is_taken_back_stops_the_next_invocation(lab, shop, deploy, invoke):
    deploy(ECHO)
    invoke()
    shop.role("thumbnails-role", "ec2.amazonaws.com")
    with pytest.raises(ClientError, match="The role defined for the function cannot be assumed by Lambda") as caught:
        invoke()
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assume = lab.trail[-1]
    assert (assume.action, assume.caller, assume.allowed) == ("sts:AssumeRole", "lambda.amazonaws.com", False)
    shop.role("thumbnails-role")
    assert invoke({"a": 1})[0] == {"a": 1}


def test_trail_tells_the_story_in_order(lab, photos, deploy, invoke, shop):
    deploy(READ, inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*")})
    lab.trail.clear()
    invoke({"key": "cat.jpg"})
    story = [(r.depth, r.action) for r in lab.trail if not r.action.startswith("logs")]
    assert story == [(0, "lambda:Invoke"), (1, "sts:AssumeRole"), (1, "s3:GetObject")]
    assert [str(r.cause or "") for r in lab.trail][:3] == ["", "Lambda, to run thumbnails", "code of thumbnails"]


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def lambda_handler(event, context):\n    return event['x']\n", "KeyError", "'x'"),
        ("import nowhere\n", "Runtime.ImportModuleError", "Unable to import module 'lambda_function': No module named"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'lambda_handler' missing on module 'lambda_function'"),
        ("def (\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'lambda_function'"),
        (
            "def lambda_handler(event, context):\n    return {1, 2}\n",
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
        ("import sys\ndef lambda_handler(e, c):\n    sys.exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("def lambda_handler(e, c):\n    while True:\n        pass\n", "Sandbox.Timedout", "Task timed out after 1.00"),
    ],
)
def test_what_goes_wrong_in_code_comes_back_as_lambda_says_it(deploy, invoke, source, kind, message):
    deploy(source, Timeout=1)
    before = sys.gettrace()
    payload, answer = invoke()
    assert (answer["StatusCode"], answer["FunctionError"], payload["errorType"]) == (200, "Unhandled", kind)
    assert message in payload["errorMessage"]
    assert before is sys.gettrace()


def test_context_object(deploy, invoke):
    deploy(
        "def lambda_handler(event, context):\n"
        "    return [context.function_name, context.function_version, context.invoked_function_arn,\n"
        "            context.memory_limit_in_mb, context.log_group_name, context.get_remaining_time_in_millis() > 0,\n"
        "            len(context.aws_request_id)]\n"
    )
    arn = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
    assert invoke()[0] == ["thumbnails", "$LATEST", arn, "128", "/aws/lambda/thumbnails", True, 36]


def test_environment_is_the_functions_own_and_is_given_back(deploy, invoke):
    deploy(
        "import os, sys, logging\n"
        "def lambda_handler(event, context):\n"
        "    os.environ['LEFT'] = 'behind'\n"
        "    logging.getLogger().warning('careful')\n"
        "    return [os.environ['COLOUR'], os.environ['AWS_LAMBDA_FUNCTION_NAME'], os.environ['AWS_REGION']]\n",
        Environment={"Variables": {"COLOUR": "green"}},
    )
    before = (dict(os.environ), list(sys.path), logging.getLogger().handlers[:], logging.getLogger().level)
    payload, answer = invoke(LogType="Tail")
    assert payload == ["green", "thumbnails", "us-east-1"]
    assert "[WARNING]" in base64.b64decode(answer["LogResult"]).decode()
    assert before == (dict(os.environ), list(sys.path), logging.getLogger().handlers[:], logging.getLogger().level)
    assert "lambda_function" not in sys.modules


def test_warm_environment_keeps_its_module_and_new_code_starts_cold(deploy, invoke, admin):
    counter = "n = 0\ndef lambda_handler(event, context):\n    global n\n    n += 1\n    return n\n"
    deploy(counter)
    assert [invoke()[0] for _ in range(3)] == [1, 2, 3]
    admin.client("lambda").update_function_code(
        FunctionName="thumbnails", ZipFile=deployment_package(counter.replace("n = 0", "n = 10"))
    )
    assert invoke()[0] == 11


def test_function_that_invokes_a_function(lab, deploy, invoke):
    deploy(ECHO, name="inner")
    source = (
        "import boto3, json\n"
        "def lambda_handler(event, context):\n"
        "    answer = boto3.client('lambda').invoke(FunctionName=event['next'], Payload='{\"from\": \"outer\"}')\n"
        "    return json.loads(answer['Payload'].read())\n"
    )
    deploy(source, name="outer", inline={"go": allow("lambda:InvokeFunction")})
    assert invoke({"next": "inner"}, name="outer")[0] == {"from": "outer"}
    assert max(record.depth for record in lab.trail) == 2


def test_payload_must_be_json(deploy, admin):
    deploy(ECHO)
    with pytest.raises(ClientError, match="Could not parse request body into json") as caught:
        admin.client("lambda").invoke(FunctionName="thumbnails", Payload=b"{nope")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def test_dry_run_asks_only_for_the_permission(lab, shop, deploy, admin):
    deploy(ECHO)
    lab.trail.clear()
    answer = admin.client("lambda").invoke(FunctionName="thumbnails", InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and len(lab.trail) == 1
    with pytest.raises(ClientError, match="lambda:InvokeFunction"):
        shop.user("maya").client("lambda").invoke(FunctionName="thumbnails", InvocationType="DryRun")


def test_asynchronous_invocation_runs_and_says_nothing(lab, deploy, admin):
    deploy("def lambda_handler(event, context):\n    raise ValueError('unseen')\n")
    answer = admin.client("lambda").invoke(FunctionName="thumbnails", InvocationType="Event", Payload=b"{}")
    assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
    assert any("unseen" in line for line in logged(admin))


def test_invoking_another_accounts_function_is_refused_there(lab, deploy, shop):
    deploy(ECHO)
    pat = lab.account(PARTNER).user("pat", inline={"invoke": allow("lambda:InvokeFunction")})
    arn = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
    with pytest.raises(ClientError) as caught:
        pat.client("lambda").invoke(FunctionName=arn)
    assert caught.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{PARTNER}:user/pat is not authorized to perform: lambda:InvokeFunction on resource: {arn} "
        "because no resource-based policy allows the lambda:InvokeFunction action"
    )


def test_code_may_assume_another_role(shop, photos, deploy, invoke):
    role = f"arn:aws:iam::{SHOP}:role/thumbnails-role"
    trust = document({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sts:AssumeRole"})
    reader = shop.role("reader", trust, inline={"read": allow("s3:GetObject", "arn:aws:s3:::photos/*")})
    deploy(
        "import boto3\n"
        "def lambda_handler(event, context):\n"
        f"    keys = boto3.client('sts').assume_role(RoleArn='{reader}', RoleSessionName='reading')['Credentials']\n"
        "    s3 = boto3.client('s3', aws_access_key_id=keys['AccessKeyId'],\n"
        "        aws_secret_access_key=keys['SecretAccessKey'], aws_session_token=keys['SessionToken'])\n"
        "    return s3.get_object(Bucket='photos', Key='cat.jpg')['Body'].read().decode()\n",
        inline={"assume": allow("sts:AssumeRole", reader)},
    )
    assert invoke()[0] == "meow"


def test_handler_may_live_in_a_package_of_the_archive(shop, admin, invoke):
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app/__init__.py", "")
        archive.writestr("app/main.py", "from app.words import HELLO\ndef run(event, context):\n    return HELLO\n")
        archive.writestr("app/words.py", "HELLO = 'hello'\n")
    role = shop.role("app-role")
    admin.client("lambda").create_function(
        FunctionName="app", Runtime="python3.13", Handler="app/main.run", Role=role, Code={"ZipFile": buffer.getvalue()}
    )
    assert invoke(name="app")[0] == "hello"
    assert not [name for name in sys.modules if name.partition(".")[0] == "app"]
    assert HANDLER == "lambda_function.lambda_handler" and json.dumps("ok")
