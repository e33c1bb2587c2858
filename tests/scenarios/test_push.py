"""The push scenario: who decides, the statements that Lambda shows, and the program that builds the same."""

import json
from collections.abc import Iterator

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Push

KEYS = ("open", "arn", "both", "sns", "role", "person")


@pytest.fixture
def world() -> Iterator[Push]:
    with Lab() as lab:
        yield Push(lab)


def test_what_is_refused_is_refused_to_s3(world: Push) -> None:
    for handler in world.handlers:
        world.handler = handler.key
        assert "s3.amazonaws.com" == world.run().decisive.who


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
