"""The execution-role scenario: what stops a run, the policies in force, and the program that builds the same."""

from collections.abc import Iterator

import boto3
import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import ExecutionRole, RunOutcome, Status

KEYS = ("invoke", "trust", "logs", "execute", "read-bucket", "deny-private", "person-s3", "role-invoke")


@pytest.fixture
def world() -> Iterator[ExecutionRole]:
    with Lab() as lab:
        yield ExecutionRole(lab)


def put(world: ExecutionRole, state: frozenset[str]) -> None:
    for key in KEYS:
        world.set(key, key in state)


def test_nothing_goes_on_after_the_caller_or_lambda_was_refused(world: ExecutionRole) -> None:
    for off in ("invoke", "trust"):
        put(world, frozenset(KEYS) - {off})
        statuses = [hop.status for hop in world.run().hops]
        assert {Status.NOT_REACHED} == set(statuses[statuses.index(Status.DENIED) + 1 :])


def test_a_refused_s3_call_stops_the_code_but_not_the_log(world: ExecutionRole) -> None:
    world.handler = "copy-photo"
    assert ["✓", "✓", "✗", "○", "✓"] == [hop.sign for hop in world.run().hops]


def test_a_deny_beats_both_allows_and_is_named(world: ExecutionRole) -> None:
    put(world, frozenset({"invoke", "trust", "logs", "execute", "read-bucket", "deny-private"}))
    world.handler = "read-secret"
    run = world.run()
    assert "⊘" == run.decisive.sign
    assert "keep-private" == run.decisive.via
    assert "explicitly denied" in run.sentence


def test_the_policies_in_force_are_those_the_decisions_were_made_from(world: ExecutionRole) -> None:
    put(world, frozenset(KEYS))
    run = world.run()
    mine = {policy.name for holder, policy in run.policies if holder == "maya"}
    roles = {
        policy.name for holder, policy in run.policies if holder == "photo-reader" and policy.name != "trust policy"
    }
    assert mine == {policy.name for policy in run.hops[0].decision.policies.identity}
    assert roles == {policy.name for policy in run.hops[2].decision.policies.identity}
    trust = next(policy for _, policy in run.policies if policy.name == "trust policy")
    assert trust.document == run.hops[1].decision.policies.trust.document


SHOWN = [
    ((), "read-photo"),
    (("invoke",), "say-hello"),
    (("invoke", "trust"), "read-photo"),
    (("invoke", "trust", "read-bucket"), "copy-photo"),
    (("invoke", "trust", "execute"), "copy-photo"),
    (KEYS, "read-secret"),
]


@pytest.mark.parametrize(("keys", "handler"), SHOWN)
def test_the_program_shown_builds_the_same_state_in_a_fresh_account(
    keys: tuple[str, ...], handler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = frozenset(keys)
    with Lab() as lab:
        world = ExecutionRole(lab)
        put(world, state)
        world.handler = handler
        run = world.run()
        account = world.account.id
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        compiled = compile(run.boto3_code, "<shown>", "exec")
        if "invoke" in state and "trust" in state:
            exec(compiled, {})
        else:
            with pytest.raises(Exception, match="AccessDenied"):
                exec(compiled, {})
        calls = [record for record in lab.trail if record.depth or record.caller.endswith(":user/maya")]
        again = [(record.action, record.allowed) for record in calls]
    assert [(record.action, record.allowed) for record in run.records] == again
    printed = capsys.readouterr().out
    if "invoke" in state and "trust" in state:
        assert printed.startswith("Unhandled" if run.outcome is RunOutcome.FAILED else "no error")


def test_two_worlds_in_one_lab_do_not_disturb_each_other(world: ExecutionRole) -> None:
    other = ExecutionRole(world.lab)
    other.set("read-bucket", True)
    assert (RunOutcome.FAILED, RunOutcome.WORKED) == (world.run().outcome, other.run().outcome)
    assert world.account.id != other.account.id


def test_without_a_lab_it_takes_the_open_one_or_opens_one() -> None:
    with Lab() as lab:
        assert ExecutionRole().lab is lab
    world = ExecutionRole()
    try:
        assert RunOutcome.FAILED is world.run().outcome
    finally:
        world.lab.close()


def test_unknown_handlers_and_toggles_are_refused(world: ExecutionRole) -> None:
    with pytest.raises(ValueError, match="`nope` is not a handler; the handlers are: `read-photo`"):
        world.handler = "nope"
    with pytest.raises(ValueError, match="`nope` is not a toggle; the toggles are: `invoke`"):
        world.set("nope", True)


def test_in_a_closed_lab_nothing_is_called() -> None:
    with Lab() as lab:
        world = ExecutionRole(lab)
    for action in (world.run, lambda: world.set("read-bucket", True)):
        with pytest.raises(RuntimeError, match="a lab that is closed"):
            action()
    assert boto3.DEFAULT_SESSION is None
