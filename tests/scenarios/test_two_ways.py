"""The two ways to push: the sender is never told, and the program that builds the same."""

from collections.abc import Iterator

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import RunOutcome, Status, TwoWays

KEYS = ("statement", "trust", "permission", "execution")


@pytest.fixture
def world() -> Iterator[TwoWays]:
    with Lab() as lab:
        yield TwoWays(lab)


def test_the_sender_is_never_told(world: TwoWays) -> None:
    for handler in world.handlers:
        world.handler = handler.key
        run = world.run()
        assert (Status.ALLOWED, RunOutcome.FAILED) == (run.hops[0].status, run.outcome)


@pytest.mark.parametrize("handler", ["orders", "returns"])
@pytest.mark.parametrize("keys", [("trust",), ("statement", "trust"), ("permission",), KEYS])
def test_the_program_shown_builds_the_same_state_in_a_fresh_account(handler: str, keys: tuple[str, ...]) -> None:
    with Lab() as lab:
        world = TwoWays(lab)
        for key in KEYS:
            world.set(key, key in keys)
        world.handler = handler
        run, account = world.run(), world.account.id
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        exec(compile(run.boto3_code, "<shown>", "exec"), {})
        calls = [record for record in lab.trail if record.depth or record.caller.endswith(":user/maya")]
        again = [(record.action, record.allowed) for record in calls]
    assert [(record.action, record.allowed) for record in run.records] == again
