"""Every state of the two ways to push: none raises, each explains itself, each rule needs its own grant only."""

from collections.abc import Iterator
from itertools import product

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Outcome, Status, TwoWays

KEYS = ("statement", "trust", "permission", "execution")
NEEDS = {"orders": {"statement"}, "returns": {"trust", "permission"}}


@pytest.fixture
def world() -> Iterator[TwoWays]:
    with Lab() as lab:
        yield TwoWays(lab)


def test_every_state_works_exactly_where_it_should_and_says_why(world: TwoWays) -> None:
    assert KEYS == tuple(toggle.key for toggle in world.toggles)
    for on in product((False, True), repeat=len(KEYS)):
        state = {key for key, each in zip(KEYS, on, strict=True) if each}
        for key in KEYS:
            world.set(key, key in state)
        for handler in world.handlers:
            world.handler = handler.key
            run = world.run()
            works = NEEDS[handler.key] <= state
            assert (Outcome.WORKED if works else Outcome.FAILED) is run.outcome, (sorted(state), str(run))
            assert run.sentence.startswith(run.outcome.value)
            for hop in run.hops:
                assert hop.note and hop.who and hop.what
                assert (hop.decision is None) is (hop.status is Status.NOT_REACHED)
            assert (run.decisive is None) is works
            assert Status.ALLOWED is run.hops[0].status  # the sender is never told


@pytest.mark.parametrize("handler", NEEDS)
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
