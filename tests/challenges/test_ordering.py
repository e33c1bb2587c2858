"""Lines to put in order: what is said of each order of them."""

from itertools import permutations

import pytest

from perm_lab.challenges import LESSONS, Ordering, Tone
from perm_lab.challenges.ordering import TooEarly

ORDERINGS = [each for lesson in LESSONS.values() for each in lesson.orderings.values()]
BY_NAME = pytest.mark.parametrize("ordering", ORDERINGS, ids=lambda each: each.name)
SMALL = Ordering("t", "text", ("a", "b", "c"), "so it is", (TooEarly("a", "b", "a makes b"),))


@BY_NAME
def test_only_the_right_order_is_right_and_each_other_is_answered(ordering):
    for order in permutations(ordering.lines):
        outcome = ordering.check(order)
        assert (order == ordering.lines) is outcome.right
        assert outcome.message


@BY_NAME
def test_it_is_shown_out_of_order_and_always_the_same_way(ordering):
    assert ordering.shuffled != ordering.lines
    assert ordering.shuffled == ordering.shuffled
    assert Tone.NOT_YET is ordering.check(ordering.shuffled).tone


@BY_NAME
def test_each_slip_can_be_made_and_gets_its_reply(ordering):
    assert len(ordering.lines) >= 4 and len(ordering.slips) >= 2
    for slip in ordering.slips:
        assert ordering.lines.index(slip.first) < ordering.lines.index(slip.later)
        replies = {ordering.check(order).message for order in permutations(ordering.lines)}
        assert slip.reply in replies


def test_a_named_slip_comes_before_the_count():
    assert ("a makes b", Tone.ALMOST) == (SMALL.check("bac").message, SMALL.check("bac").tone)
    others = [order for order in ("acb", "cab") if tuple(order) != SMALL.shuffled]
    assert {Tone.KEEP_GOING} == {SMALL.check(order).tone for order in others}


def test_lines_that_are_not_its_own_are_refused():
    with pytest.raises(ValueError, match="about other lines: `a`, `b`, `c`"):
        SMALL.check(["a", "b"])


@pytest.mark.parametrize(("lines", "slips"), [(("a",), ()), (("a", "a"), ()), (("a", "b"), (TooEarly("a", "x", ""),))])
def test_what_cannot_be_ordered_is_refused(lines, slips):
    with pytest.raises(ValueError, match="`t`"):
        Ordering("t", "text", lines, "reply", slips)
