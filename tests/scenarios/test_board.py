"""Every source of the board on every side: exactly the right one works, and each other has its reply."""

import pytest

from perm_lab import catalog
from perm_lab.scenarios.board import MISTAKES, SIDES, place, sources


def expected(source: str, side: str) -> bool:
    """What the lesson says: where the catalogue puts it; and the function may name a caller of its own account."""
    belongs = catalog.event_source(source).side
    return side == belongs or (belongs, side) == ("caller", "function policy")


@pytest.mark.parametrize("source", sources())
def test_the_permission_works_exactly_where_it_belongs(source: str) -> None:
    for side in SIDES:
        placed = place(source, side)
        assert expected(source, side) is placed.works, str(placed)
        assert placed.sentence and "{" not in placed.sentence
        assert bool(placed.misconception) is not placed.works
        assert placed.records
        assert any(not record.allowed for record in placed.records) is not placed.works, placed.records


def test_each_mistake_can_be_made() -> None:
    belongs = {catalog.event_source(source).side for source in sources()}
    assert {(right, side) for right in belongs for side in SIDES if right != side} - {
        ("caller", "function policy")
    } == set(MISTAKES)


def test_the_board_holds_most_of_the_catalogue_and_every_side() -> None:
    assert len(sources()) >= 40
    assert set(SIDES) == {catalog.event_source(source).side for source in sources()}


@pytest.mark.parametrize(("source", "side"), [("s4", "caller"), ("s3", "bucket policy")])
def test_what_is_not_on_the_board_is_refused(source: str, side: str) -> None:
    with pytest.raises(LookupError, match="is not on the board; there are: "):
        place(source, side)
