"""Every state of every scenario: none raises, each explains itself, and exactly those that the lesson says work.

What each lesson says is written here without the engine.
"""

from collections.abc import Callable, Iterator, Mapping

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Across, ExecutionRole, PassRole, Pull, Push, Run, RunOutcome, Scenario, Status, TwoWays
from tests.scenarios.states import SCENARIOS

State = frozenset[str]


def execution_role(state: State, handler: str) -> RunOutcome:
    reads = state & {"execute", "read-bucket"}
    enough = {
        "read-photo": reads,
        "read-secret": reads and "deny-private" not in state,
        "copy-photo": "execute" in state,
        "say-hello": True,
    }
    if not {"invoke", "trust"} <= state or not enough[handler]:
        return RunOutcome.FAILED
    return RunOutcome.WORKED if state & {"logs", "execute"} else RunOutcome.UNLOGGED


def pass_role(state: State, role: str) -> RunOutcome:
    creates = state & {"create", "power"}
    if role == "account-admin":
        return RunOutcome.EXPOSED if creates and "pass-all" in state else RunOutcome.FAILED
    passes = state & {"pass-small", "pass-all"}
    return RunOutcome.WORKED if creates and passes and "trust" in state else RunOutcome.FAILED


def push(state: State, bucket: str) -> RunOutcome:
    lets_in = {
        "own-bucket": {"open", "arn", "both"},
        "stranger-s-bucket": {"open"},
        "re-created-bucket": {"open", "arn"},
    }
    if not state & lets_in[bucket]:
        return RunOutcome.FAILED
    return RunOutcome.WORKED if bucket == "own-bucket" else RunOutcome.EXPOSED


def two_ways(state: State, rule: str) -> RunOutcome:
    needs = {"orders": {"statement"}, "returns": {"trust", "permission"}}
    return RunOutcome.WORKED if needs[rule] <= state else RunOutcome.FAILED


def pull(state: State, source: str) -> RunOutcome:
    enough = {"kinesis": {"kinesis", "read-clicks"}, "sqs": {"sqs"}}
    if not state & enough[source]:
        return RunOutcome.FAILED
    return RunOutcome.WORKED if state & {"kinesis", "sqs"} else RunOutcome.UNLOGGED


def across(state: State, caller: str) -> RunOutcome:
    """One side in the same account, both sides across."""
    lets_in = {
        "same account": {"organization", "everyone"},
        "partner": {"account", "role", "everyone"},
        "sister": {"organization", "everyone"},
        "stranger": {"everyone"},
    }[caller]
    own = caller == "stranger" or caller in state
    by_function = bool(state & lets_in)
    works = own or by_function if caller == "same account" else own and by_function
    if not works:
        return RunOutcome.FAILED
    return RunOutcome.EXPOSED if caller == "stranger" else RunOutcome.WORKED


SAYS: Mapping[type[Scenario], Callable[[State, str], RunOutcome]] = {
    Across: across,
    ExecutionRole: execution_role,
    PassRole: pass_role,
    Pull: pull,
    Push: push,
    TwoWays: two_ways,
}
TOGGLES: Mapping[type[Scenario], str] = {
    Across: "same account/partner/sister/account/role/organization/everyone",
    ExecutionRole: "invoke/trust/logs/execute/read-bucket/deny-private/person-s3/role-invoke",
    PassRole: "create/power/pass-small/pass-ec2/pass-all/trust",
    Pull: "kinesis/sqs/read-clicks/records-only/grant/person",
    Push: "open/arn/both/sns/role/person",
    TwoWays: "statement/trust/permission/execution",
}


def every_state(keys: list[str]) -> Iterator[State]:
    """All states in Gray code: each one switch away from the one before."""
    for n in range(2 ** len(keys)):
        code = n ^ (n >> 1)
        yield frozenset(key for bit, key in enumerate(keys) if code >> bit & 1)


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.__name__)
def test_every_state_comes_out_as_the_lesson_says_and_says_why(kind: type[Scenario]) -> None:
    with Lab() as lab:
        world = kind(lab)
        keys = [toggle.key for toggle in world.toggles]
        assert TOGGLES[kind].split("/") == keys
        assert len(keys) <= 10
        for state in every_state(keys):
            for key in keys:
                world.set(key, key in state)
            for handler in world.handlers:
                world.handler = handler.key
                run = world.run()
                assert SAYS[kind](state, handler.key) is run.outcome, (sorted(state), handler.key, str(run))
                _explained(run)


def _explained(run: Run) -> None:
    """The sentence begins with the outcome; each step that was reached has a verdict and the name of what decided."""
    assert run.sentence.startswith(run.outcome.value)
    for hop in run.hops:
        assert hop.note and hop.who and hop.what
        assert (hop.decision is None) is (hop.status is Status.NOT_REACHED)
        assert bool(hop.via) is (hop.status is not Status.NOT_REACHED)
        if hop.status is Status.DENIED:
            assert hop.decision and hop.decision.evidence is not None and not hop.decision.allowed
    assert (run.decisive is None) is (run.outcome in (RunOutcome.WORKED, RunOutcome.EXPOSED))
