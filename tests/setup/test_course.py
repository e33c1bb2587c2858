"""Every notebook takes a learner the same way, and asks all that its lesson has to ask."""

import re

import nbformat
import pytest

from perm_lab.challenges import Task, lesson
from perm_lab.challenges.task import BLANK
from tests.asked import asked
from tests.repo import NOTEBOOKS

BY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
MOST_OBJECTIVES = 5
RECAP, DOCUMENTATION = "Recap", "What AWS's documentation says"


def cells(path):
    return nbformat.read(path, as_version=4).cells


def headings(path):
    """The headings of a notebook, and in which cell each stands."""
    found = [(line[3:], n) for n, cell in enumerate(cells(path)) for line in cell.source.splitlines()
             if cell.cell_type == "markdown" and line.startswith("## ")]  # fmt: skip
    return dict(found)


def tasks(path):
    return [each for each in asked(path) if isinstance(each.data, Task)]


@BY_NOTEBOOK
def test_it_begins_with_what_it_is_for(path):
    first = cells(path)[0].source
    minutes = int(re.search(r"\*\*(\d+) minutes\.\*\*", first)[1])
    assert 15 <= minutes <= 25
    assert 1 <= len(re.findall(r"^\d\. ", first, re.MULTILINE)) <= MOST_OBJECTIVES


@BY_NOTEBOOK
def test_the_instructor_is_told_of_each_section_and_of_all_the_minutes(path):
    sections = lesson(path.stem[:2]).sections
    assert [heading for heading in headings(path) if heading != DOCUMENTATION] == [each.title for each in sections]
    minutes = int(re.search(r"\*\*(\d+) minutes\.\*\*", cells(path)[0].source)[1])
    assert minutes == sum(each.minutes for each in sections)
    assert all(each.ask.strip() and each.watch.strip() for each in sections)


@BY_NOTEBOOK
def test_it_asks_what_was_learned_before_and_ends_with_a_recap(path):
    places, first = headings(path), asked(path)[0]
    if path.stem[:2] != "00":
        assert "Do you recall?" == next(iter(places))
        assert ("Prediction", 'ask["recall"]') == (first.kind, first.source)
    assert [RECAP, DOCUMENTATION] == list(places)[-2:]
    assert "Quiz" == asked(path)[-1].kind


@BY_NOTEBOOK
def test_a_prediction_comes_before_anything_is_tried(path):
    begun = next(each.cell for each in tasks(path))
    predicted = [each.cell for each in asked(path) if each.kind == "Prediction" and each.source != 'ask["recall"]']
    assert predicted and predicted[0] < begun


@BY_NOTEBOOK
def test_holes_come_before_an_empty_page_and_a_challenge_with_events_ends_it(path):
    found = [each.data for each in tasks(path)]
    holes = [n for n, task in enumerate(found) if BLANK in task.starter]
    empty = [n for n, task in enumerate(found) if not task.starter]
    assert holes and empty and holes[0] < empty[0]
    assert any(task.events for task in found[empty[0] :])


@BY_NOTEBOOK
def test_something_is_put_in_order(path):
    assert [each for each in asked(path) if each.kind == "Arrange"]


@BY_NOTEBOOK
def test_all_that_the_lesson_has_is_asked_once(path):
    ask = lesson(path.stem[:2])
    there = [each.name for each in (*ask.questions.values(), *ask.orderings.values(), *ask.tasks.values())]
    shown = [each.name for found in asked(path) for each in (found.data if found.kind == "Quiz" else [found.data])]
    assert sorted(there) == sorted(shown)


@BY_NOTEBOOK
def test_a_wrong_option_is_a_belief_that_has_a_name(path):
    for question in lesson(path.stem[:2]).questions.values():
        assert set(question.options) - {question.answer} == set(question.misconceptions), question.name


@BY_NOTEBOOK
def test_options_are_plain_text_as_a_radio_button_shows_no_other(path):
    for question in lesson(path.stem[:2]).questions.values():
        assert not [option for option in question.options if set(option) & set("`*<")], question.name
