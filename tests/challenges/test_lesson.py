"""A lesson by number, and what it asks by name."""

import pytest

from perm_lab.challenges import lesson


def test_a_quiz_is_the_questions_whose_names_begin_with_its_own() -> None:
    assert ["03-which-topic", "03-which-queue", "03-which-table", "03-which-trace"] == [
        question.name for question in lesson("03").quiz("which")
    ]


def test_a_quiz_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(LookupError, match="lesson 03 has no quiz `reca`; every lesson has `recap`"):
        lesson("03").quiz("reca")


def test_a_number_or_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(LookupError, match="there is no lesson `7`; the lessons are: `00`, `01`"):
        lesson("7")
    with pytest.raises(LookupError, match="lesson 03 asks nothing named `nope`; it asks: `recall`, `name`"):
        _ = lesson("03")["nope"]
