"""The state of a lab as links: what is there, what lacks which permission, and which way the last run went."""

import json

from tests.cloud.conftest import PARTNER, SHOP, allow

FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
ROLE = f"arn:aws:iam::{SHOP}:role/thumbnails-role"
FINE = "def lambda_handler(event, context):\n    return 1\n"


def links(lab):
    return {(link.start, link.end): link for link in lab.survey().links}


def test_an_empty_lab_says_so_and_a_closed_one_too(lab, shop):
    assert str(lab) == f"shop ({SHOP})"
    assert lab.survey().links == ()
    lab.close()
    assert str(lab).startswith("<Lab closed")


def test_a_function_runs_as_its_role_where_that_trusts_lambda(lab, shop, deploy):
    deploy(FINE)
    assert links(lab)[FUNCTION, ROLE].word == "✓ runs as"
    shop.role("thumbnails-role", "ec2.amazonaws.com")
    assert links(lab)[FUNCTION, ROLE].word == "✗ runs as: no trust in Lambda"


def test_what_sends_events_lacks_the_grant_or_has_it(lab, admin, deploy):
    deploy(FINE)
    topic = admin.client("sns").create_topic(Name="alerts")["TopicArn"]
    admin.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    admin.client("events").put_rule(Name="placed", EventPattern=json.dumps({"source": ["x"]}))
    admin.client("events").put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": FUNCTION}])
    rule = f"arn:aws:events:us-east-1:{SHOP}:rule/placed"
    found = links(lab)
    assert {found[topic, FUNCTION].missing, found[rule, FUNCTION].missing} == {"grant in the function policy"}
    for n, principal in enumerate(("sns.amazonaws.com", "events.amazonaws.com")):
        admin.client("lambda").add_permission(
            FunctionName=FUNCTION, StatementId=f"s{n}", Action="lambda:InvokeFunction", Principal=principal
        )
    found = links(lab)
    assert {found[topic, FUNCTION].missing, found[rule, FUNCTION].missing} == {""}
    assert found["sns.amazonaws.com", FUNCTION].word == "✓ let in"


def test_a_rule_with_a_role_goes_through_it(lab, shop, admin, deploy):
    deploy(FINE)
    role = shop.role("caller", "events.amazonaws.com")
    admin.client("events").put_rule(Name="placed", EventPattern=json.dumps({"source": ["x"]}))
    admin.client("events").put_targets(Rule="placed", Targets=[{"Id": "1", "Arn": FUNCTION, "RoleArn": role}])
    assert links(lab)[role, FUNCTION].missing == "lambda:InvokeFunction"
    shop.role("caller", "events.amazonaws.com", inline={"call": allow("lambda:InvokeFunction")})
    assert links(lab)[role, FUNCTION].missing == ""


def test_what_is_polled_names_the_action_that_the_role_lacks(lab, shop, admin, deploy):
    admin.client("sqs").create_queue(QueueName="orders")
    deploy(FINE, managed=("AWSLambdaSQSQueueExecutionRole",))
    queue = f"arn:aws:sqs:us-east-1:{SHOP}:orders"
    admin.client("lambda").create_event_source_mapping(FunctionName=FUNCTION, EventSourceArn=queue)
    assert links(lab)[queue, FUNCTION].word == "✓ is polled for"
    admin.client("iam").detach_role_policy(
        RoleName="thumbnails-role", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    )
    assert links(lab)[queue, FUNCTION].word == "✗ is polled for: no sqs:ReceiveMessage"


def test_other_accounts_and_aliases_have_their_own_links(lab, admin, deploy):
    deploy(FINE)
    pia = lab.account(PARTNER, name="partner").user("pia", inline={"call": allow("lambda:*")})
    client = admin.client("lambda")
    client.publish_version(FunctionName=FUNCTION)
    client.create_alias(FunctionName=FUNCTION, Name="prod", FunctionVersion="1")
    client.add_permission(
        FunctionName=FUNCTION, Qualifier="prod", StatementId="s", Action="lambda:InvokeFunction", Principal=PARTNER
    )
    found = links(lab)
    assert (f"arn:aws:iam::{PARTNER}:root", f"{FUNCTION}:prod") in found
    assert found[f"{FUNCTION}:prod", FUNCTION].label == "alias"
    assert (f"arn:aws:iam::{PARTNER}:user/pia", FUNCTION) not in found
    client.add_permission(FunctionName=FUNCTION, StatementId="s", Action="lambda:InvokeFunction", Principal=PARTNER)
    pia.client("lambda").invoke(FunctionName=FUNCTION)
    found = links(lab)
    assert found[f"arn:aws:iam::{PARTNER}:user/pia", FUNCTION].lit and found[FUNCTION, ROLE].lit
    assert not found[f"{FUNCTION}:prod", FUNCTION].lit
    text = str(lab)
    assert f"partner ({PARTNER})" in text and "user/pia → function:thumbnails: ✓ may invoke  ← the last run" in text


def test_the_survey_leaves_nothing_in_the_trail(lab, admin, deploy):
    deploy(FINE)
    count = len(lab.trail)
    lab.survey()
    assert len(lab.trail) == count


def test_roles_that_nothing_uses_stay_out_and_functions_stay_in(lab, shop, deploy):
    shop.role("unused")
    assert lab.survey().things == ()
    deploy(FINE)
    assert lab.survey().things == (FUNCTION, ROLE)
