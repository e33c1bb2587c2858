"""A check leaves the learner's lab as it was, whatever happens in it, and comes out the same each time."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from perm_lab.challenges import Task, lesson
from perm_lab.challenges import bench as benches
from perm_lab.cloud import Lab
from perm_lab.cloud.authorizer import LabAuthorizer
from perm_lab.cloud.magic import deployment_package
from perm_lab.cloud.snapshots import Snapshot

SHOP = "111111111111"
TASK = lesson("01")["read-one-prefix"]  # with events: functions run, logs are written
ECHO = "def lambda_handler(event, context):\n    print('a line')\n    return event\n"


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab in which a learner has worked: the world of a task has some of the same names."""
    with Lab() as lab:
        shop = lab.account(SHOP, name="shop")
        admin = shop.admin()
        role = shop.role("echo-role", managed=("AWSLambdaBasicExecutionRole",))
        admin.client("lambda").create_function(
            FunctionName="echo", Runtime="python3.13", Handler="lambda_function.lambda_handler", Role=role,
            Code={"ZipFile": deployment_package(ECHO)},
        )  # fmt: skip
        invoke(admin)
        admin.client("s3").create_bucket(Bucket="photos")
        admin.client("s3").put_object(Bucket="photos", Key="cat.jpg", Body=b"meow")
        lab.checkpoint("a")
        shop.sign_in("maya")
        yield lab


def invoke(admin: boto3.Session) -> Any:
    return json.load(admin.client("lambda").invoke(FunctionName="echo", Payload=b'{"n": 1}')["Payload"])


def things(lab: Lab) -> list[Any]:
    """What the lab consists of: the things themselves."""
    return [
        *(lab.accounts[SHOP], lab.accounts[SHOP]._sessions["admin"], boto3.DEFAULT_SESSION, lab._checkpoints["a"]),
        *(iam_backends[SHOP]["aws"], s3_backends[SHOP]["aws"].buckets["photos"].keys["cat.jpg"]),
        *(*lab.lambdas.functions.values(), *lab.lambdas.environments.values(), *lab.trail),
    ]


def state(lab: Lab) -> tuple[Any, ...]:
    """What is in it."""
    snapshot = Snapshot.take(lab.lambdas, lab.accounts)
    shared = [each if isinstance(each, bytes) else id(each) for each in snapshot.copy.shared]
    keys = {key: caller for key, caller in lab.core.callers._callers.items() if not caller.system}
    return (
        *(snapshot.copy.written, shared, keys, set(lab.core.callers._inactive)),
        *(set(lab.accounts), set(lab._checkpoints), len(lab.trail), mock_random.getstate()),
    )


def right(task: Task) -> Any:
    return task.check(task.solution().document)


@pytest.fixture(params=[False, True], ids=["world built anew", "world built before"])
def world_built(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        right(TASK)
    else:
        monkeypatch.setattr(benches, "_BUILT", benches._BUILT.__class__(maxlen=4))


def assert_as_it_was(lab: Lab, before: tuple[list[Any], tuple[Any, ...]]) -> None:
    assert [id(each) for each in before[0]] == [id(each) for each in things(lab)]
    assert before[1] == state(lab)
    assert {"n": 1} == invoke(lab.account(SHOP).admin())
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith(":user/maya")
    lab.account(SHOP).user("tom").client("sts").get_caller_identity()
    lab.restore("a")
    assert b"meow" == lab.account(SHOP).admin().client("s3").get_object(Bucket="photos", Key="cat.jpg")["Body"].read()


def test_a_check_leaves_no_trace_in_the_open_lab(world_built: None, lab: Lab) -> None:
    before = things(lab), state(lab)
    assert right(TASK).right
    assert_as_it_was(lab, before)


BROKEN_OFF = [*((KeyboardInterrupt, call) for call in (0, 3, 7, 10)), (SystemExit, 3), (RuntimeError, 9)]


@pytest.mark.parametrize(("error", "call"), BROKEN_OFF, ids=lambda each: getattr(each, "__name__", each))
def test_a_check_that_is_broken_off_leaves_no_trace_either(
    world_built: None, lab: Lab, error: type[BaseException], call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = things(lab), state(lab)
    before_call, calls = LabAuthorizer.before, iter(range(call))

    def raised() -> None:
        raise error

    def broken_off(self: LabAuthorizer, *args: Any) -> Any:
        if next(calls, None) is None:
            lab.core.scheduler.later(raised)
            lab.core.scheduler.later(lambda: pytest.fail("a job of the check was done in the learner's lab"))
        return before_call(self, *args)

    with monkeypatch.context() as patched, pytest.raises(error):
        patched.setattr(LabAuthorizer, "before", broken_off)
        right(TASK)
    assert_as_it_was(lab, before)


def test_ids_go_on_as_if_nothing_had_been_checked() -> None:
    def key(checks: int) -> Any:
        with Lab() as lab:
            admin = lab.account(SHOP).admin().client("iam")
            for _ in range(checks):
                right(TASK)
            return admin.create_access_key(UserName="admin")["AccessKey"]["AccessKeyId"], lab.trail[-1].request_id

    assert key(0) == key(1) == key(2)


def outcome(task: Task) -> tuple[Any, ...]:
    """All of an outcome but times."""
    found = right(task)
    calls = [
        {key: value for key, value in each.event.items() if key not in ("eventTime", "requestParameters")}
        for each in found.records
    ]
    params = [each.event["requestParameters"] for each in found.records if each.action != "logs:PutLogEvents"]
    return found.tone, found.message, found.slip, found.excess, found.tried, calls, params


@pytest.mark.parametrize("task", [TASK, lesson("05")["mend"]], ids=lambda task: task.name)
def test_the_next_check_says_what_the_first_said(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches, "_BUILT", benches._BUILT.__class__(maxlen=4))
    first = outcome(task)
    assert len(first[5]) > 2
    assert first == outcome(task)
    with Lab() as lab:
        assert first == outcome(task)
        lab.account(SHOP).admin().client("s3").create_bucket(Bucket="other")
        assert first == outcome(task) == outcome(task)
        benches._BUILT.clear()
        assert first == outcome(task)


def test_of_worlds_only_the_last_few_are_kept() -> None:
    for number in ("00", "01", "02", "03", "04"):
        right(next(iter(lesson(number).tasks.values())))
    assert 4 == len(benches._BUILT)
