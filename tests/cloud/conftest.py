"""A lab with one account, and the small functions that the tests deploy."""

import json
import re

import pytest

from perm_lab.cloud import Lab
from perm_lab.cloud.magic import HANDLER, deployment_package

SHOP, PARTNER = "111111111111", "222222222222"


@pytest.fixture
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture
def shop(lab):
    return lab.account(SHOP, name="shop")


@pytest.fixture
def admin(shop):
    return shop.admin()


def allow(action, resource="*", **more):
    """A policy document with one Allow statement."""
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def handler(*lines, head=""):
    """The source of a handler with these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"import asyncio, os, random, sys, threading, time\n{head}\ndef lambda_handler(event, context):\n{body}"


def duration(admin, name="thumbnails"):
    """Milliseconds that the last `REPORT` line tells."""
    events = admin.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return float(re.findall(r"Duration: ([\d.]+) ms\t", "".join(event["message"] for event in events))[-2])


@pytest.fixture
def deploy(shop, admin):
    """Create a function from source; its role holds the policies given."""

    def create(source, name="thumbnails", managed=("AWSLambdaBasicExecutionRole",), inline=None, **settings):
        role = shop.role(f"{name}-role", managed=managed, inline=inline)
        admin.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=HANDLER,
            Role=role,
            Code={"ZipFile": deployment_package(source)},
            **settings,
        )
        return role

    return create


@pytest.fixture
def invoke(admin):
    """Invoke a function as the administrator: the parsed payload and the whole answer."""

    def call(event=None, name="thumbnails", **params):
        answer = admin.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}), **params)
        return json.loads(answer["Payload"].read() or b"null"), answer

    return call
