"""Function URLs: two permissions, signed or open to everybody."""

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import PARTNER, SHOP, allow
from tests.cloud.test_push import ECHO, FUNCTION


def url(session, auth_type, **params):
    answer = session.client("lambda").create_function_url_config(
        FunctionName="thumbnails", AuthType=auth_type, **params
    )
    return answer["FunctionUrl"]


def open_up(session, *actions):
    conditions = {
        "lambda:InvokeFunctionUrl": {"FunctionUrlAuthType": "NONE"},
        "lambda:InvokeFunction": {"InvokedViaFunctionUrl": True},
    }
    for action in actions:
        session.client("lambda").add_permission(
            FunctionName="thumbnails",
            StatementId=action.rpartition(":")[2],
            Action=action,
            Principal="*",
            **conditions[action],
        )


BOTH = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


@pytest.mark.parametrize(("granted", "status"), [((), 403), (BOTH[:1], 403), (BOTH[1:], 403), (BOTH, 200)])
def test_an_open_url_needs_both_permissions(lab, admin, deploy, granted, status):
    deploy("def lambda_handler(event, context):\n    return {'path': event['rawPath']}\n")
    address = url(admin, "NONE")
    open_up(admin, *granted)
    response = lab.fetch(address + "cats?n=1")
    assert response.status == status
    forbidden = (
        '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
        'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}'
    )
    assert response.body == ('{"path": "/cats"}' if status == 200 else forbidden)


def test_a_statement_for_urls_does_not_open_invoke_itself(lab, admin, deploy):
    deploy(ECHO)
    open_up(admin, *BOTH)
    stranger = lab.account(PARTNER).user("eve", inline={"all": allow("lambda:*")})
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        stranger.client("lambda").invoke(FunctionName=FUNCTION)


def test_a_signed_url_takes_who_may_and_knows_who_it_is(lab, shop, admin, deploy):
    deploy("def lambda_handler(event, context):\n    return event['requestContext']['authorizer']['iam']['userArn']\n")
    address = url(admin, "AWS_IAM")
    maya = shop.user("maya", inline={"call": allow(list(BOTH), FUNCTION)})
    eve = shop.user("eve", inline={"half": allow(BOTH[0], FUNCTION)})
    assert (lab.fetch(address, maya).status, lab.fetch(address, maya).body) == (200, f"arn:aws:iam::{SHOP}:user/maya")
    assert [lab.fetch(address, who).status for who in (eve, None)] == [403, 403]


def test_a_url_of_no_function_is_said_to_be_none(lab):
    with pytest.raises(LookupError, match="is the URL of no function"):
        lab.fetch("https://example.lambda-url.us-east-1.on.aws/")
