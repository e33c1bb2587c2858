"""The scenario widget: every control changes the world at once, and what it says is what the lab says."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from perm_lab.cloud import Lab
from perm_lab.scenarios import Across, ExecutionRole, PassRole, Pull, Push, RunOutcome, Scenario, TwoWays
from perm_lab.ui import ScenarioWidget


@pytest.fixture
def widget() -> Iterator[ScenarioWidget]:
    with Lab() as lab:
        yield ScenarioWidget(ExecutionRole(lab))


def test_it_starts_with_a_denial_to_mend(widget: ScenarioWidget) -> None:
    assert {"invoke", "trust", "logs"} == widget.scenario.state
    assert "✗ fails" in widget.verdict.value
    assert RunOutcome.FAILED is widget.run.outcome


def test_a_click_reaches_the_lab_and_comes_back_as_a_verdict(widget: ScenarioWidget) -> None:
    before = widget.picture.value
    widget.checkboxes["read-bucket"].value = True
    assert "read-bucket" in widget.scenario.state
    assert "✓ works: every step was allowed" in widget.verdict.value
    assert before != widget.picture.value
    assert "read-photos" in opened(widget, "Policies in force")


def opened(widget: ScenarioWidget, name: str) -> str:
    """What stands in a tab once it is opened."""
    widget.tabs.selected_index = list(widget.areas).index(name)
    return widget.areas[name].value


SAID = {
    "Steps": "the log is written as the role",
    "Why": "This is so because",
    "Policies in force": "read-photos",
    "boto3": "iam.put_role_policy(",
    "AWS CLI": "aws iam put-role-policy",
    "CloudFormation": "AWS::IAM::Role",
}


@pytest.mark.parametrize("kind", [Across, Pull, Push])
def test_where_no_policy_is_switched_on_the_tab_says_so(kind: type[Scenario]) -> None:
    with Lab() as lab:
        widget = ScenarioWidget(kind(lab))
        said = opened(widget, "Policies in force")
    assert () == widget.scenario.policies
    assert "none of the policies to choose from is switched on" in said


def test_each_tab_is_worked_out_when_it_is_opened_and_for_the_state_of_then(widget: ScenarioWidget) -> None:
    widget.checkboxes["read-bucket"].value = True
    assert list(SAID) == list(widget.tabs.titles)
    for name, words in SAID.items():
        assert words in opened(widget, name)
    widget.tabs.selected_index = 0
    widget.checkboxes["read-bucket"].value = False
    assert not any("read-photos" in area.value for area in widget.areas.values())
    assert "read-photos" not in opened(widget, "AWS CLI") and "create-role" in widget.areas["AWS CLI"].value


def test_a_change_works_out_the_open_tab_only(widget: ScenarioWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = []
    real = ScenarioWidget._body
    monkeypatch.setattr(ScenarioWidget, "_body", lambda self, name: worked_out.append(name) or real(self, name))
    opened(widget, "AWS CLI")
    widget.checkboxes["read-bucket"].value = True
    widget.tabs.selected_index = 0
    opened(widget, "AWS CLI")
    assert ["AWS CLI", "AWS CLI", "Steps"] == worked_out


def test_the_same_in_code_is_a_field_to_copy_from(widget: ScenarioWidget) -> None:
    same = widget.scenario.equivalents
    codes = {"boto3": same.boto3_code, "AWS CLI": same.cli_code, "CloudFormation": str(same.cloudformation[0])}
    for name, code in codes.items():
        [field] = re.findall(r"<textarea([^>]*)>(.*?)</textarea>", opened(widget, name), re.DOTALL)
        assert code == unescape(field[1])
        assert "readonly" in field[0] and "aria-label=" in field[0] and "data-lm-suppress-shortcuts" in field[0]


# what is of an earlier state says so


def test_between_a_change_and_its_verdict_all_is_marked(
    widget: ScenarioWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = ExecutionRole.run, []
    monkeypatch.setattr(ExecutionRole, "run", lambda self: seen.append((widget.stale, widget.text())) or real(self))
    widget.checkboxes["read-bucket"].value = True
    [(stale, text)] = seen
    assert stale and text.startswith("○ of an earlier state: fails")
    assert not widget.stale and widget.text().startswith("works")


def test_a_change_that_goes_wrong_leaves_the_mark(widget: ScenarioWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExecutionRole, "run", lambda self: 1 / 0)
    widget.checkboxes["read-bucket"].value = True
    assert "ZeroDivisionError" in widget.notice.value
    assert widget.stale and "pl-stale" in widget._dom_classes
    assert "of an earlier state" in widget.static()
    for area in (widget.verdict, widget.picture, widget.areas["Steps"]):
        assert "○ of an earlier state" in area.value and "pl-result" in area._dom_classes
    monkeypatch.undo()
    widget.checkboxes["deny-private"].value = True
    assert not widget.stale and "of an earlier state" not in widget.static()


def test_the_verdict_is_spoken(widget: ScenarioWidget) -> None:
    assert '<div role="status"><p class="pl-say' in widget.verdict.value


# foretold, then run


@pytest.fixture
def asking() -> Iterator[ScenarioWidget]:
    with Lab() as lab:
        yield ScenarioWidget(ExecutionRole(lab), predict=True)


def test_nothing_runs_before_it_is_foretold(asking: ScenarioWidget) -> None:
    assert asking.run is None and [] == [
        record for record in asking.scenario.lab.trail if record.action == "lambda:Invoke"
    ]
    assert asking.forecast.evaluate_button.disabled
    assert "nothing has been run yet" in asking.verdict.value and "" == asking.picture.value
    assert "nothing has been run yet" in asking.text() and "fails" not in asking.static()
    assert "invoke-functions" in opened(asking, "Policies in force")
    asking.forecast.options.value = False
    assert not asking.forecast.evaluate_button.disabled and asking.run is None
    asking.forecast.evaluate_button.click()
    assert "✗ fails" in asking.verdict.value and "✓ Right: it fails" in asking.forecast.reply.value


def test_a_change_takes_the_forecast_back_and_marks_the_old_verdict(asking: ScenarioWidget) -> None:
    asking.evaluate(works=True)
    assert "✗ Not so: it fails" in asking.forecast.reply.value
    before = asking.verdict.value
    asking.checkboxes["read-bucket"].value = True
    assert "read-bucket" in asking.scenario.state and before == asking.verdict.value
    assert asking.stale and "pl-waits" in asking._dom_classes
    assert asking.forecast.works is None and asking.forecast.evaluate_button.disabled
    assert "" == asking.forecast.reply.value
    assert "read-photos" in opened(asking, "Policies in force")
    assert RunOutcome.WORKED is asking.evaluate(works=True).outcome
    assert not asking.stale and [False, True] == asking.forecast.told
    assert "1 of 2 foretold rightly" in asking.forecast.reply.value


def test_once_run_the_forecast_stands_and_counts_once(asking: ScenarioWidget) -> None:
    asking.evaluate(works=False)
    assert asking.forecast.options.disabled and not asking.forecast.evaluate_button.disabled
    asking.forecast.evaluate_button.click()
    assert [True] == asking.forecast.told


def test_a_widget_that_runs_at_once_asks_when_it_is_told_to(widget: ScenarioWidget) -> None:
    assert "none" == widget.forecast.layout.display
    widget.asks.value = True
    assert widget.forecast.layout.display is None and widget.forecast.options.disabled and not widget.stale
    assert "Change something first" in widget.forecast.reply.value
    before = widget.run
    widget.checkboxes["read-bucket"].value = True
    assert before is widget.run and widget.stale and not widget.forecast.options.disabled
    widget.asks.value = False
    assert before is not widget.run and not widget.stale and "none" == widget.forecast.layout.display
    assert [] == widget.forecast.told


def test_a_widget_that_asks_runs_at_once_when_it_is_told_to(asking: ScenarioWidget) -> None:
    asking.asks.value = False
    assert asking.run and asking.run.sentence in unescape(asking.verdict.value)


@pytest.mark.parametrize("kind", [PassRole, Pull, Push, TwoWays, Across])
def test_every_lesson_can_be_foretold(kind: type[Scenario]) -> None:
    with Lab() as lab:
        widget = ScenarioWidget(kind(lab), predict=True)
        assert widget.run is None and widget.evaluate(works=False).sentence in unescape(widget.verdict.value)
        assert [] == [name for name in widget.areas if not opened(widget, name)] and not widget.notice.value


def test_choosing_another_handler_runs_it(widget: ScenarioWidget) -> None:
    widget.handlers.value = "say-hello"
    assert RunOutcome.WORKED is widget.run.outcome
    assert "say-hello" in widget.areas["Steps"].value


@pytest.mark.parametrize("key", ["person-s3", "role-invoke"])
def test_a_permission_on_the_wrong_side_changes_nothing(widget: ScenarioWidget, key: str) -> None:
    before = widget.run.outcome, widget.run.sentence
    widget.checkboxes[key].value = True
    assert before == (widget.run.outcome, widget.run.sentence)


def test_every_control_has_a_description(widget: ScenarioWidget) -> None:
    assert all(box.description for box in widget.checkboxes.values())
    assert all(radio.description for radio in widget.handlers.radios.values())
    assert all(widget.tabs.titles)


def test_in_a_closed_lab_the_widget_says_so_and_calls_nobody(widget: ScenarioWidget) -> None:
    widget.scenario.lab.close()
    widget.checkboxes["read-bucket"].value = True
    assert "a lab that is closed" in widget.notice.value
    assert widget.notice.layout.display is None


def test_without_a_kernel_the_page_shows_the_state_it_was_left_in(widget: ScenarioWidget) -> None:
    bundle = widget._repr_mimebundle_()
    assert "<svg" in bundle["text/html"] and "✗ fails" in bundle["text/html"]
    assert all(f"the same in {name}" in bundle["text/html"] for name in ("boto3", "AWS CLI", "CloudFormation"))
    assert "[x] the trust policy names lambda.amazonaws.com" in bundle["text/plain"]
    assert "fails: the code runs as photo-reader" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<ScenarioWidget>" == repr(widget)
