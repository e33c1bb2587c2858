"""Lines put in order by buttons, in plain Python."""

import pytest

from perm_lab.challenges import Progress, Tone, lesson
from perm_lab.display import html
from perm_lab.ui import Arrange

ORDER = lesson("00")["decision"]


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "progress.json")


def sort(arrange):
    """Bring the lines into order by pressing buttons only."""
    for place, line in enumerate(arrange.ordering.lines):
        while (now := arrange.lines.index(line)) > place:
            arrange.ups[now].click()


def test_it_can_be_solved_by_its_buttons(progress):
    arrange = Arrange(ORDER, progress)
    arrange.check_button.click()
    assert Tone.NOT_YET is arrange.outcome.tone and progress.get(ORDER.name) is None
    sort(arrange)
    arrange.check_button.click()
    assert arrange.outcome.right and "✓ right" in arrange.result.value
    kept = progress.get(ORDER.name)
    assert (list(ORDER.lines), "right", 1) == (kept["lines"], kept["tone"], kept["tries"])


def test_a_move_takes_the_verdict_away_and_shows_the_new_order(progress):
    arrange = Arrange(ORDER, progress)
    arrange.check(ORDER.lines)
    arrange.downs[0].click()
    assert (None, "") == (arrange.outcome, arrange.result.value)
    assert ORDER.lines[0] in arrange.places[1].value
    assert f"Move up: {ORDER.lines[0]}" == arrange.ups[1].tooltip


def test_the_ends_stay_where_they_are(progress):
    arrange = Arrange(ORDER, progress)
    arrange.ups[0].click()
    arrange.downs[-1].click()
    assert list(ORDER.shuffled) == arrange.lines


def test_what_was_checked_is_there_again(progress):
    wrong = [*ORDER.lines[1:], ORDER.lines[0]]
    Arrange(ORDER, progress).check(wrong)
    again = Arrange(ORDER, progress)
    assert wrong == again.lines and again.outcome.tone is not Tone.RIGHT
    again.start_button.click()
    assert list(ORDER.shuffled) == again.lines


@pytest.mark.parametrize("kept", ["text", {"lines": ["another"]}, {"lines": 3}])
def test_what_is_kept_of_other_lines_is_left_alone(progress, kept):
    progress.put(ORDER.name, kept)
    assert list(ORDER.shuffled) == Arrange(ORDER, progress).lines


def test_it_reads_without_a_kernel(progress):
    arrange = Arrange(ORDER, progress)
    for line in ORDER.lines:
        assert line in arrange.text() and line in arrange.static() and line in html(ORDER)
