"""Each source of events is complete for its side, agrees with the rest of the catalogue, and works in the engine."""

import base64
import gzip
import json
import re
from dataclasses import FrozenInstanceError, fields

import botocore.session
import pytest

from perm_lab import catalog
from perm_lab.iam import Policy, PolicyKind, PolicySet, Principal, Request, Verdict, evaluate
from tests.repo import PACKAGE

ROWS = json.loads((PACKAGE / "catalog" / "data" / "event_sources.json").read_text("utf-8"))["event_sources"]
SOURCES = catalog.event_sources()
ACCOUNT, FUNCTION = "111111111111", "arn:aws:lambda:us-east-1:111111111111:function:f"

# Which members a row has: every row, and by its side those that it must and those that it may have.
EVERY = set("name title side invocation configure checked failure note documentation verified event".split())
MUST = {
    "function policy": {"principal", "actions"},
    "invocation role": {"principal", "source_arn", "role_actions"},
    "execution role": {"role_actions", "batch_size", "settings"},
    "caller": {"actions"},
}
MAY = {
    "function policy": {"source_arn", "source_account", "event_source_token", "tries"},
    "invocation role": {"role_optional", "managed_policy"},
    "execution role": {"source_arn", "role_optional", "managed_policy", "source_policy", "starting_position_needed"},
    "caller": {"source_arn"},
}
VALUES = {
    "side": set(MUST),
    "source_account": {"needed", "recommended", "optional", "refused"},
    "invocation": {"synchronous", "asynchronous", "polled"},
    "checked": {"configuration", "delivery"},
    "verified": {"documented", "recorded", "practice"},
}
# Who may run the function, what SourceAccount does, when a missing permission shows, and where the event names its
# source (a path of members; "nowhere" where AWS's event does not have the ARN).
TABLE = """
s3|s3.amazonaws.com|needed|configuration|Records.0.s3.bucket.arn
sns|sns.amazonaws.com|refused|delivery|Records.0.Sns.TopicArn
eventbridge-rule|events.amazonaws.com|refused|delivery|nowhere
api-gateway-rest|apigateway.amazonaws.com|optional|delivery|nowhere
api-gateway-http|apigateway.amazonaws.com|optional|delivery|nowhere
api-gateway-websocket|apigateway.amazonaws.com|optional|delivery|nowhere
api-gateway-authorizer|apigateway.amazonaws.com|optional|delivery|nowhere
application-load-balancer|elasticloadbalancing.amazonaws.com|recommended|configuration|requestContext.elb.targetGroupArn
cloudwatch-logs|logs.amazonaws.com|recommended|configuration|nowhere
cloudwatch-alarm|lambda.alarms.cloudwatch.amazonaws.com|recommended|delivery|alarmArn
cognito-user-pool|cognito-idp.amazonaws.com|recommended|delivery|nowhere
cognito-sync|cognito-sync.amazonaws.com|optional|delivery|nowhere
iot-rule|iot.amazonaws.com|recommended|delivery|nowhere
ses|ses.amazonaws.com|recommended|configuration|nowhere
config|config.amazonaws.com|recommended|configuration|configRuleArn
codecommit|codecommit.amazonaws.com|recommended|delivery|Records.0.eventSourceARN
secrets-manager|secretsmanager.amazonaws.com|recommended|configuration|SecretId
lex-v2|lexv2.amazonaws.com|recommended|delivery|nowhere
lex-v1|lex.amazonaws.com|optional|configuration|nowhere
connect|connect.amazonaws.com|recommended|delivery|Details.ContactData.InstanceARN
bedrock-agent|bedrock.amazonaws.com|recommended|delivery|nowhere
vpc-lattice|vpc-lattice.amazonaws.com|optional|delivery|requestContext.targetGroupArn
appsync-authorizer|appsync.amazonaws.com|optional|delivery|nowhere
cloudfront|cloudfront.amazonaws.com|optional|delivery|nowhere
alexa-skill|alexa-appkit.amazon.com||configuration|nowhere
alexa-smart-home|alexa-connectedhome.amazon.com||configuration|nowhere
function-url|*||delivery|nowhere
other-account|arn:${Partition}:iam::${Account}:root||delivery|nowhere
eventbridge-rule-role|events.amazonaws.com||delivery|nowhere
eventbridge-scheduler|scheduler.amazonaws.com||delivery|resources.0
eventbridge-pipe|pipes.amazonaws.com||delivery|nowhere
step-functions|states.amazonaws.com||delivery|nowhere
api-gateway-role|apigateway.amazonaws.com||delivery|nowhere
s3-batch|batchoperations.s3.amazonaws.com||delivery|nowhere
appsync-data-source|appsync.amazonaws.com||delivery|nowhere
firehose|firehose.amazonaws.com||delivery|deliveryStreamArn
codepipeline|codepipeline.amazonaws.com||delivery|nowhere
lambda-destination|lambda.amazonaws.com||configuration|nowhere
kinesis|||configuration|Records.0.eventSourceARN
dynamodb-stream|||configuration|Records.0.eventSourceARN
sqs|||configuration|Records.0.eventSourceARN
msk|||delivery|eventSourceArn
self-managed-kafka|||delivery|nowhere
mq-activemq|||delivery|eventSourceArn
mq-rabbitmq|||delivery|eventSourceArn
documentdb|||delivery|eventSourceArn
function-url-iam|||delivery|nowhere
sdk-invoke|||delivery|nowhere
s3-object-lambda|||delivery|configuration.accessPointArn
cloudformation|||delivery|StackId
lambda-edge|||configuration|nowhere
"""
FACTS = [row.split("|") for row in TABLE.strip().splitlines()]
# Default batch sizes and whether StartingPosition must be given, by the Lambda guide's tables of parameters.
POLLED = """
    kinesis 100 needed, dynamodb-stream 100 needed, sqs 10 -, msk 100 needed, self-managed-kafka 100 needed,
    mq-activemq 100 -, mq-rabbitmq 100 -, documentdb 100 needed
"""
# ARNs of sources that the Service Authorization Reference has no type for, or has in a shorter form.
OWN_FORM = {"api-gateway-websocket", "api-gateway-authorizer", "cloudwatch-logs"}
# Actions of services outside the catalogue that have no API operation of their name, as the MSK guide lists them.
NO_OPERATION = {f"kafka-cluster:{n}" for n in "Connect AlterGroup DescribeGroup DescribeTopic ReadData".split()}
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws|amazon)\.com")

