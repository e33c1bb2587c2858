"""A question is whole or is refused."""

import pytest

from perm_lab.challenges import Question


def test_the_answer_must_be_an_option() -> None:
    with pytest.raises(ValueError, match="the answer `c` is not an option; the options are: `a`, `b`"):
        Question("?", ("a", "b"), "c", {"a": "x", "b": "y"})


def test_every_option_needs_a_reply() -> None:
    with pytest.raises(ValueError, match="the option `b` has no reply"):
        Question("?", ("a", "b"), "a", {"a": "x"})


def test_a_reply_to_no_option_is_a_slip_of_the_author() -> None:
    with pytest.raises(ValueError, match="the reply to `c` answers no option"):
        Question("?", ("a",), "a", {"a": "x", "c": "z"})


def test_as_text_it_lists_the_options_and_not_the_answer() -> None:
    assert "Who?\n  ( ) a\n  ( ) b" == str(Question("Who?", ("a", "b"), "a", {"a": "x", "b": "y"}))
