"""The pull scenario: who is refused and when, and the program that builds the same."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from perm_lab.catalog import event_source
from perm_lab.cloud import Lab
from perm_lab.scenarios import Pull, RunOutcome

KEYS = ("kinesis", "sqs", "read-clicks", "records-only", "grant", "person")


@pytest.fixture
def world() -> Iterator[Pull]:
    with Lab() as lab:
        yield Pull(lab)


def test_the_five_actions_are_those_that_a_shared_stream_needs(world: Pull) -> None:
    needed = [each for each in event_source("kinesis").role_actions if each != "kinesis:SubscribeToShard"]
    assert needed == world._switches["read-clicks"].on.params["PolicyDocument"]["Statement"][0]["Action"]


def test_what_is_refused_is_refused_to_the_role_before_the_mapping_is_made(world: Pull) -> None:
    for handler in world.handlers:
        world.handler = handler.key
        run = world.run()
        assert run.decisive.who.endswith("click-counter/count-clicks")
        assert "before it takes the mapping" in run.hops[1].note


def test_a_run_reads_what_it_put_there_and_nothing_of_the_runs_before(
    world: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set("kinesis", True)
    drain, read = world.lab.drain, []
    monkeypatch.setattr(world.lab, "drain", lambda uuid: read.append(drain(uuid)) or read[-1])
    for _ in range(3):
        assert RunOutcome.WORKED is world.run().outcome
    assert [[1, 0]] * 3 == [[step.records for step in steps] for steps in read]


@pytest.mark.parametrize(
    ("keys", "source"), [((), "kinesis"), (("kinesis", "grant"), "kinesis"), (("sqs",), "sqs"), (KEYS, "sqs")]
)
def test_the_program_shown_builds_the_same_state_in_a_fresh_account(keys: tuple[str, ...], source: str) -> None:
    with Lab() as lab:
        world = Pull(lab)
        for key in keys:
            world.set(key, True)
        world.handler = source
        run, account = world.run(), world.account.id
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        compiled = compile(run.boto3_code, "<shown>", "exec")
        if run.outcome is RunOutcome.FAILED:
            with pytest.raises(ClientError, match="Cannot access stream|ReceiveMessage"):
                exec(compiled, {})
        else:
            exec(compiled, {})
            assert [step.records for step in lab.drain()] == [1, 0]
