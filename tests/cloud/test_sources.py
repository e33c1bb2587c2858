"""Every source of the catalogue, pushed by hand: with its own grant the function runs, and without it does not."""

import pytest

from perm_lab import catalog
from perm_lab.cloud import Lab
from tests.cloud.conftest import SHOP, allow
from tests.cloud.test_push import FUNCTION

ARNS = {
    name: source.source_arn.replace("${Partition}", "aws")
    .replace("${Region}", "us-east-1")
    .replace("${Account}", SHOP)
    .replace("${", "")
    .replace("}", "")
    for name, source in catalog.event_sources().items()
}
BY_POLICY = [
    name
    for name, source in catalog.event_sources().items()
    if source.side == "function policy" and source.principal.endswith((".amazonaws.com", ".amazon.com"))
]
BY_ROLE = [name for name, source in catalog.event_sources().items() if source.side == "invocation role"]


@pytest.mark.parametrize("name", BY_POLICY)
def test_each_source_runs_the_function_with_its_own_grant_and_not_without(lab, admin, deploy, name):
    deploy("def lambda_handler(event, context):\n    return event\n")
    source = catalog.event_source(name)
    token = {"token": "amzn1.ask.skill.x"} if source.event_source_token else {}
    push = {"source_arn": ARNS[name], "source_account": SHOP, **token}
    refused = lab.push(name, FUNCTION, **push)
    assert not refused.allowed and refused.payload is None
    assert refused.seen == refused.source.fill(source.failure["seen"], FUNCTION)
    assert "no resource-based policy allows" in refused.records[-1].error_message
    conditions = {"SourceArn": ARNS[name]} if ARNS[name] else {}
    if source.source_account in ("needed", "recommended"):
        conditions["SourceAccount"] = SHOP
    if token:
        conditions["EventSourceToken"] = "amzn1.ask.skill.x"
    for n, action in enumerate(source.actions):
        admin.client("lambda").add_permission(
            FunctionName="thumbnails", StatementId=f"s{n}", Action=action, Principal=source.principal, **conditions
        )
    delivered = lab.push(name, FUNCTION, **push)
    assert delivered.allowed and delivered.seen == ""
    assert (delivered.payload is not None) == (source.invocation == "synchronous")
    assert delivered.records[-1].caller == source.principal
    other = ARNS[name].removesuffix(":*") + "X" + ":*" * ARNS[name].endswith(":*")
    elsewhere = {**push, "source_arn": other} if ARNS[name] else {**push, "token": "another"}
    assert not lab.push(name, FUNCTION, **elsewhere).allowed


@pytest.mark.parametrize("name", BY_ROLE)
def test_each_source_with_a_role_needs_its_trust_and_the_permission(lab, shop, deploy, name):
    deploy("def lambda_handler(event, context):\n    return event\n")
    source = catalog.event_source(name)
    role = shop.role("caller", source.principal)
    push = {"source_arn": ARNS[name], "source_account": SHOP, "role": role}
    refused = lab.push(name, FUNCTION, **push)
    assert not refused.allowed and "no identity-based policy allows" in refused.records[-1].error_message
    shop.role("caller", source.principal, inline={"call": allow("lambda:InvokeFunction", FUNCTION)})
    assert lab.push(name, FUNCTION, **push).allowed
    shop.role("caller", "ec2.amazonaws.com")
    assert lab.push(name, FUNCTION, **push).records[-1].action == "sts:AssumeRole"
    with pytest.raises(ValueError, match="give its ARN as `role`"):
        lab.push(name, FUNCTION, source_arn=ARNS[name], source_account=SHOP)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "sqs", "source_arn": ARNS["sqs"]}, "create an event source mapping, then call `lab.poll"),
        ({"source": "sdk-invoke"}, "call Invoke with a session of the caller"),
        ({"source": "s3"}, "has an ARN of the form arn:"),
        ({"source": "s3", "source_arn": "arn:aws:s3:::p", "role": "arn:aws:iam::1:role/r"}, "assumes no role"),
    ],
)
def test_what_does_not_push_says_what_to_do_instead(lab, arguments, message):
    with pytest.raises(ValueError, match=message):
        lab.push(arguments.pop("source"), FUNCTION, **arguments)


def test_an_unknown_source_is_answered_with_the_nearest(lab):
    with pytest.raises(catalog.UnknownSource, match="did you mean `cognito-user-pool`"):
        lab.push("cognito-userpool", FUNCTION)


def test_nothing_is_pushed_in_a_closed_lab():
    with Lab() as lab:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        lab.push("s3", FUNCTION, source_arn="arn:aws:s3:::p")


def test_why_takes_a_delivery(lab):
    refused = lab.push("config", FUNCTION, source_arn=ARNS["config"])
    assert lab.why(refused).request.principal.service == "config.amazonaws.com"


def test_a_delivery_reads_as_what_the_service_shows(lab, deploy):
    deploy("def lambda_handler(event, context):\n    return event\n")
    refused = lab.push("api-gateway-rest", FUNCTION, source_arn=ARNS["api-gateway-rest"])
    assert "Invalid permissions on Lambda function" in refused.log
    text = str(refused)
    assert f"seen by: {refused.seen}" in text and f"its log says: {refused.log}" in text
    assert "apigateway.amazonaws.com → lambda:Invoke  ✗ AccessDeniedException" in text
