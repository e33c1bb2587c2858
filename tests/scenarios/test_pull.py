"""Every state of the pull scenario: only what the execution role may read decides."""

from collections.abc import Iterator
from itertools import product

import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.scenarios import Outcome, Pull, Status

KEYS = ("kinesis", "sqs", "read-clicks", "records-only", "grant", "person")


@pytest.fixture
def world() -> Iterator[Pull]:
    with Lab() as lab:
        yield Pull(lab)


def expected(state: frozenset[str], source: str) -> Outcome:
    """What the lesson says, written without the engine."""
    enough = {"kinesis": {"kinesis", "read-clicks"}, "sqs": {"sqs"}}
    if not state & enough[source]:
        return Outcome.FAILED
    return Outcome.WORKED if state & {"kinesis", "sqs"} else Outcome.UNLOGGED


def test_every_state_works_exactly_when_the_role_may_read(world: Pull) -> None:
    assert KEYS == tuple(toggle.key for toggle in world.toggles)
    for on in product((False, True), repeat=len(KEYS)):
        state = frozenset(key for key, each in zip(KEYS, on, strict=True) if each)
        for key in KEYS:
            world.set(key, key in state)
        for handler in world.handlers:
            world.handler = handler.key
            run = world.run()
            assert expected(state, handler.key) is run.outcome, (sorted(state), handler.key, str(run))
            assert run.sentence.startswith(run.outcome.value)
            for hop in run.hops:
                assert hop.note and hop.who and hop.what
                assert (hop.decision is None) is (hop.status is Status.NOT_REACHED)
            if run.outcome is Outcome.FAILED:
                assert run.decisive.who.endswith("click-counter/count-clicks")
                assert "before it takes the mapping" in run.hops[1].note


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
        if run.outcome is Outcome.FAILED:
            with pytest.raises(ClientError, match="Cannot access stream|ReceiveMessage"):
                exec(compiled, {})
        else:
            exec(compiled, {})
            assert [step.records for step in lab.drain()] == [1, 0]
