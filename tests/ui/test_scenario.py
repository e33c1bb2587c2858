"""The scenario widget: every control changes the world at once, and what it says is what the lab says."""

from collections.abc import Iterator

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Outcome
from perm_lab.ui import ExecutionRoleWidget


@pytest.fixture
def widget() -> Iterator[ExecutionRoleWidget]:
    with Lab() as lab:
        yield ExecutionRoleWidget(lab)


def test_it_starts_with_a_denial_to_mend(widget: ExecutionRoleWidget) -> None:
    assert {"invoke", "trust", "logs"} == widget.scenario.state
    assert "✗ fails" in widget.verdict.value
    assert Outcome.FAILED is widget.run.outcome


def test_a_click_reaches_the_lab_and_comes_back_as_a_verdict(widget: ExecutionRoleWidget) -> None:
    before = widget.picture.value
    widget.checkboxes["read-bucket"].value = True
    assert "read-bucket" in widget.scenario.state
    assert "✓ works: every step was allowed" in widget.verdict.value
    assert before != widget.picture.value
    assert "read-photos" in widget.areas["Why"].value + widget.areas["Policies in force"].value
    assert "put_role_policy" in widget.areas["The same in boto3"].value


def test_choosing_another_handler_runs_it(widget: ExecutionRoleWidget) -> None:
    widget.handlers.value = "say-hello"
    assert Outcome.WORKED is widget.run.outcome
    assert "say-hello" in widget.areas["Steps"].value


@pytest.mark.parametrize("key", ["person-s3", "role-invoke"])
def test_a_permission_on_the_wrong_side_changes_nothing(widget: ExecutionRoleWidget, key: str) -> None:
    before = widget.run.outcome, widget.run.sentence
    widget.checkboxes[key].value = True
    assert before == (widget.run.outcome, widget.run.sentence)


def test_every_control_has_a_description(widget: ExecutionRoleWidget) -> None:
    assert all(box.description for box in widget.checkboxes.values())
    assert all(radio.description for radio in widget.handlers.radios.values())
    assert all(widget.tabs.titles)


def test_in_a_closed_lab_the_widget_says_so_and_calls_nobody(widget: ExecutionRoleWidget) -> None:
    widget.scenario.lab.close()
    widget.checkboxes["read-bucket"].value = True
    assert "a lab that is closed" in widget.notice.value
    assert widget.notice.layout.display is None


def test_without_a_kernel_the_page_shows_the_state_it_was_left_in(widget: ExecutionRoleWidget) -> None:
    bundle = widget._repr_mimebundle_()
    assert "<svg" in bundle["text/html"] and "✗ fails" in bundle["text/html"]
    assert "[x] the trust policy names lambda.amazonaws.com" in bundle["text/plain"]
    assert "fails: the code runs as photo-reader" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<ExecutionRoleWidget>" == repr(widget)
