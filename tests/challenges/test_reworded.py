"""A right answer stays right when it only says the same in other words: each task's solution, written otherwise."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from perm_lab.challenges import Task
from perm_lab.iam.statement import as_list

Statement = dict[str, Any]
pytestmark = pytest.mark.usefixtures("open_lab")


def each_action_apart(statements: list[Statement]) -> Any:
    return [{**each, "Action": action} for each in statements for action in as_list(each["Action"])]


def each_resource_apart(statements: list[Statement]) -> Any:
    return [
        {**each, "Resource": one} if "Resource" in each else each
        for each in statements
        for one in as_list(each.get("Resource"))
    ]


def in_lists(statements: list[Statement]) -> Any:
    listed = ("Action", "Resource")
    return [{k: as_list(v) if k in listed else v for k, v in each.items()} for each in statements]


def backwards(statements: list[Statement]) -> Any:
    return [dict(reversed(each.items())) for each in reversed(statements)]


def with_ids(statements: list[Statement]) -> Any:
    return [{"Sid": f"Mine{n}", **each} for n, each in enumerate(statements)]


def twice(statements: list[Statement]) -> Any:
    return [*statements, *statements]


def without_ids(statements: list[Statement]) -> list[Statement]:
    """A Sid is its statement's own: where one becomes two, it cannot stay."""
    return [{key: value for key, value in each.items() if key != "Sid"} for each in statements]


def in_capitals(statements: list[Statement]) -> Any:
    """Actions and condition keys have no case."""
    return [
        {
            **each,
            "Action": [action.upper() for action in as_list(each["Action"])],
            **(
                {
                    "Condition": {
                        op: {key.upper(): v for key, v in keys.items()} for op, keys in each["Condition"].items()
                    }
                }
                if "Condition" in each
                else {}
            ),
        }
        for each in statements
    ]


_LIKE = {"StringEquals": "StringLike", "StringLike": "StringEquals", "ArnLike": "ArnEquals", "ArnEquals": "ArnLike"}


def by_other_operators(statements: list[Statement]) -> Any:
    """Without a wildcard in a value the one operator says what the other says; of ARNs with wildcards too."""

    def other(operator: str, keys: dict[str, Any]) -> str:
        plain = operator.startswith("Arn") or "*" not in json.dumps(keys)
        return _LIKE.get(operator, operator) if plain else operator

    return [
        {**each, "Condition": {other(op, keys): keys for op, keys in each["Condition"].items()}}
        if "Condition" in each
        else each
        for each in statements
    ]


def alone(statements: list[Statement]) -> Any:
    return statements[0] if len(statements) == 1 else statements


WAYS = (
    *(each_action_apart, each_resource_apart, in_lists, backwards, with_ids),
    *(twice, in_capitals, by_other_operators, alone),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_right_answer_in_other_words_is_right(task: Task, way: Callable[[list[Statement]], Any]) -> None:
    def reworded(document: Any) -> Any:
        return {**document, "Statement": way(without_ids(as_list(document["Statement"])))}

    solution = json.loads(json.dumps(task.solution().document))
    answer = reworded(solution) if "" in task.places else {name: reworded(each) for name, each in solution.items()}
    outcome = task.check(answer)
    assert outcome.right, str(outcome)
