"""No right answer stays right when it is made wider: each task's solution, with one thing in it that allows more."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from perm_lab.challenges import Task, Tone, lesson
from perm_lab.iam import PolicyKind
from perm_lab.iam.statement import as_list
from tests.challenges.conftest import TASKS

pytestmark = pytest.mark.usefixtures("open_lab")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LOGS_ANYWHERE = "the story says that the log may be any: AWS's own managed policy does the same"
# (tasks, what is made wider) that stay right, and why
HARMLESS = {
    (r"02-.*", "action 1"): "iam:PassedToService comes with no action but iam:PassRole",
    (r"02-deployer", "longer 1"): "the photo roles are to be passed, all of them",
    (r"06-mend", "principal 0"): "only SNS acts for this topic, and the condition asks for it",
    (r"01-write-the-log", "resource 0"): LOGS_ANYWHERE,
    (r"01-write-the-log", "longer 0"): LOGS_ANYWHERE,
    (r"01-write-the-log", "account 0"): LOGS_ANYWHERE,
    (r"01-read-one-prefix", "resource 1"): LOGS_ANYWHERE,
    (r"01-read-one-prefix", "longer 1"): LOGS_ANYWHERE,
    (r"01-read-one-prefix", "account 1"): LOGS_ANYWHERE,
}


def harmless(task: Task, what: str) -> bool:
    return any(re.fullmatch(name, task.name) and what == widening for name, widening in HARMLESS)


def wider(document: Any, kind: PolicyKind) -> Iterator[tuple[str, Any]]:
    """The document with one thing more that it allows: what, and the document."""
    found = json.loads(json.dumps(document))
    found["Statement"] = as_list(found["Statement"])
    everything = EVERYTHING if kind is PolicyKind.IDENTITY else {**EVERYTHING, "Principal": "*"}
    if kind is not PolicyKind.TRUST:
        yield "everything too", {**found, "Statement": [*found["Statement"], everything]}
    for n, statement in enumerate(found["Statement"]):
        if statement["Effect"] == "Allow":
            for what, changed in changes(statement, kind):
                statements = deepcopy(found["Statement"])
                statements[n] = changed
                yield f"{what} {n}", {**found, "Statement": statements}


def changes(statement: Any, kind: PolicyKind) -> Iterator[tuple[str, Any]]:
    if kind is not PolicyKind.TRUST:
        service = as_list(statement["Action"])[0].partition(":")[0]
        yield "action", {**statement, "Action": f"{service}:*"}
    if kind is PolicyKind.IDENTITY:  # the resource of a function policy is the function, whatever stands there
        resources = as_list(statement["Resource"])
        if resources != ["*"]:
            yield "resource", {**statement, "Resource": "*"}
        longer = [each if each.endswith("*") else f"{each}*" for each in resources]
        if longer != resources:
            yield "longer", {**statement, "Resource": longer}
        anywhere = [re.sub(r":\d{12}:", ":*:", each) for each in resources]
        if anywhere != resources:
            yield "account", {**statement, "Resource": anywhere}
    else:
        yield "principal", {**statement, "Principal": "*"}
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            left = {op: {k: v for k, v in tests.items() if (op, k) != (operator, key)}
                    for op, tests in statement["Condition"].items()}  # fmt: skip
            yield f"without {key}", {**statement, "Condition": {op: tests for op, tests in left.items() if tests}}


def widened(task: Task) -> Iterator[tuple[str, Any]]:
    solution = task.solution().document
    for name, place in task.places.items():
        for what, document in wider(solution[name] if name else solution, place.kind):
            yield what, {**solution, name: document} if name else document


def test_a_wider_answer_is_told_what_it_opens(task: Task) -> None:
    found = {what: task.check(answer) for what, answer in widened(task) if not harmless(task, what)}
    assert [] == [what for what, outcome in found.items() if outcome.tone is not Tone.ALMOST or not outcome.excess]


@pytest.mark.parametrize("row", HARMLESS, ids="-".join)
def test_what_is_called_harmless_is_there_and_right(row: tuple[str, str]) -> None:
    name, widening = row
    rows = [(task, answer) for task in TASKS if re.fullmatch(name, task.name) for what, answer in widened(task)
            if what == widening]  # fmt: skip
    assert rows and all(task.check(answer).right for task, answer in rows)


@pytest.mark.parametrize(("number", "name"), [("07", "one-role"), ("07", "their-side")])
def test_what_only_the_other_account_keeps_out_is_too_much_as_well(number: str, name: str) -> None:
    task = lesson(number)[name]
    document = next(answer for what, answer in widened(task) if what == "action 0")
    outcome = task.check(document)
    assert outcome.tone is Tone.ALMOST and outcome.decision.allowed
    assert "as soon as the other account allows it as well" in outcome.message
