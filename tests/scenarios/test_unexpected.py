"""What a scenario says of a run that its lesson does not foresee: what failed, in the error's own words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.cloud.magic import deployment_package
from perm_lab.scenarios import Across, ExecutionRole, PassRole, Pull, Push, RunOutcome, Scenario, TwoWays
from perm_lab.ui import ScenarioWidget

# a state in which each handler works, but for the strangers, whom it lets in
WORKS: Mapping[type[Scenario], frozenset[str]] = {
    Across: frozenset({"same account", "partner", "sister", "account", "organization", "everyone"}),
    ExecutionRole: frozenset({"invoke", "trust", "execute"}),
    PassRole: frozenset({"create", "pass-all", "trust"}),
    Pull: frozenset({"kinesis", "sqs"}),
    Push: frozenset({"open", "both"}),
    TwoWays: frozenset({"statement", "trust", "permission"}),
}
RUNS_CODE = [kind for kind in WORKS if kind is not PassRole]
LEFT_TO_LAMBDA = (Push, Pull, TwoWays)  # nobody waits for the function there: its log tells how it failed


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def built(lab: Lab) -> Mapping[type[Scenario], Scenario]:
    """Every scenario in a state that works, with the state of then to go back to."""
    worlds = {kind: kind(lab) for kind in WORKS}
    for kind, world in worlds.items():
        for toggle in world.toggles:
            world.set(toggle.key, toggle.key in WORKS[kind])
    lab.checkpoint("works")
    return worlds


@pytest.fixture
def worlds(lab: Lab, built: Mapping[type[Scenario], Scenario]) -> Mapping[type[Scenario], Scenario]:
    lab.restore("works")
    for world in built.values():
        world.handler = world.handlers[0].key
    return built


def admin(world: Scenario, service: str) -> Any:
    return world.account.admin().client(service)


def functions(world: Scenario) -> list[str]:
    return [each["FunctionName"] for each in admin(world, "lambda").list_functions()["Functions"]]


def becomes(code: str) -> Callable[[Scenario], None]:
    """Every function's code is another one, and has a second to run."""

    def change(world: Scenario) -> None:
        client = admin(world, "lambda")
        package = deployment_package(f"import boto3\ndef handler(event, context):\n    {code}\n")
        for name in functions(world):
            client.update_function_code(FunctionName=name, ZipFile=package)
            client.update_function_configuration(FunctionName=name, Timeout=1)

    return change


def deleted_functions(world: Scenario) -> None:
    for name in functions(world):
        admin(world, "lambda").delete_function(FunctionName=name)


def deleted_roles(world: Scenario) -> None:
    iam = admin(world, "iam")
    for role in (each["RoleName"] for each in iam.list_roles()["Roles"]):
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        iam.delete_role(RoleName=role)


def deleted_sources(world: Scenario) -> None:
    """What the events come from, and what the code reads, is gone: buckets, the stream, the queue, the rules."""
    s3, sqs, events = (admin(world, service) for service in ("s3", "sqs", "events"))
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=each["Key"])
        s3.delete_bucket(Bucket=bucket)
    for stream in admin(world, "kinesis").list_streams()["StreamNames"]:
        admin(world, "kinesis").delete_stream(StreamName=stream)
    for url in sqs.list_queues().get("QueueUrls", ()):
        sqs.delete_queue(QueueUrl=url)
    for rule in (each["Name"] for each in events.list_rules()["Rules"]):
        events.remove_targets(Rule=rule, Ids=["1"])
        events.delete_rule(Name=rule)


def deleted_person(world: Scenario) -> None:
    iam = admin(world, "iam")
    for key in iam.list_access_keys(UserName="maya")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="maya", AccessKeyId=key["AccessKeyId"])


@pytest.mark.parametrize("kind", WORKS, ids=lambda kind: kind.__name__)
def test_in_the_state_that_all_begin_from_every_handler_works(worlds, kind) -> None:
    world = worlds[kind]
    for handler in world.handlers:
        world.handler = handler.key
        assert world.run().outcome in (RunOutcome.WORKED, RunOutcome.EXPOSED)


def said(worlds: Mapping[type[Scenario], Scenario], kind: type[Scenario]) -> dict[str, str]:
    """The sentence for each handler; each of them fails, and every step has its words."""
    world, found = worlds[kind], {}
    for handler in world.handlers:
        world.handler = handler.key
        run = world.run()
        found[handler.key] = run.sentence
        assert RunOutcome.FAILED is run.outcome and run.sentence.startswith("fails")
        assert all(hop.sign and hop.word and hop.note for hop in run.hops), run
    return found


CODE = {
    "raise ValueError('no such album')": ("ValueError: no such album", "[ERROR] ValueError: no such album"),
    "import time; time.sleep(1.05); print('late')": ("Task timed out after 1.00 seconds",) * 2,
    "import sys; sys.exit(3)": ("Runtime exited with error: exit status 3", "failed"),
    "boto3.client('s3').list_buckets()": ("when calling the ListBuckets operation", "the ListBuckets operation"),
    "return {1, 2}": ("Runtime.MarshalError: Unable to marshal response", "Runtime.MarshalError: Unable to marshal"),
}