on_side = {side: [s for s in SOURCES.values() if s.side == side] for side in MUST}
with_role = on_side["invocation role"] + on_side["execution role"]


def every(rows):
    return pytest.mark.parametrize("source", list(rows), ids=lambda source: source.name)


def raw(values):
    return pytest.mark.parametrize("row", values, ids=lambda row: row["name"])


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from strings(part)


def filled(template, **known):
    """A template with its variables replaced: those known, and `x` for the others."""
    known = {"Partition": "aws", "Region": "us-east-1", "Account": ACCOUNT} | known
    return re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], "x"), template)


def event_of(source):
    """The source's event with every placeholder filled, as a push fills it."""
    arn = filled(source.source_arn)
    known = {"SourceArn": arn, "SourceAccount": ACCOUNT, "Region": "us-east-1", "Resource": re.split("[:/]", arn)[-1]}
    text = json.dumps(source.event)
    for name, value in known.items():
        text = text.replace(f"${{{name}}}", value)
    return json.loads(text)


def at(value, path):
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def role_policy(actions):
    return Policy.parse(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}
    )


def role_verdict(action, *policies):
    """What a role with these policies gets on anything of its account; a key's own policy delegates to the account."""
    reader = Principal.parse(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/f")
    if not action.startswith("kms:"):
        return evaluate(Request(reader, action), PolicySet(identity=policies)).verdict
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    key = Policy.parse({"Version": "2012-10-17", "Statement": statement}, kind=PolicyKind.RESOURCE)
    request = Request(reader, action, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k")
    return evaluate(request, PolicySet(identity=policies, resource=key)).verdict


@raw(ROWS)
def test_a_row_has_the_members_of_its_side_and_no_others(row):
    assert set() == (EVERY | MUST[row["side"]]) - set(row)
    assert set() == set(row) - EVERY - MUST[row["side"]] - MAY[row["side"]]


@raw(ROWS)
def test_what_does_not_apply_is_left_out(row):
    assert [] == [name for name, value in row.items() if value in (None, "", False, 0, [], {}) and name != "event"]


@raw(ROWS)
def test_a_value_is_one_of_those_that_are_legal(row):
    assert {} == {name: row[name] for name, legal in VALUES.items() if name in row and row[name] not in legal}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["name"])
    assert re.match(r"https://(docs\.aws\.amazon|developer\.amazon)\.com/\S+$", row["documentation"])


def test_the_loader_knows_every_member_but_where_a_row_is_from_and_every_member_is_used():
    known = {member.name for member in fields(catalog.EventSource)}
    assert known | {"documentation", "verified"} == set().union(*ROWS)
    assert set() == known & {"documentation", "verified"}


def test_there_are_enough_sources_and_their_names_differ():
    assert len(ROWS) == len({row["name"] for row in ROWS}) == len(SOURCES) >= 30
    assert [row["name"] for row in ROWS] == list(SOURCES)
    assert len(ROWS) == len({row["note"] for row in ROWS}) == len({row["title"] for row in ROWS})


def test_every_source_of_the_guide_is_here_with_its_principal_and_its_check():
    assert [facts[:4] for facts in FACTS] == [
        [source.name, source.principal, source.source_account, source.checked] for source in SOURCES.values()
    ]


def test_a_source_of_another_account_is_let_in_by_its_own_policy_where_it_has_one():
    assert {"kinesis", "dynamodb-stream", "sqs", "msk"} == {s.name for s in SOURCES.values() if s.source_policy}


@pytest.mark.parametrize("row", [row.split() for row in POLLED.split(",")], ids=lambda row: row[0])
def test_a_mapping_takes_the_documented_defaults(row):
    source = catalog.event_source(row[0])
    assert row[1:] == [str(source.batch_size), "needed" if source.starting_position_needed else "-"]


@every(SOURCES.values())
def test_lambda_polls_as_the_execution_role_and_no_other_side_does(source):
    polled = source.side == "execution role"
    assert polled == (source.invocation == "polled") == (source.configure["operation"] == "CreateEventSourceMapping")
    assert polled == (source.name in POLLED.replace(",", " ").split())


@every(SOURCES.values())
def test_a_failure_says_who_sees_it_and_what_aws_says(source):
    failure = source.failure
    assert failure["seen"] and set() == set(failure) - set("seen code message status metric log".split())
    assert all(isinstance(text, str) and text.strip() for name, text in failure.items() if name != "status")
    assert failure.get("status", 400) in range(400, 600)
    assert re.fullmatch(r"AWS(/[A-Za-z0-9]+)+ [A-Za-z0-9.]+", failure.get("metric", "AWS/Lambda Errors"))
    variables = {name for text in strings(dict(failure)) for name in re.findall(r"\$\{(\w+)\}", text)}
    assert set() == variables - {"FunctionArn", "SourceArn", "IntentArn", "RoleArn", "CallerArn", "Trigger"}


@every(SOURCES.values())
def test_a_note_is_one_sentence(source):
    assert re.fullmatch(r"[A-Z][^\n]{40,260}\.", source.note)
    assert 1 == len(re.findall(r"[.?!](?=\s|$)", source.note))


@every(on_side["function policy"] + on_side["invocation role"])
def test_a_principal_is_a_service_everyone_or_an_account(source):
    assert SERVICE.fullmatch(source.principal) or (source.name, source.principal) in [
        ("function-url", "*"),
        ("other-account", "arn:${Partition}:iam::${Account}:root"),
    ]
    assert source.side == "function policy" or source.principal.endswith(".amazonaws.com")


@every(source for source in SOURCES.values() if source.source_arn)
def test_the_arn_of_a_source_has_six_parts_and_known_variables(source):
    parts = source.source_arn.split(":", 5)
    assert 6 == len(parts) and all([*parts[:3], parts[5]])
    assert ["arn", "${Partition}"] == parts[:2] and re.fullmatch("[a-z0-9-]+", parts[2])
    assert parts[3] in ("", "${Region}") and parts[4] in ("", "${Account}")
    assert "$" not in re.sub(r"\$\{[A-Z]\w+\}", "", source.source_arn)


@every(s for s in SOURCES.values() if s.source_arn.split(":")[2:3] and s.source_arn.split(":")[2] in catalog.services())
def test_the_arn_of_a_source_is_that_of_the_service_authorization_reference(source):
    service = source.source_arn.split(":")[2]
    known = [catalog.resource_type(service, name) for name in catalog._service(service)["resource_types"]]
    assert (source.name in OWN_FORM) == (source.source_arn not in known)


@every(on_side["function policy"])
def test_a_grant_is_narrowed_by_an_arn_or_a_token(source):
    assert bool(source.source_arn) == bool(source.source_account)
    assert bool(source.source_arn) + source.event_source_token == (source.name not in ("function-url", "other-account"))
    assert ("::" in source.source_arn and "${Account}" not in source.source_arn) == (source.source_account == "needed")


@every(SOURCES.values())
def test_its_actions_exist(source):
    optional = [row["action"] for row in source.role_optional]
    session = botocore.session.get_session()
    for name in (*source.actions, *source.role_actions, *optional):
        service, _, operation = name.partition(":")
        if service in catalog.services():
            found = catalog.action(name)
            assert found and f"{service}:{found.name}" == name
        elif name not in NO_OPERATION:
            assert operation in session.get_service_model(service).operation_names, name
    assert len(set(source.role_actions)) == len(source.role_actions)
    assert set() == set(optional) & set(source.role_actions)
    assert all({"action", "when"} == set(row) and row["when"] for row in source.role_optional)


@every(SOURCES.values())
def test_botocore_knows_the_call_that_sets_it_up(source):
    assert {"service", "operation"} == set(source.configure)
    model = botocore.session.get_session().get_service_model(source.configure["service"])
    assert source.configure["operation"] in model.operation_names


@every(source for source in with_role if source.managed_policy)
def test_the_managed_policy_allows_what_the_role_needs(source):
    policy = Policy.parse(catalog.managed_policy(source.managed_policy).document)
    assert [] == [name for name in source.role_actions if role_verdict(name, policy) != Verdict.ALLOW]


@every(with_role)
def test_a_role_with_exactly_its_actions_may_and_with_one_less_may_not(source):
    whole = role_policy(source.role_actions)
    assert {Verdict.ALLOW} == {role_verdict(name, whole) for name in source.role_actions}
    for missing in source.role_actions:
        rest = [role_policy(kept)] if (kept := set(source.role_actions) - {missing}) else []
        assert Verdict.IMPLICIT_DENY == role_verdict(missing, *rest)


@every(on_side["function policy"])
def test_a_function_policy_for_it_lets_it_in_and_its_neighbour_not(source):
    arn = filled(source.source_arn)
    service = bool(SERVICE.fullmatch(source.principal))
    named = {"Service": source.principal} if service else {"AWS": filled(source.principal, Account="222222222222")}
    keys = {"lambda:EventSourceToken": "skill"} if source.event_source_token else {"aws:SourceArn": arn} if arn else {}
    condition = {"Condition": {"ArnLike" if arn else "StringEquals": keys}} if keys else {}
    statement = {"Effect": "Allow", "Principal": named, "Action": list(source.actions), "Resource": FUNCTION}
    document = {"Version": "2012-10-17", "Statement": statement | condition}
    policy = Policy.parse(document, kind=PolicyKind.RESOURCE)
    assert [] == [str(finding) for finding in policy.check() if finding.severity.value == "error"]
    caller = Principal.aws_service(source.principal) if service else Principal.anonymous()
    for action in source.actions:
        for context in (keys, {key: re.sub(r"\bx\b|skill", "y", value) for key, value in keys.items()}):
            decision = evaluate(Request(caller, action, FUNCTION, context=context), PolicySet(resource=policy))
            let_in = context == keys and source.name != "other-account"  # which still asks its caller's own account
            assert let_in == (decision.verdict == Verdict.ALLOW)


@every(SOURCES.values())
def test_an_event_is_json_with_placeholders_that_a_push_can_fill(source):
    assert json.loads(json.dumps(source.event)) == source.event and source.event
    named = {name for text in strings(source.event) for name in re.findall(r"\$\{(\w*)", text)}
    assert set() == named - {"SourceArn", "SourceAccount", "Region", "Resource"}
    assert source.source_arn or not named & {"SourceArn", "Resource"}
    assert [] == [text for text in strings(event_of(source)) if "${" in text]


@every(SOURCES.values())
def test_an_event_comes_from_the_account_and_the_region_of_the_lab(source):
    text = json.dumps(event_of(source))
    assert {ACCOUNT} >= set(re.findall(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d+):", text))
    assert {"us-east-1"} >= set(re.findall(r"\b(?:us|eu|ap|sa|ca)-[a-z]+-\d\b", text))


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts[0])
def test_an_event_names_its_source_where_the_real_one_does(facts):
    source = catalog.event_source(facts[0])
    arn = filled(source.source_arn)
    if facts[4] == "nowhere":
        assert not arn or arn not in strings(event_of(source))
    else:
        assert arn == at(event_of(source), facts[4])


def test_the_log_lines_of_a_subscription_are_packed_as_cloudwatch_logs_packs_them():
    packed = catalog.event_source("cloudwatch-logs").event["awslogs"]["data"]
    lines = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert {"messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents"} == set(lines)
    assert (ACCOUNT, "DATA_MESSAGE") == (lines["owner"], lines["messageType"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("s3-btach", "; did you mean `s3-batch`?"),
        ("dynamodb_streams", "; did you mean `dynamodb-stream`?"),
        ("EventBridge Rule", "; did you mean `eventbridge-rule`?"),
        ("SQS", "; did you mean `sqs`?"),
        ("carrier pigeon", ""),
        ("", ""),
    ],
)
def test_an_unknown_source_is_refused_with_the_nearest_name(name, hint):
    with pytest.raises(catalog.UnknownSource) as caught:
        catalog.event_source(name)
    assert f"`{name}` is not an event source of the catalogue{hint}" == str(caught.value)
    assert isinstance(caught.value, LookupError)


def test_a_source_is_a_value():
    source = catalog.event_source("sqs")
    assert source is catalog.event_source("sqs") and hash(source) and len(SOURCES) == len(set(SOURCES.values()))
    assert ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes") == source.role_actions
    with pytest.raises(FrozenInstanceError):
        source.side = "caller"
    with pytest.raises(TypeError):
        SOURCES["sqs"] = source
