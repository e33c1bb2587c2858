"""The board of both sides, in plain Python."""

from perm_lab.display import html
from perm_lab.scenarios.across import Cell, board
from perm_lab.ui import BothSides


def choose(widget, cell):
    widget.where.value, widget.caller.value, widget.function.value = cell.across, cell.caller, cell.function


def test_every_cell_can_be_predicted_and_is_then_shown():
    widget = BothSides()
    for cell in board():
        choose(widget, cell)
        assert widget.commit_button.disabled and cell == widget.cell
        assert "allowed" not in widget.verdict.value and "denied" not in widget.verdict.value
        widget.prediction.value = cell.decision.allowed
        assert not widget.commit_button.disabled
        widget.commit_button.click()
        assert f"✓ Right: {cell.decision.verdict.sign} {cell.decision.verdict.word}" in widget.verdict.value
    assert "30 of 30 combinations tried, 30 predicted rightly" in widget.table.value
    assert "not&nbsp;tried" not in widget.table.value


def test_a_wrong_prediction_is_told_and_kept():
    widget = BothSides()
    cell = Cell(True, "allows", "nothing")
    choose(widget, cell)
    assert widget.commit(True) is False
    assert "✗ Not so" in widget.verdict.value and "you said otherwise" in widget.table.value
    assert {cell: False} == widget.tried


def test_it_reads_without_a_kernel():
    widget = BothSides()
    assert all(str(cell) in widget.text() for cell in board())
    assert "names the account" in widget.static() and "not&nbsp;tried" not in widget.static()
    assert "no resource-based policy" in html(Cell(True, "allows", "nothing"))
