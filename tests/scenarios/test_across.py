"""Every state of the scenario across accounts, and every cell of the board of both sides."""

import re
from collections.abc import Iterator
from itertools import product

import boto3
import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.scenarios import Across, Outcome, Status
from perm_lab.scenarios.across import CALLER_SIDES, FUNCTION_SIDES, Cell, board

KEYS = ("same account", "partner", "sister", "account", "role", "organization", "everyone")


@pytest.fixture
def world() -> Iterator[Across]:
    with Lab() as lab:
        yield Across(lab)


def expected(state: set[str], caller: str) -> Outcome:
    """What the lesson says, written without the engine: one side in the same account, both sides across."""
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
        return Outcome.FAILED
    return Outcome.EXPOSED if caller == "stranger" else Outcome.WORKED


def test_every_state_lets_in_exactly_whom_it_should_and_says_why(world: Across) -> None:
    assert KEYS == tuple(toggle.key for toggle in world.toggles)
    for on in product((False, True), repeat=len(KEYS)):
        state = {key for key, each in zip(KEYS, on, strict=True) if each}
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


@pytest.mark.parametrize("keys", [(), ("same account",), ("partner", "role"), KEYS])
def test_the_program_shown_builds_the_same_state_in_fresh_accounts(keys, monkeypatch) -> None:
    with Lab() as lab:
        world = Across(lab)
        for key in keys:
            world.set(key, True)
        run, account, organization = world.run(), world.account.id, world._organization
        arns = [world._caller_arn(each.key) for each in world.handlers]
        function = world._function_arn
        said = [lab.decide(arn, "lambda:InvokeFunction", function).verdict for arn in arns[:3]]
    with Lab() as lab:
        lab.account(account).sign_in(lab.account(account).admin())
        real = boto3.Session
        monkeypatch.setattr(
            boto3,
            "Session",
            lambda *a, profile_name="", **k: lab.account(profile_name).admin() if profile_name else real(*a, **k),
        )
        lab.organization(organization, account, re.findall(r"::(\d+):", arns[2])[0])
        try:
            exec(compile(run.boto3_code, "<shown>", "exec"), {})
        except ClientError:
            assert run.outcome is Outcome.FAILED
        again = [lab.decide(arn, "lambda:InvokeFunction", function).verdict for arn in arns[:3]]
    assert said == again


@pytest.mark.parametrize("cell", board(), ids=str)
def test_a_cell_of_the_board_says_what_the_rule_says(cell: Cell) -> None:
    if "denies" in (cell.caller, cell.function):
        assert "explicitly denied" == cell.decision.verdict.word
        return
    by_caller = cell.caller == "allows"
    by_function = cell.function in ("names the caller", "names everyone")
    if cell.across:
        works = by_caller and (by_function or cell.function == "names the account")
    else:
        works = by_caller or by_function  # naming one's own account leaves it to the account's policies
    assert works is cell.decision.allowed
    assert cell.decision.verdict.word in str(cell)


def test_the_board_is_whole() -> None:
    assert 2 * len(CALLER_SIDES) * len(FUNCTION_SIDES) == len(set(board()))


def test_a_side_that_is_not_on_the_board_is_refused() -> None:
    with pytest.raises(ValueError, match="legal: `nothing`, `allows`, `denies`"):
        _ = Cell(True, "maybe", "nothing").decision
