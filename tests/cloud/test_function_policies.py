"""Function policies at work: who gets in by which statement on which qualifier, and who may write them."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import PARTNER, SHOP, allow, document

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
FINE = "def lambda_handler(event, context):\n    return [context.invoked_function_arn, context.function_version]\n"


@pytest.fixture
def client(admin):
    return admin.client("lambda")


@pytest.fixture
def partner(lab):
    """A user of another account who may call every function."""
    return lab.account(PARTNER, name="partner").user("pia", inline={"call": allow("lambda:*")})


def let(client, principal, sid="s", action="lambda:InvokeFunction", **more):
    return client.add_permission(FunctionName="thumbnails", StatementId=sid, Action=action, Principal=principal, **more)


def calls(session, **qualifier):
    """What the function returned, or the code and the sentence of the refusal."""
    try:
        answer = session.client("lambda").invoke(FunctionName=FUNCTION, **qualifier)
    except ClientError as error:
        return error.response["Error"]["Message"].rpartition(" because ")[2]
    return json.loads(answer["Payload"].read())


NOBODY = "no resource-based policy allows the lambda:InvokeFunction action"


def test_another_account_needs_a_grant_and_a_permission_of_its_own(lab, client, deploy, partner):
    deploy(FINE)
    assert calls(partner) == NOBODY
    let(client, PARTNER)
    assert calls(partner) == [FUNCTION, "$LATEST"]
    poor = lab.account(PARTNER).user("paul")
    assert calls(poor) == "no identity-based policy allows the lambda:InvokeFunction action"
    client.remove_permission(FunctionName="thumbnails", StatementId="s")
    assert calls(partner) == NOBODY


def test_an_organization_is_let_in_by_a_condition_only_where_the_caller_is_in_it(client, deploy, partner):
    deploy(FINE)
    let(client, "*", PrincipalOrgID="o-0123456789")
    assert calls(partner) == NOBODY


def test_each_version_and_alias_has_a_policy_of_its_own(client, deploy, partner):
    deploy(FINE)
    client.publish_version(FunctionName="thumbnails")
    client.create_alias(FunctionName="thumbnails", Name="prod", FunctionVersion="1")
    let(client, PARTNER, Qualifier="prod")
    assert calls(partner) == calls(partner, Qualifier="1") == NOBODY
    assert calls(partner, Qualifier="prod") == [f"{FUNCTION}:prod", "1"]
    let(client, PARTNER)
    assert calls(partner) == [FUNCTION, "$LATEST"]
    assert calls(partner, Qualifier="1") == NOBODY


def test_a_version_keeps_the_code_that_it_was_published_with(client, deploy, invoke):
    from perm_lab.cloud.magic import deployment_package

    deploy("def lambda_handler(event, context): return 'one'\n")
    client.publish_version(FunctionName="thumbnails")
    package = deployment_package("def lambda_handler(event, context): return 'two'\n")
    client.update_function_code(FunctionName="thumbnails", ZipFile=package)
    assert (invoke()[0], invoke(Qualifier="1")[0]) == ("two", "one")
    assert invoke(Qualifier="1")[1]["ExecutedVersion"] == "1"


def put(client, *statements, arn=FUNCTION, **more):
    return client.put_resource_policy(ResourceArn=arn, Policy=json.dumps(document(*statements)), **more)


def grant(effect="Allow", principal="*", **more):
    return {
        "Effect": effect,
        "Principal": principal,
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        **more,
    }


def test_a_whole_document_takes_the_place_of_every_statement(client, deploy, partner):
    deploy(FINE)
    let(client, "s3.amazonaws.com", sid="old")
    answer = put(client, {"Sid": "both", **grant(principal={"AWS": [PARTNER, SHOP], "Service": "sns.amazonaws.com"})})
    assert calls(partner) == [FUNCTION, "$LATEST"]
    policy = json.loads(client.get_policy(FunctionName="thumbnails")["Policy"])
    assert (
        policy == json.loads(answer["Policy"]) == json.loads(client.get_resource_policy(ResourceArn=FUNCTION)["Policy"])
    )
    assert [statement["Sid"] for statement in policy["Statement"]] == ["both"]
    let(client, "s3.amazonaws.com", sid="new")
    policy = json.loads(client.get_resource_policy(ResourceArn=FUNCTION)["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["both", "new"]
    client.delete_resource_policy(ResourceArn=FUNCTION)
    assert calls(partner) == NOBODY


def test_an_explicit_deny_shuts_the_owner_s_administrator_out(admin, client, deploy):
    deploy(FINE)
    put(client, {"Sid": "no", **grant("Deny", {"AWS": f"arn:aws:iam::{SHOP}:user/admin"})})
    assert calls(admin).endswith("with an explicit deny in a resource-based policy")


def test_any_global_key_may_be_a_condition(client, deploy, partner):
    deploy(FINE)
    condition = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:user/p*"}}
    put(client, grant(Condition=condition))
    assert calls(partner) == [FUNCTION, "$LATEST"]
    put(client, grant(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:user/q*"}}))
    assert calls(partner) == NOBODY


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "The provided policy is not valid: "),
        (json.dumps(document({"Effect": "Allow", "Action": "lambda:*", "Resource": "*"})), "Principal"),
        (json.dumps(document(grant("Maybe"))), "Effect"),
    ],
)
def test_a_document_that_is_no_policy_changes_nothing(client, deploy, policy, message):
    deploy(FINE)
    let(client, "s3.amazonaws.com", sid="old")
    before = client.get_policy(FunctionName="thumbnails")
    with pytest.raises(ClientError, match=message) as caught:
        client.put_resource_policy(ResourceArn=FUNCTION, Policy=policy)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    after = client.get_policy(FunctionName="thumbnails")
    assert (before["Policy"], before["RevisionId"]) == (after["Policy"], after["RevisionId"])


def test_a_stale_revision_is_refused_by_either_way_of_writing(client, deploy):
    deploy(FINE)
    first = put(client, grant())["RevisionId"]
    put(client, grant(), RevisionId=first)
    for call in (
        lambda: put(client, grant(), RevisionId=first),
        lambda: let(client, "*", RevisionId=first),
        lambda: client.delete_resource_policy(ResourceArn=FUNCTION, RevisionId=first),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "PreconditionFailedException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_a_policy_ends_at_20480_characters(client, deploy):
    deploy(FINE)
    for n in range(110):
        try:
            let(client, "s3.amazonaws.com", sid=f"s{n:03}", SourceArn=f"arn:aws:s3:::{'b' * 40}{n:03}")
        except ClientError as error:
            found = error.response["Error"]
            break
    assert found["Code"] == "PolicyLengthExceededException"
    size = int(found["Message"].split("(")[1].split(")")[0])
    assert found["Message"] == f"The final policy size ({size}) is bigger than the limit (20480)."
    assert len(client.get_policy(FunctionName="thumbnails")["Policy"]) <= 20_480 < size


@pytest.mark.parametrize(
    ("principal", "written"),
    [
        ("*", "*"),
        (PARTNER, {"AWS": f"arn:aws:iam::{PARTNER}:root"}),
        (f"arn:aws:iam::{SHOP}:user/admin", {"AWS": f"arn:aws:iam::{SHOP}:user/admin"}),
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        (f"arn:aws:iam::{SHOP}:user/nobody", None),
        ("invalid.example.com", None),
        ("maya", None),
    ],
)
def test_a_principal_is_written_as_aws_writes_it_or_refused(client, admin, deploy, principal, written):
    deploy(FINE)
    if written is None:
        with pytest.raises(ClientError, match="The provided principal was invalid. Please check the principal"):
            let(client, principal)
    else:
        assert json.loads(let(client, principal)["Statement"])["Principal"] == written


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("lambda:PutResourcePolicy", lambda c: put(c, grant())),
        ("lambda:AddPermission", lambda c: put(c, grant())),
        ("lambda:RemovePermission", lambda c: put(c, grant())),
        ("lambda:GetPolicy", lambda c: c.get_resource_policy(ResourceArn=FUNCTION)),
        ("lambda:GetResourcePolicy", lambda c: c.get_resource_policy(ResourceArn=FUNCTION)),
        ("lambda:RemovePermission", lambda c: c.delete_resource_policy(ResourceArn=FUNCTION)),
    ],
)
def test_the_whole_document_takes_the_permissions_of_both_ways(shop, client, deploy, missing, call):
    deploy(FINE)
    put(client, grant())
    everything = {f"lambda:{verb}ResourcePolicy" for verb in ("Put", "Get", "Delete")}
    everything |= {"lambda:AddPermission", "lambda:RemovePermission", "lambda:GetPolicy"}
    maya = shop.user("maya", inline={"write": allow(sorted(everything - {missing}))})
    with pytest.raises(ClientError, match=f"not authorized to perform: {missing}"):
        call(maya.client("lambda"))
    shop.user("maya", inline={"rest": allow(missing)})
    call(maya.client("lambda"))


def test_who_may_grant_can_be_held_to_one_principal(shop, deploy):
    deploy(FINE)
    only = {"StringEquals": {"lambda:Principal": "sns.amazonaws.com"}}
    maya = shop.user("maya", inline={"grant": allow("lambda:AddPermission", Condition=only)}).client("lambda")
    let(maya, "sns.amazonaws.com")
    with pytest.raises(ClientError, match="not authorized to perform: lambda:AddPermission"):
        let(maya, "s3.amazonaws.com", sid="t")


def test_a_mapping_can_be_held_to_one_function(shop, admin, deploy):
    deploy(FINE, managed=("AWSLambdaSQSQueueExecutionRole",))
    deploy(FINE, name="other", managed=("AWSLambdaSQSQueueExecutionRole",))
    admin.client("sqs").create_queue(QueueName="orders")
    only = {"ArnLike": {"lambda:FunctionArn": FUNCTION}}
    maya = shop.user("maya", inline={"map": allow("lambda:CreateEventSourceMapping", Condition=only)}).client("lambda")
    source = f"arn:aws:sqs:us-east-1:{SHOP}:orders"
    maya.create_event_source_mapping(FunctionName="thumbnails", EventSourceArn=source)
    with pytest.raises(ClientError, match="not authorized to perform: lambda:CreateEventSourceMapping"):
        maya.create_event_source_mapping(FunctionName="other", EventSourceArn=source)


def test_a_layer_of_another_account_needs_a_grant_on_its_version(lab, shop, admin, deploy):
    deploy(FINE)
    theirs = lab.account(PARTNER).admin().client("lambda")
    layer = theirs.publish_layer_version(LayerName="tools", Content={"ZipFile": b"PK"})["LayerVersionArn"]
    client = admin.client("lambda")
    with pytest.raises(ClientError, match="because no resource-based policy allows the lambda:GetLayerVersion action"):
        client.update_function_configuration(FunctionName="thumbnails", Layers=[layer])
    theirs.add_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="s", Action="lambda:GetLayerVersion", Principal=SHOP
    )
    found = client.update_function_configuration(FunctionName="thumbnails", Layers=[layer])
    assert [each["Arn"] for each in found["Layers"]] == [layer]


def test_why_leads_from_a_role_that_cannot_be_assumed_to_its_trust_policy(lab, shop, client, deploy):
    deploy(FINE)
    role = shop.role("other", "ec2.amazonaws.com")
    with pytest.raises(ClientError, match="The role defined for the function cannot be assumed by Lambda") as caught:
        client.update_function_configuration(FunctionName="thumbnails", Role=role)
    decision = lab.why(caught.value)
    assert (decision.request.action, decision.request.resource) == ("sts:AssumeRole", role)
    assert decision.request.principal.service == "lambda.amazonaws.com"
