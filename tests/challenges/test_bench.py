"""Answers tried in a lab: where their documents stand, what is asked, and whole events."""

import json

import pytest

from perm_lab.challenges import Task, Tone
from perm_lab.challenges.bench import Event, Holder
from perm_lab.challenges.neighbours import NEIGHBOURS, neighbours
from perm_lab.iam import PolicyKind, Principal, Request
from perm_lab.scenarios.api import ApiCall, Json, Zip

pytestmark = pytest.mark.usefixtures("open_lab")

SHOP, PARTNER, STRANGER = "111111111111", "222222222222", "999999999999"
FUNCTION = f"arn:aws:lambda:us-east-1:{SHOP}:function:thumbnails"
ROLE = f"arn:aws:iam::{SHOP}:role/worker"
APP = f"arn:aws:iam::{PARTNER}:role/app"
BUCKET = "arn:aws:s3:::photos"
HANDLER = "def lambda_handler(event, context):\n    return 1 / event.get('by', 1)\n"


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal):
    return Json(document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))


WORLD = (
    (SHOP, ApiCall("iam", "create_user", {"UserName": "maya"})),
    (
        SHOP,
        ApiCall(
            "iam",
            "create_role",
            {"RoleName": "worker", "AssumeRolePolicyDocument": trust(Service="lambda.amazonaws.com")},
        ),
    ),
    (PARTNER, ApiCall("iam", "create_role", {"RoleName": "app", "AssumeRolePolicyDocument": trust(AWS=PARTNER)})),
    (SHOP, ApiCall("s3", "create_bucket", {"Bucket": "photos"})),
    (SHOP, ApiCall("sqs", "create_queue", {"QueueName": "jobs"})),
    (SHOP, ApiCall("sns", "create_topic", {"Name": "news"})),
    (SHOP, ApiCall("kinesis", "create_stream", {"StreamName": "clicks", "ShardCount": 1})),
    (
        SHOP,
        ApiCall(
            "lambda",
            "create_function",
            {
                "FunctionName": "thumbnails",
                "Runtime": "python3.13",
                "Handler": "lambda_function.lambda_handler",
                "Role": ROLE,
                "Code": {"ZipFile": Zip(HANDLER)},
            },
        ),
    ),
)


def task(place, *must_allow, **more):
    places = place if isinstance(place, dict) else {"": place}
    return Task("t", "title", "story", places, must_allow, WORLD, reasoning="because", **more)


def request(who, action, resource, **context):
    return Request(Principal.parse(who), action, resource, SHOP, context)


HELD = [
    ("identity", f"arn:aws:iam::{SHOP}:user/maya", f"arn:aws:iam::{SHOP}:user/maya", "s3:GetObject", f"{BUCKET}/a"),
    ("identity", ROLE, f"arn:aws:sts::{SHOP}:assumed-role/worker/now", "s3:GetObject", f"{BUCKET}/a"),
    ("resource", FUNCTION, "sns.amazonaws.com", "lambda:InvokeFunction", FUNCTION),
    ("resource", BUCKET, "logging.s3.amazonaws.com", "s3:PutObject", f"{BUCKET}/a"),
    ("resource", f"arn:aws:sqs:us-east-1:{SHOP}:jobs", "sns.amazonaws.com", "sqs:SendMessage", None),
    ("resource", f"arn:aws:sns:us-east-1:{SHOP}:news", "s3.amazonaws.com", "sns:Publish", None),
    ("resource", f"arn:aws:kinesis:us-east-1:{SHOP}:stream/clicks", f"arn:aws:iam::{SHOP}:user/maya",
     "kinesis:GetRecords", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "holder", "who", "action", "resource"), HELD, ids=lambda v: str(v)[-20:])
def test_a_document_counts_where_it_stands(kind, holder, who, action, resource):
    resource = resource or holder
    named = {} if kind == "identity" else {"Principal": {"Service" if "amazonaws.com" in who else "AWS": who}}
    asked = task(Holder(PolicyKind[kind.upper()], holder), request(who, action, resource))
    assert Tone.RIGHT is asked.check(document(allow(action, resource, **named))).tone
    other = {**allow(action, resource, **named), "Effect": "Deny"}
    assert Tone.KEEP_GOING is asked.check(document(other)).tone


def test_a_trust_policy_counts_with_the_permission_of_who_takes_the_role():
    asked = task(Holder(PolicyKind.TRUST, ROLE), request("ecs-tasks.amazonaws.com", "sts:AssumeRole", ROLE))
    assert Tone.RIGHT is asked.check(trust(Service="ecs-tasks.amazonaws.com")).tone
    assert Tone.KEEP_GOING is asked.check(trust(Service="ec2.amazonaws.com")).tone


@pytest.mark.parametrize(("kind", "arn"), [("trust", FUNCTION), ("identity", BUCKET), ("resource", ROLE)])
def test_a_place_that_holds_no_such_policy_is_refused(kind, arn):
    with pytest.raises(ValueError, match="holds no policy of the kind .*legal: .*`trust` on role"):
        Holder(PolicyKind[kind.upper()], arn)


SIDES = {"caller": Holder(PolicyKind.IDENTITY, APP), "function": Holder(PolicyKind.RESOURCE, FUNCTION)}
ACROSS = request(f"arn:aws:sts::{PARTNER}:assumed-role/app/now", "lambda:InvokeFunction", FUNCTION)
CALLER = document(allow("lambda:InvokeFunction", FUNCTION))
OPEN = document(allow("lambda:InvokeFunction", FUNCTION, Principal={"AWS": APP}))
NOTHING = document(allow("lambda:ListFunctions", "*"))


