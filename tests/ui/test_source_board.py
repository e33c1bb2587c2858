"""The board of every source, in plain Python."""

import pytest

from perm_lab.challenges import Progress
from perm_lab.cloud import Lab
from perm_lab.display import html
from perm_lab.scenarios.board import MISTAKES, example, place, sources, title
from perm_lab.ui import BoardWidget
from perm_lab.ui.source_board import placed_body


@pytest.fixture
def progress(tmp_path) -> Progress:
    return Progress(tmp_path / "progress.json")


def test_nothing_runs_before_a_place_is_chosen(progress):
    widget = BoardWidget(progress)
    assert widget.run_button.disabled and "" == widget.result.value
    widget.side.value = "caller"
    assert not widget.run_button.disabled
    widget.source.value = "sns"
    assert widget.run_button.disabled and widget.side.value is None


def test_a_wrong_place_names_the_belief_and_a_right_one_stays_on_the_board(progress):
    widget = BoardWidget(progress)
    widget.source.value, widget.side.value = "sqs", "function policy"
    widget.run_button.click()
    belief, _ = MISTAKES["execution role", "function policy"]
    assert "✗ it fails" in widget.result.value and belief in widget.result.value and "<svg" in widget.result.value
    assert f"0 of {len(sources())} sources in their place" in widget.board.value
    widget.side.value = "execution role"
    assert widget.stale
    widget.run_button.click()
    assert not widget.stale and "✓ it works" in widget.result.value
    assert f"1 of {len(sources())} sources in their place, 0 at the first try" in widget.board.value
    assert {"sqs": {"sides": ["function policy", "execution role"], "works": True}} == widget.tried


def test_next_goes_to_a_source_that_is_not_in_its_place(progress):
    widget = BoardWidget(progress)
    first, second = widget.source.value, sources()[1]
    widget.place(second, "function policy")
    widget.source.value = first
    widget.next_button.click()
    assert sources()[2] == widget.source.value
    widget.source.value = sources()[-1]
    widget.next_button.click()
    assert first == widget.source.value


def test_what_was_placed_is_there_after_a_restart(progress):
    BoardWidget(progress).place("sns", "function policy")
    again = BoardWidget(Progress(progress.path))
    assert f"1 of {len(sources())} sources in their place, 1 at the first try" in again.board.value
    assert title("sns") in again.board.value


@pytest.mark.parametrize("kept", [3, {"s4": {"sides": ["caller"]}}, {"sns": 1}, {"sns": {"sides": ["moon"]}}])
def test_what_it_does_not_know_it_does_not_show(progress, kept):
    progress.put("06-board", kept)
    assert {} == BoardWidget(progress).tried


def test_it_reads_without_a_kernel(progress):
    widget = BoardWidget(progress)
    static = widget.static()
    assert all(title(each) in static and each in widget.text() for each in sources())
    assert "<svg" in static and "✓ it works" in html(place("s3", "function policy"))


def test_to_show_the_board_no_lab_is_run_and_its_example_is_what_a_lab_says(progress, monkeypatch):
    placed = html(place("s3", "function policy"))
    monkeypatch.setattr(Lab, "__init__", lambda self: pytest.fail("a lab was opened"))
    assert placed == html(example())
    assert placed_body(example()) in BoardWidget(progress).static()