@pytest.mark.parametrize("kind", RUNS_CODE, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("code", CODE)
def test_a_function_that_fails_is_quoted(worlds, kind, code) -> None:
    becomes(code)(worlds[kind])
    answered, logged = CODE[code]
    for sentence in said(worlds, kind).values():
        assert "though none of these steps was refused: " in sentence
        assert (logged if kind in LEFT_TO_LAMBDA else answered) in sentence


@pytest.mark.parametrize("kind", [Push, TwoWays], ids=lambda kind: kind.__name__)
def test_an_event_that_fails_is_tried_again_whether_or_not_there_is_a_log(worlds, kind) -> None:
    world = worlds[kind]
    becomes("raise ValueError")(world)
    assert all("failed at each of 3 runs, and its log says: " in sentence for sentence in said(worlds, kind).values())
    iam, role = admin(world, "iam"), {Push: "thumbnail-maker", TwoWays: "handle-order-role"}[kind]
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=each["PolicyArn"])
    assert all(sentence.endswith("failed at each of 3 runs") for sentence in said(worlds, kind).values())


def test_code_that_does_not_call_what_the_lesson_waits_for(worlds) -> None:
    world = worlds[ExecutionRole]
    becomes("return 'nothing'")(world)
    for handler in world.handlers[:3]:
        world.handler = handler.key
        assert "was never called" in world.run().sentence


GONE: Mapping[Callable[[Scenario], None], Mapping[type[Scenario], tuple[str, ...]]] = {
    deleted_functions: {
        Across: ("Function not found: ", "no resource-based policy does", "does not let mallory in"),
        ExecutionRole: ("(ResourceNotFoundException)",),
        Pull: ("Function does not exist",),
        Push: ("no statement lets S3 run the function",),
        TwoWays: ("no statement of the function policy lets EventBridge in", "ResourceNotFoundException"),
    },
    deleted_roles: {
        Across: ("there is no role price-list-role",),
        ExecutionRole: ("there is no role photo-reader",),
        PassRole: ("there is no role photo-reader", "there is no role account-admin"),
        Pull: ("may not kinesis:DescribeStream on the stream", "may not sqs:ReceiveMessage on the queue"),
        Push: ("there is no role thumbnail-maker",),
        TwoWays: ("there is no role handle-order-role", "there is no role rule-caller"),
    },
    deleted_sources: {
        Pull: ("Stream not found: ", "The specified queue does not exist"),
        TwoWays: ("lambda:InvokeFunction on handle-order was never called", "on rule-caller was never called"),
    },
    deleted_person: {
        PassRole: ("The security token included in the request is invalid",),
        Pull: ("The security token included in the request is invalid",),
        TwoWays: ("The security token included in the request is invalid",),
        ExecutionRole: ("The security token included in the request is invalid",),
    },
}


@pytest.mark.parametrize(
    ("change", "kind"),
    [(change, kind) for change, kinds in GONE.items() for kind in kinds],
    ids=lambda each: each.__name__,
)
def test_what_was_deleted_is_missed(worlds, change, kind) -> None:
    change(worlds[kind])
    sentences, words = said(worlds, kind).values(), GONE[change][kind]
    assert [] == [sentence for sentence in sentences if not any(each in sentence for each in words)]
    assert [] == [each for each in words if not any(each in sentence for sentence in sentences)]


@pytest.mark.parametrize(("kind", "handlers"), [(ExecutionRole, 3), (Push, 1)])
def test_a_bucket_that_was_deleted_is_missed_by_those_who_use_it(worlds, kind, handlers) -> None:
    world = worlds[kind]
    deleted_sources(world)
    for handler in world.handlers[:handlers]:
        world.handler = handler.key
        run = world.run()
        assert RunOutcome.FAILED is run.outcome and "NoSuchBucket" in run.sentence
    world.handler = world.handlers[handlers].key
    assert RunOutcome.FAILED is not world.run().outcome


def test_a_caller_whose_key_is_worth_nothing_is_shown_as_failed(worlds) -> None:
    world = worlds[ExecutionRole]
    deleted_person(world)
    first, *rest = world.run().hops
    assert ("✗", "failed") == (first.sign, first.word)
    assert {"never reached"} == {hop.word for hop in rest}


@pytest.mark.parametrize("kind", WORKS, ids=lambda kind: kind.__name__)
def test_a_call_that_is_throttled_is_quoted(worlds, kind, monkeypatch) -> None:
    def throttled(_: Scenario) -> str:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}}, "Invoke")

    monkeypatch.setattr(kind, "_fire", throttled)
    assert all("(TooManyRequestsException)" in each for each in said(worlds, kind).values())


def test_a_widget_shows_it_and_goes_on(worlds) -> None:
    widget = ScenarioWidget(worlds[ExecutionRole])
    becomes("raise ValueError('no such album')")(widget.scenario)
    widget.handlers.value = "say-hello"
    assert "ValueError: no such album" in widget.verdict.value and not widget.stale
    widget.handlers.value = "read-photo"
    assert "s3:<wbr>Get<wbr>Object" in widget.areas["Steps"].value and not widget.notice.value
