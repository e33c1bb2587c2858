"""The passing-a-role scenario: what refuses, and the program that builds the same."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.scenarios import PassRole, RunOutcome


@pytest.fixture
def world() -> Iterator[PassRole]:
    with Lab() as lab:
        yield PassRole(lab)


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
            assert run.outcome is RunOutcome.WORKED
