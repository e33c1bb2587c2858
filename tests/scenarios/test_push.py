"""Every state of the push scenario: none raises, each explains itself, exactly the right buckets get in."""

import json
from collections.abc import Iterator
from itertools import product

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Outcome, Push, Status

KEYS = ("open", "arn", "both", "sns", "role", "person")


@pytest.fixture
def world() -> Iterator[Push]:
    with Lab() as lab:
        yield Push(lab)


def expected(state: frozenset[str], handler: str) -> Outcome:
    """What the lesson says, written without the engine."""
    lets_in = {
        "own-bucket": {"open", "arn", "both"},
        "stranger-s-bucket": {"open"},
        "re-created-bucket": {"open", "arn"},
    }
    if not state & lets_in[handler]:
        return Outcome.FAILED
    return Outcome.WORKED if handler == "own-bucket" else Outcome.EXPOSED


def test_every_state_lets_in_exactly_whom_it_should_and_says_why(world: Push) -> None:
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
            assert (run.decisive is None) is (run.outcome is not Outcome.FAILED)
            if run.decisive:
                assert run.decisive.who == "s3.amazonaws.com"


def test_the_statements_in_force_are_those_that_lambda_shows(world: Push) -> None:
    for key in KEYS[:4]:
        world.set(key, True)
    shown = world._admin["lambda"].get_policy(FunctionName="make-thumbnail")["Policy"]
    written = [dict(policy.statements[0].written) for holder, policy in world.policies if holder == "make-thumbnail"]
    assert json.loads(shown)["Statement"] == written


@pytest.mark.parametrize("keys", [(), ("open",), ("both", "role"), KEYS])
def test_the_program_shown_builds_the_same_state_in_a_fresh_account(keys: tuple[str, ...]) -> None:
    with Lab() as lab:
        world = Push(lab)
        for key in keys:
            world.set(key, True)
        run, account = world.run(), world.account.id
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        exec(compile(run.boto3_code, "<shown>", "exec"), {})
        calls = [record for record in lab.trail if record.depth or record.caller.endswith(":user/maya")]
        again = [(record.action, record.allowed) for record in calls]
    assert [(record.action, record.allowed) for record in run.records] == again
