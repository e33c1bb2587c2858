"""The scenario across accounts: the program that builds the same, and every cell of the board of both sides."""

import re

import boto3
import pytest
from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.scenarios import Across, RunOutcome
from perm_lab.scenarios.across import CALLER_SIDES, FUNCTION_SIDES, Cell, board

KEYS = ("same account", "partner", "sister", "account", "role", "organization", "everyone")


@pytest.mark.parametrize("keys", [(), ("same account",), ("partner", "role"), KEYS])
def test_the_program_shown_builds_the_same_state_in_fresh_accounts(keys, monkeypatch) -> None:
    with Lab() as lab:
        world = Across(lab)
        for key in keys:
            world.set(key, True)
        run, account, organization = world.run(), world.account.id, world.names["ORGANIZATION"]
        arns = [row["caller"] for row in world._told["handler"]]
        function = world.names["FUNCTION"]
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
            assert run.outcome is RunOutcome.FAILED
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
