"""Other evaluators on the same requests in the same run: moto's access control, and Cedar with the same statements.

Of the workload's callers those of one account and the services are asked: AWS's intersection across accounts and with
session policies has no counterpart in either. moto judges the five identity statements, without their conditions. Cedar
gets everything; what AWS writes as a variable in a resource stands in the request's context, for its patterns are
fixed.
"""

import json
import re

import pytest
from cedarpy import Decision, Entities, is_authorized_batch
from cedarpy import PolicySet as CedarPolicies
from moto.iam.access_control import IAMPolicy, PermissionResult

from perm_lab.iam import Verdict, evaluate
from tests.benchmarks.workload import BUCKET, FUNCTION, IDENTITY, PARTNER, SHOP, World

KINDS = ("user", "role", "s3.amazonaws.com", "cloudtrail.amazonaws.com")
ROUNDS, EACH = 10, 1_000
CEDAR = f"""
permit (principal, action, resource) when {{
    context.service == "" && context.action == "lambda:InvokeFunction"
    && context.arn like "arn:aws:lambda:*:{SHOP}:function:thumb*"
    && ["us-east-1", "eu-west-1"].contains(context.region) }};
permit (principal, action, resource) when {{
    context.service == "" && (context.action like "lambda:Get*" || context.action like "lambda:List*")
    && (context.ip.isInRange(ip("10.0.0.0/8")) || context.ip.isInRange(ip("192.168.0.0/16"))) }};
permit (principal, action, resource) when {{
    context.service == "" && ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"].contains(context.action)
    && context.folder == context.team }};
permit (principal, action, resource) when {{
    context.service == "" && context.action == "s3:GetObject" && context.arn like "{BUCKET}/public/*.jp*g"
    && (context.team like "web*" || context.team like "photo*") }};
forbid (principal, action, resource) when {{
    context.service == "" && (context.action like "lambda:Delete*" || context.action like "lambda:Update*"
    || context.action like "s3:Delete*") && (if context has mfa then !context.mfa else true) }};
permit (principal, action, resource) when {{
    context.service == "s3.amazonaws.com" && context.action == "lambda:InvokeFunction" && context.arn == "{FUNCTION}"
    && context.source == "{BUCKET}" && context.owner == "{SHOP}" }};
permit (principal, action, resource) when {{
    context.service == "cloudtrail.amazonaws.com" && context.action == "s3:PutObject"
    && context.arn like "{BUCKET}/trails/*" && context.source like "arn:aws:cloudtrail:*:{SHOP}:trail/*" }};
permit (principal, action, resource) when {{
    context.account == "{PARTNER}" && context.action == "s3:GetObject" && context.arn like "{BUCKET}/public/*" }};
forbid (principal, action, resource) when {{ context.action like "s3:*" && !context.secure }};
"""


@pytest.fixture
def cases():
    return [case for case in World().cases(count=2 * EACH) if case.kind in KINDS][:EACH]


@pytest.fixture
def timed(benchmark, notes):
    def run(key, work, requests):
        answers = benchmark.pedantic(work, [requests], rounds=ROUNDS, warmup_rounds=1)
        notes.rate(key, len(requests))
        return answers

    return run


def test_ours(timed, cases):
    pairs = [(case.request, case.policies) for case in cases]
    answers = timed("ours", lambda pairs: [evaluate(*pair).verdict for pair in pairs], pairs)
    assert [case.expected for case in cases] == answers


def test_moto(timed, cases):
    policy = IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": IDENTITY}))
    asked = [case.asked[1:3] for case in cases]
    answers = timed("moto", lambda asked: [policy.is_action_permitted(*each) for each in asked], asked)
    assert {PermissionResult.PERMITTED, PermissionResult.DENIED, PermissionResult.NEUTRAL} == set(answers)


def test_cedar(timed, cases):
    policies, nobody = CedarPolicies.from_str(CEDAR), Entities.from_json_str("[]")
    requests = [cedar_request(case) for case in cases]
    answers = timed("cedar", lambda requests: is_authorized_batch(requests, policies, nobody), requests)
    allowed = [case.expected is Verdict.ALLOW for case in cases]
    assert allowed == [answer.decision is Decision.Allow for answer in answers]


def cedar_request(case):
    principal, action, arn, _, keys = case.asked
    folder = re.match(f"{BUCKET}/team/([^/]+)/", arn)
    context = {
        "action": action,
        "arn": arn,
        "service": principal.service,
        "account": principal.account,
        "team": principal.tags.get("team", "nobody"),
        "folder": folder[1] if folder else "",
        "region": keys["aws:RequestedRegion"],
        "ip": {"__extn": {"fn": "ip", "arg": keys["aws:SourceIp"]}},
        "secure": keys["aws:SecureTransport"] == "true",
        "source": keys.get("aws:SourceArn", ""),
        "owner": keys.get("aws:SourceAccount", ""),
    }
    if "aws:MultiFactorAuthPresent" in keys:
        context["mfa"] = keys["aws:MultiFactorAuthPresent"] == "true"
    names = {"principal": 'Caller::"one"', "action": 'Action::"call"', "resource": 'Thing::"one"'}
    return names | {"context": context}
