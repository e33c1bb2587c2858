"""What AWS documents, row by row: the verdict, what settled it, and where a row says so AWS's sentence."""

import pytest

from perm_lab.iam import PolicyType, Reason, aws_message, evaluate, explain
from tests.iam.worlds import policy_set, request, rows

ROWS = rows()
IDS = [f"{subject}: {row['name']}" for subject, row in ROWS]
ELEMENTS = {"name", "given", "request", "expected", "because", "source"}


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=IDS)
def test_a_case(row):
    expected = dict(row["expected"])
    decision = evaluate(request(row["request"]), policy_set(row["given"]))
    found = {"verdict": decision.verdict.word, "reason": decision.reason.name, "by": decision.policy_type.name}
    if "message" in expected:
        found["message"] = aws_message(decision)
    assert expected == found, f"{row['because']}\n{explain(decision)}"


def test_there_are_enough_of_them_and_each_is_complete():
    assert 150 <= len(ROWS)
    assert len(set(IDS)) == len(IDS)
    assert [] == [name for name, (_, row) in zip(IDS, ROWS, strict=True) if row.keys() != ELEMENTS]
    assert [] == [row["name"] for _, row in ROWS if not row["because"] or not row["source"].startswith("https://docs.")]


def test_every_reason_and_every_type_of_policy_decides_somewhere():
    expected = [row["expected"] for _, row in ROWS]
    assert {reason.name for reason in Reason} == {each["reason"] for each in expected}
    assert {type.name for type in PolicyType} == {each["by"] for each in expected}
    refusals = {(each["reason"], each["by"]) for each in expected if each["reason"] in ("NO_ALLOW", "EXPLICIT_DENY")}
    assert {(reason, type.name) for reason in ("NO_ALLOW", "EXPLICIT_DENY") for type in PolicyType} == refusals
