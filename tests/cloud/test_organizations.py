"""Accounts in an organization: what aws:PrincipalOrgID and aws:ResourceOrgID then say."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import PARTNER, SHOP, allow

STRANGER = "999999999999"
ORGANIZATION = "o-photoshops"
ECHO = "def lambda_handler(event, context):\n    return event\n"


@pytest.fixture
def open_to_the_organization(lab, shop, admin, deploy):
    deploy(ECHO)
    admin.client("lambda").add_permission(
        FunctionName="thumbnails",
        StatementId="partners",
        Action="lambda:InvokeFunction",
        Principal="*",
        PrincipalOrgID=ORGANIZATION,
    )
    return f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"


def somebody(lab, account):
    return lab.account(account).user("maya", inline={"invoke": allow("lambda:InvokeFunction")}).client("lambda")


def test_a_member_gets_in_and_a_stranger_does_not(lab, open_to_the_organization):
    lab.organization(ORGANIZATION, SHOP, PARTNER)
    answer = somebody(lab, PARTNER).invoke(FunctionName=open_to_the_organization, Payload=json.dumps({"n": 1}))
    assert 200 == answer["StatusCode"]
    with pytest.raises(ClientError, match="because no resource-based policy allows"):
        somebody(lab, STRANGER).invoke(FunctionName=open_to_the_organization)


def test_who_left_is_no_member(lab, open_to_the_organization):
    lab.organization(ORGANIZATION, SHOP, PARTNER)
    lab.organization(ORGANIZATION, SHOP)
    with pytest.raises(ClientError, match="not authorized"):
        somebody(lab, PARTNER).invoke(FunctionName=open_to_the_organization)
    assert ("", True) == (lab.accounts[PARTNER].organization, bool(lab.accounts[SHOP].organization))


def test_the_organization_of_the_resource_is_known_too(lab, shop):
    lab.organization(ORGANIZATION, SHOP)
    policy = allow("lambda:ListFunctions", Condition={"StringEquals": {"aws:ResourceOrgID": ORGANIZATION}})
    shop.user("maya", inline={"inside": policy}).client("lambda").list_functions()


@pytest.mark.parametrize("wrong", ["photoshops", "o-short", "o-Photoshops1", ""])
def test_an_id_that_no_organization_has_is_refused(lab, wrong):
    with pytest.raises(ValueError, match="legal: `o-`"):
        lab.organization(wrong, SHOP)