@pytest.mark.parametrize(
    ("caller", "function", "tone"),
    [
        (CALLER, OPEN, Tone.RIGHT),
        (NOTHING, OPEN, Tone.KEEP_GOING),
        (CALLER, document(allow("lambda:InvokeFunction", FUNCTION, Principal={"AWS": ROLE})), Tone.KEEP_GOING),
    ],
)
def test_an_answer_on_both_sides_is_judged_with_both(caller, function, tone):
    assert tone is task(SIDES, ACROSS).check({"caller": caller, "function": function}).tone


@pytest.mark.parametrize("wrong", ['{"caller": 1}', "[]", '"caller"'])
def test_an_answer_that_lacks_a_side_is_told_which_there_are(wrong):
    outcome = task(SIDES, ACROSS).check(wrong)
    assert Tone.KEEP_GOING is outcome.tone
    assert "`caller` and `function`" in outcome.message


def test_a_side_that_aws_refuses_is_told_with_its_place():
    outcome = task(SIDES, ACROSS).check({"caller": CALLER, "function": NOTHING})
    assert Tone.KEEP_GOING is outcome.tone
    assert "AWS would refuse" in outcome.message and "Principal" in outcome.message


def test_text_that_is_no_json_is_told_with_its_line_on_both_sides_too():
    assert "line 2, column 1" in task(SIDES, ACROSS).check('{"caller":\n}').message


def invoked(**more):
    call = ApiCall("lambda", "invoke", {"FunctionName": "thumbnails", "Payload": json.dumps(more.pop("event", {}))})
    return Event(more.pop("says", "maya's call"), call, SHOP, **more)


MAYA = f"arn:aws:iam::{SHOP}:user/maya"
MAY_INVOKE = document(allow("lambda:InvokeFunction", FUNCTION))


def with_events(*events):
    logs = document(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"))
    log = ApiCall("iam", "put_role_policy", {"RoleName": "worker", "PolicyName": "log", "PolicyDocument": Json(logs)})
    asked = task(Holder(PolicyKind.IDENTITY, MAYA), request(MAYA, "lambda:InvokeFunction", FUNCTION), events=events)
    object.__setattr__(asked, "world", (*WORLD, (SHOP, log)))
    return asked.check(MAY_INVOKE)


def test_an_event_that_works_is_shown_by_its_calls():
    outcome = with_events(invoked(who=MAYA))
    assert Tone.RIGHT is outcome.tone
    assert "lambda:Invoke" == outcome.records[0].action and len(outcome.records) > 2


def test_an_event_that_a_permission_stops_is_told_with_its_verdict():
    outcome = with_events(invoked(who=f"arn:aws:iam::{SHOP}:user/tom", says="tom's call"))
    assert Tone.KEEP_GOING is outcome.tone
    assert "tom's call" in outcome.message and "not authorized to perform: lambda:InvokeFunction" in outcome.message
    assert not outcome.decision.allowed


def test_an_event_whose_code_fails_does_not_work():
    outcome = with_events(invoked(event={"by": 0}))
    assert Tone.KEEP_GOING is outcome.tone
    assert "ZeroDivisionError" in outcome.message


def test_an_event_that_must_not_work_and_does_is_no_right_answer():
    outcome = with_events(invoked(works=False))
    assert (Tone.KEEP_GOING, True) == (outcome.tone, "nothing stops it" in outcome.message)
    assert Tone.RIGHT is with_events(invoked(who=f"arn:aws:iam::{SHOP}:user/tom", works=False)).tone


def test_the_score_counts_what_is_kept_out():
    asked = task(
        Holder(PolicyKind.IDENTITY, MAYA),
        request(MAYA, "lambda:InvokeFunction", FUNCTION),
        spares=tuple(set(NEIGHBOURS) - {"another function", "another action", "another region"}),
    )
    narrow = asked.check(document(allow("lambda:InvokeFunction", FUNCTION)))
    wide = asked.check(document(allow("lambda:*", FUNCTION)))
    assert f"{narrow.tried} of {narrow.tried} requests beyond the task are kept out" == narrow.score
    assert (narrow.tried, 2) == (wide.tried, len(wide.excess))
    assert f"Of {wide.tried} requests tried that must not pass, 2 do" in wide.message


def of_kind(kind, *requests):
    return list(neighbours(requests, tuple(set(NEIGHBOURS) - {kind})))


PUSHED = request(
    "s3.amazonaws.com", "lambda:InvokeFunction", FUNCTION, **{"aws:SourceArn": BUCKET, "aws:SourceAccount": SHOP}
)


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("another source", {"aws:SourceArn": "arn:aws:s3:::payroll-archive", "aws:SourceAccount": SHOP}),
        ("another account's source", {"aws:SourceArn": BUCKET, "aws:SourceAccount": STRANGER}),
        ("no source", {}),
    ],
)
def test_a_push_has_neighbours_that_come_from_elsewhere(kind, context):
    assert [context] == [each.context for each in of_kind(kind, PUSHED)]


def test_every_kind_of_neighbour_differs_from_the_request_itself():
    asked = (PUSHED, ACROSS, request(f"arn:aws:sts::{SHOP}:assumed-role/worker/now", "s3:GetObject", f"{BUCKET}/a/b"),
             request(f"arn:aws:sts::{SHOP}:assumed-role/worker/now", "logs:PutLogEvents",
                     f"arn:aws:logs:us-east-1:{SHOP}:log-group:/aws/lambda/f:log-stream:x"))  # fmt: skip
    for kind in NEIGHBOURS:
        found = of_kind(kind, *asked)
        assert found, kind
        assert not set(map(repr, found)) & set(map(repr, asked)), kind
