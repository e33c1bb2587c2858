"""Handlers that misbehave and labs used from several threads: nothing of it harms the lab."""

import json
import os
import sys
import threading

import pytest

from tests.cloud.conftest import SHOP, allow

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
CALL_ITSELF = """
import boto3, json
client = boto3.client("lambda")
def lambda_handler(event, context):
    answer = client.invoke(FunctionName=context.function_name, Payload=json.dumps({"n": event["n"] + 1}))
    return json.loads(answer["Payload"].read())
"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise ValueError('no')", "ValueError"),
        ("\n    while True:\n        pass", "Sandbox.Timedout"),
        ("\n    while True: pass", "Sandbox.Timedout"),
        ("return {1, 2}", "Runtime.MarshalError"),
        ("return float", "Runtime.MarshalError"),
        ("import sys; sys.exit(3)", "Runtime.ExitError"),
        ("raise BaseException('all')", "Runtime.ExitError"),
        ("\n    def f(): return f()\n    return f()", "RecursionError"),
    ],
)
def test_a_handler_that_fails_is_answered_as_lambda_does_and_the_next_call_works(deploy, invoke, body, kind):
    deploy(f"def lambda_handler(event, context):\n    if event: return 'fine'\n    {body}\n", Timeout=1)
    payload, answer = invoke()
    assert (answer["FunctionError"], payload["errorType"]) == ("Unhandled", kind)
    assert invoke({"again": 1})[0] == "fine"


def test_a_megabyte_of_print_is_taken(deploy, invoke, admin):
    deploy("def lambda_handler(event, context):\n    print('x' * 1_000_000)\n    print('y\\n' * 1000)\n")
    assert "FunctionError" not in invoke()[1]
    found = admin.client("logs").filter_log_events(logGroupName="/aws/lambda/thumbnails")["events"]
    assert sum(len(event["message"]) for event in found) > 1_000_000


def test_what_a_handler_changes_in_the_process_is_undone(deploy, invoke):
    source = """
import os, sys, builtins, logging
def lambda_handler(event, context):
    os.environ["LEFT"] = "behind"
    os.environ.pop("PATH", None)
    os.environ["AWS_ACCESS_KEY_ID"] = "AKIASTOLEN"
    sys.path.append("/nowhere")
    sys.argv.append("x") if False else None
    logging.getLogger().addHandler(logging.NullHandler())
    sys.stdout = None
    return os.getcwd()
"""
    deploy(source)
    before = dict(os.environ), list(sys.path), sys.stdout
    invoke()
    assert (dict(os.environ), list(sys.path), sys.stdout) == before


def test_a_handler_s_own_threads_call_as_the_role(lab, admin, deploy, invoke):
    source = """
import boto3
from concurrent.futures import ThreadPoolExecutor
s3 = boto3.client("s3")
def lambda_handler(event, context):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda n: s3.get_object(Bucket="photos", Key=str(n))["Body"].read().decode(), range(8)))
"""
    admin.client("s3").create_bucket(Bucket="photos")
    for n in range(8):
        admin.client("s3").put_object(Bucket="photos", Key=str(n), Body=str(n).encode())
    deploy(source, inline={"read": allow("s3:GetObject")})
    assert invoke()[0] == [str(n) for n in range(8)]
    read = [record for record in lab.trail if record.action == "s3:GetObject"]
    assert {(record.caller, str(record.cause)) for record in read} == {
        (f"arn:aws:sts::{SHOP}:assumed-role/thumbnails-role/thumbnails", "code of thumbnails")
    }


def test_a_handler_s_threads_may_invoke_other_functions(deploy, invoke):
    deploy("def lambda_handler(event, context):\n    return event['n'] * 2\n", name="double")
    source = """
import boto3, json
from concurrent.futures import ThreadPoolExecutor
client = boto3.client("lambda")
def double(n):
    return json.loads(client.invoke(FunctionName="double", Payload=json.dumps({"n": n}))["Payload"].read())
def lambda_handler(event, context):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(double, range(6)))
"""
    deploy(source, inline={"call": allow("lambda:InvokeFunction")})
    assert invoke()[0] == [0, 2, 4, 6, 8, 10]


def test_a_thread_left_behind_still_acts_as_the_role_and_harms_nobody(lab, admin, deploy, invoke):
    source = """
import boto3, threading
gate, done = threading.Event(), []
s3 = boto3.client("s3")
def work():
    gate.wait(10)
    try:
        s3.list_buckets()
    except Exception as error:
        done.append(type(error).__name__)
def lambda_handler(event, context):
    global thread
    if event:
        gate.set()
        thread.join(10)
        return done
    thread = threading.Thread(target=work)
    thread.start()
"""
    deploy(source)
    invoke()
    assert admin.client("sts").get_caller_identity()["Arn"].endswith("user/admin")
    assert invoke({"end": 1})[0] == ["AccessDenied"]
    assert lab.trail.denied[-1].caller.endswith("thumbnails-role/thumbnails")


def test_a_function_that_calls_itself_is_stopped(lab, deploy, invoke):
    deploy(CALL_ITSELF, inline={"call": allow("lambda:InvokeFunction")})
    payload, _ = invoke({"n": 0})
    assert "RecursiveInvocationException" in json.dumps(payload)
    assert len([r for r in lab.trail if r.action == "sts:AssumeRole"]) == 16
    assert sys.getrecursionlimit() >= 1000


def test_an_asynchronous_chain_is_stopped_too(lab, admin, deploy):
    source = CALL_ITSELF.replace("Payload=", "InvocationType='Event', Payload=").replace(
        'return json.loads(answer["Payload"].read())', "return 1"
    )
    deploy(source, inline={"call": allow("lambda:InvokeFunction")})
    admin.client("lambda").invoke(FunctionName="thumbnails", InvocationType="Event", Payload=b'{"n": 0}')
    assert len([r for r in lab.trail if r.action == "sts:AssumeRole"]) == 16


def test_two_threads_use_one_lab(lab, admin, deploy):
    deploy("import time\ndef lambda_handler(event, context):\n    time.sleep(0.01)\n    return event\n")
    admin.client("s3").create_bucket(Bucket="photos")
    errors, answers = [], []

    def work(number):
        client, s3 = admin.client("lambda"), admin.client("s3")
        try:
            for n in range(10):
                body = json.dumps([number, n])
                answer = client.invoke(FunctionName="thumbnails", Payload=body)
                answers.append(json.loads(answer["Payload"].read()) == [number, n])
                s3.put_object(Bucket="photos", Key=f"{number}/{n}", Body=b"")
        except Exception as error:
            errors.append(error)

    before = dict(os.environ)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and answers == [True] * 40
    assert dict(os.environ) == before
    assert admin.client("s3").list_objects_v2(Bucket="photos")["KeyCount"] == 40
    own = [record for record in lab.trail if record.action in ("lambda:Invoke", "s3:PutObject")]
    assert {record.depth for record in own} == {0}
    assert len({record.request_id for record in lab.trail}) == len(lab.trail)


def test_the_lab_goes_on_after_a_call_that_moto_cannot_answer(lab, admin):
    with pytest.raises(RuntimeError):
        admin.client("iam").put_user_permissions_boundary(
            UserName="admin", PermissionsBoundary=f"arn:aws:iam::{SHOP}:policy/p"
        )
    done = []
    thread = threading.Thread(target=lambda: done.append(admin.client("s3").list_buckets()["Buckets"]))
    thread.start()
    thread.join(10)
    assert done == [[]]
