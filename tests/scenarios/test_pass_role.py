"""Every state of the passing-a-role scenario: both permissions are needed, and no broader one is harmless."""

from collections.abc import Iterator
from itertools import product

import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.scenarios import Outcome, PassRole, Status

KEYS = ("create", "power", "pass-small", "pass-ec2", "pass-all", "trust")


@pytest.fixture
def world() -> Iterator[PassRole]:
    with Lab() as lab:
        yield PassRole(lab)


def expected(state: frozenset[str], role: str) -> Outcome:
    """What the lesson says, written without the engine."""
    creates = state & {"create", "power"}
    if role == "account-admin":
        return Outcome.EXPOSED if creates and "pass-all" in state else Outcome.FAILED
    passes = state & {"pass-small", "pass-all"}
    return Outcome.WORKED if creates and passes and "trust" in state else Outcome.FAILED


def test_every_state_creates_exactly_what_may_be_created_and_passed(world: PassRole) -> None:
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
                assert bool(hop.via) is (hop.status is not Status.NOT_REACHED)
            assert (run.decisive is None) is (run.outcome is not Outcome.FAILED)


def test_a_refused_role_is_told_apart_from_a_refused_creation(world: PassRole) -> None:
    run = world.run()
    assert ["✓", "✗", "○"] == [hop.sign for hop in run.hops]
    assert "iam:PassRole" == run.decisive.action
    assert "may not pass photo-reader" in run.sentence


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ((), "not authorized to perform: iam:PassRole"),
        (("pass-small",), None),
        (("power", "pass-ec2"), "not authorized to perform: iam:PassRole"),
    ],
)
def test_the_program_shown_builds_the_same_state_in_a_fresh_account(keys: tuple[str, ...], error: str | None) -> None:
    with Lab() as lab:
        world = PassRole(lab)
        for key in keys:
            world.set(key, True)
        run, account = world.run(), world.account.id
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        compiled = compile(run.boto3_code, "<shown>", "exec")
        if error:
            with pytest.raises(ClientError, match=error):
                exec(compiled, {})
        else:
            exec(compiled, {})
            assert run.outcome is Outcome.WORKED
