"""The report: what the file holds, in the words of the course."""

import json

import pytest

from perm_lab.challenges import LESSONS, Progress, Report, lesson
from perm_lab.ui import Arrange, PolicyEditor, Prediction

ASK = lesson("01")


@pytest.fixture
def progress(tmp_path) -> Progress:
    return Progress(tmp_path / "progress.json")


def of(progress, name):
    items = [item for chapter in Report(progress).chapters for item in chapter.items]
    return next(item for item in items if item.name == name)


def wrong(question):
    return next(iter(question.misconceptions))


def test_before_an_answer_everything_is_open(progress):
    report = Report(progress)
    assert list(LESSONS) == [each.lesson.number for each in report.chapters]
    assert {None} == {item.right for chapter in report.chapters for item in chapter.items}
    assert "nothing is answered yet" == report.summary and {} == report.beliefs


def test_what_was_mispredicted_stays_to_be_looked_at_when_it_is_right(progress):
    question = next(iter(ASK.questions.values()))
    prediction = Prediction(question, progress=progress)
    prediction.commit(wrong(question))
    assert of(progress, question.name).right is False and of(progress, question.name).mispredicted
    prediction.commit(question.answer)
    item = of(progress, question.name)
    assert item.right and item.mispredicted and item.revisit and 2 == item.tries
    assert (question.misconceptions[wrong(question)],) == item.beliefs
    assert {item.beliefs[0]: ("01",)} == Report(progress).beliefs
    assert item.beliefs[0] in str(Report(progress))


def test_what_was_right_at_once_is_done(progress):
    question, task = next(iter(ASK.questions.values())), next(iter(ASK.tasks.values()))
    ordering = next(iter(ASK.orderings.values()))
    Prediction(question, progress=progress).commit(question.answer)
    PolicyEditor(task, progress).check(str(task.solution()).split("\n\n")[0])
    Arrange(ordering, progress).check(ordering.lines)
    assert all(of(progress, each.name).right for each in (question, task, ordering))
    assert not any(of(progress, each.name).revisit for each in (question, task, ordering))
    assert Report(progress).summary.startswith("3 of ")


def test_a_slip_in_a_task_is_a_belief(progress):
    task = next(task for task in ASK.tasks.values() if any(each.slip for each in task.rejected))
    rejected = next(each for each in task.rejected if each.slip)
    PolicyEditor(task, progress).check(
        rejected.answer if isinstance(rejected.answer, str) else json.dumps(rejected.answer)
    )
    assert (rejected.slip,) == of(progress, task.name).beliefs and of(progress, task.name).revisit


def test_looking_at_an_ordering_again_is_no_attempt(progress):
    ordering = next(iter(ASK.orderings.values()))
    Arrange(ordering, progress).check(ordering.lines)
    Arrange(ordering, progress)
    assert 1 == of(progress, ordering.name).tries


@pytest.mark.parametrize("kept", [3, None, [], {"choice": 7}, {"tone": 3, "beliefs": 4, "tries": "x"}, {"choice": "?"}])
def test_what_makes_no_sense_counts_as_nothing(progress, kept):
    names = [next(iter(ASK.questions)), next(iter(ASK.tasks)), next(iter(ASK.orderings))]
    for name in names:
        progress.put(name, kept)
    assert not any(of(progress, name).right for name in names)
    assert str(Report(progress))
