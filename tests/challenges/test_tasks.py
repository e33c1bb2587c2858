"""Every task's own sample answers: the accepted are right, the rejected get the reply they were meant to get."""

import json
from dataclasses import replace

import pytest

from perm_lab.challenges import Rejected, Task, Tone, lesson
from perm_lab.challenges.neighbours import NEIGHBOURS
from tests.challenges.conftest import TASKS

pytestmark = pytest.mark.usefixtures("open_lab")
TRUST = lesson("01")["trust-policy"]
ACCEPTED = [pytest.param(t, d, id=f"{t.name}-{n}") for t in TASKS for n, d in enumerate(t.accepted)]
REJECTED = [pytest.param(t, r, id=f"{t.name}-{n}-{r.slip}") for t in TASKS for n, r in enumerate(t.rejected)]


@pytest.mark.parametrize(("task", "document"), ACCEPTED)
def test_an_accepted_answer_is_right(task: Task, document: object) -> None:
    outcome = task.check(document)
    assert (Tone.RIGHT, ()) == (outcome.tone, outcome.excess), str(outcome)
    assert Tone.RIGHT is task.check(json.dumps(document)).tone


@pytest.mark.parametrize(("task", "rejected"), REJECTED)
def test_a_rejected_answer_gets_its_own_reply(task: Task, rejected: Rejected) -> None:
    answer = rejected.answer
    outcome = task.check(answer if isinstance(answer, str) else json.dumps(answer))
    assert (rejected.tone, rejected.slip) == (outcome.tone, outcome.slip), str(outcome)
    assert rejected.says in outcome.message


def test_a_task_ships_enough_of_both(task: Task) -> None:
    assert len(task.accepted) >= 2
    assert len(task.rejected) >= 4
    assert len({json.dumps(each) for each in task.accepted}) == len(task.accepted)
    assert len(task.hints) >= 2
    assert set(task.spares) <= set(NEIGHBOURS)


def test_a_kind_is_spared_only_where_a_right_answer_needs_it(task: Task) -> None:
    for kind in task.spares:
        harder = replace(task, spares=tuple(each for each in task.spares if each != kind))
        assert any(not harder.check(answer).right for answer in task.accepted), kind


def test_every_slip_is_shown_by_some_rejected_answer(task: Task) -> None:
    assert {slip.name for slip in task.slips} == {each.slip for each in task.rejected if each.slip}


def test_the_solution_is_right_and_its_reply_gives_the_reasoning(task: Task) -> None:
    outcome = task.check(task.solution().document)
    assert (Tone.RIGHT, task.reasoning) == (outcome.tone, outcome.message)


def test_a_task_not_begun_is_not_yet(task: Task) -> None:
    assert Tone.NOT_YET is task.check(task.starter).tone
    assert Tone.NOT_YET is task.check("  \n").tone


def test_no_hint_is_the_solution_and_each_exists(task: Task) -> None:
    assert task.hints[0] == task.hint(1) == task.hint(0)
    assert task.hints[-1] == task.hint(99)


def test_text_that_is_no_json_is_answered_with_the_line_and_the_column() -> None:
    message = TRUST.check('{\n  "Version": "2012-10-17",\n  \'Statement\': []\n}').message
    assert "line 3, column 3" in message
    assert "double quotes" in message
    assert "`'Statement': []`" in message


def test_a_document_that_aws_refuses_is_answered_with_the_place() -> None:
    outcome = TRUST.check(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Permit", "Principal": "*", "Action": "sts:AssumeRole"}]}
    )
    assert Tone.KEEP_GOING is outcome.tone
    assert "Statement[0].Effect" in outcome.message and "Permit" in outcome.message


def test_over_broad_answers_show_a_concrete_request_first() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    outcome = TRUST.check(document)
    assert outcome.excess
    assert outcome.decision.request.resource == outcome.excess[0].resource and outcome.decision.allowed
    assert f"{outcome.tried - len(outcome.excess)} of {outcome.tried} requests" in outcome.score


@pytest.mark.parametrize("document", [[], 3, "text", None, {"Version": "2012-10-17", "Statement": []}])
def test_of_several_documents_the_one_that_aws_refuses_is_named(document):
    task = lesson("06")["mend"]
    outcome = task.check({**task.solution().document, "caller": document})
    assert Tone.KEEP_GOING is outcome.tone and "AWS would refuse this document: caller" in outcome.message


def _with_action(document: object, action: str) -> dict:
    copy = json.loads(json.dumps(document))
    copy["Statement"][0]["Action"] = action
    return copy


def test_a_misspelt_action_is_pointed_at_and_not_taken_for_a_belief() -> None:
    deployer = lesson("02")["deployer"]
    outcome = deployer.check(_with_action(deployer.solution().document, "lambda:CreateFunctoin"))
    assert (Tone.KEEP_GOING, "") == (outcome.tone, outcome.slip)
    assert outcome.message.endswith(
        "Look at Statement[0].Action: `lambda:CreateFunctoin` is no action of lambda; "
        "did you mean `lambda:CreateFunction`?"
    )


def test_what_is_wrong_in_one_of_several_documents_is_pointed_at() -> None:
    task = lesson("06")["mend"]
    answer = dict(task.solution().document)
    answer["caller"] = _with_action(answer["caller"], "lambda:InvokeFunctions")
    assert "Look at caller.Statement[0].Action: " in task.check(answer).message
