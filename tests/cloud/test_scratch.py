"""A clean lab for a while: nothing of the learner's is in it, and nothing of it stays."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab, scratch_lab
from tests.cloud.conftest import SHOP

ECHO = "def lambda_handler(event, context):\n    return event\n"


def test_where_no_lab_is_open_there_is_none_afterwards():
    with scratch_lab() as lab:
        assert lab is Lab.current()
    assert Lab.current() is None


def test_it_holds_nothing_of_the_open_lab(lab, shop, admin, deploy):
    deploy(ECHO)
    admin.client("s3").create_bucket(Bucket="photos")
    with scratch_lab() as scratch:
        other = scratch.account(SHOP).admin()
        assert [] == other.client("lambda").list_functions()["Functions"]
        assert [] == other.client("s3").list_buckets()["Buckets"]
        other.client("s3").create_bucket(Bucket="photos")  # bucket names are taken once in all of AWS
        assert {"admin"} == {user["UserName"] for user in other.client("iam").list_users()["Users"]}


def test_the_open_lab_stands_afterwards_as_it_stood(lab, shop, admin, deploy, invoke):
    deploy(ECHO)
    shop.sign_in("maya")
    admin.client("s3").create_bucket(Bucket="photos")
    trail = list(lab.trail)
    with scratch_lab() as scratch:
        scratch.account(SHOP).admin().client("iam").create_user(UserName="stranger")
        scratch.account("999999999999")
    assert (trail, {SHOP}) == (list(lab.trail), set(lab.accounts))
    assert {"n": 1} == invoke({"n": 1})[0]
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith(":user/maya")
    assert {"admin", "maya"} == {user["UserName"] for user in admin.client("iam").list_users()["Users"]}


def test_an_error_inside_brings_the_open_lab_back_as_well(lab, shop, admin):
    admin.client("s3").create_bucket(Bucket="photos")
    with pytest.raises(KeyError), scratch_lab():
        raise KeyError
    assert ["photos"] == [bucket["Name"] for bucket in admin.client("s3").list_buckets()["Buckets"]]


def test_a_session_made_inside_is_worth_nothing_afterwards(lab):
    with scratch_lab() as scratch:
        session = scratch.account(SHOP).user("maya")
    with pytest.raises(ClientError, match="invalid"):
        session.client("sts").get_caller_identity()


def test_a_scratch_lab_judges_like_any_other(lab):
    with scratch_lab() as scratch:
        account = scratch.account(SHOP)
        with pytest.raises(ClientError, match="because no identity-based policy allows"):
            account.user("maya").client("iam").list_users()
        allow = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        account.admin().client("iam").put_user_policy(UserName="maya", PolicyName="list", PolicyDocument=document)
        account.user("maya").client("iam").list_users()
