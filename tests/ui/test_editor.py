"""The policy editor, worked in plain Python."""

import json
from pathlib import Path

import pytest

from perm_lab.challenges import Progress, Tone, lesson
from perm_lab.display import html
from perm_lab.iam import Verdict
from perm_lab.ui import PolicyEditor

ASK = lesson("01")
TRUST, READ, MEND = ASK["trust-policy"], ASK["read-one-prefix"], ASK["mend-the-role"]


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.json")


def test_it_starts_with_the_given_text_and_judges_nothing(progress: Progress) -> None:
    editor = PolicyEditor(TRUST, progress)
    assert TRUST.starter == editor.editor.value
    assert editor.outcome is None and "" == editor.result.value
    assert "" == PolicyEditor(READ, progress).editor.value


def test_checking_what_was_not_changed_is_not_wrong(progress: Progress) -> None:
    editor = PolicyEditor(TRUST, progress)
    editor.check_button.click()
    assert Tone.NOT_YET is editor.outcome.tone
    assert "○ not yet" in editor.result.value
    assert not progress.path.exists()


def test_a_right_answer_is_praised_with_its_reason(progress: Progress) -> None:
    editor = PolicyEditor(TRUST, progress)
    editor.editor.value = json.dumps(TRUST.reference)
    editor.check_button.click()
    assert editor.outcome.right
    assert "✓ right" in editor.result.value


def test_a_known_slip_is_named_and_its_excess_shown(progress: Progress) -> None:
    editor = PolicyEditor(READ, progress)
    outcome = editor.check(json.dumps(READ.rejected[2].answer))
    assert "the whole bucket" == outcome.slip
    assert "≈ almost: the whole bucket" in editor.result.value
    assert "private/passport.jpg" in editor.result.value
    assert "the verdict, statement by statement" in editor.result.value


def test_what_was_said_of_a_text_is_marked_as_soon_as_the_text_is_another(progress: Progress) -> None:
    editor = PolicyEditor(READ, progress)
    editor.editor.value = "{"
    assert not editor.stale
    editor.check_button.click()
    assert "○ of an earlier text" in editor.result.value and '<div role="status">' in editor.result.value
    assert not editor.stale
    editor.editor.value = "{}"
    assert editor.stale and {"pl-result", "pl-stale"} <= set(editor.result._dom_classes)
    editor.editor.value = "{"
    assert not editor.stale
    editor.editor.value = "{}"
    editor.check_button.click()
    assert not editor.stale
    editor.editor.value = "{"
    editor.start_button.click()
    assert not editor.stale


def test_text_that_is_no_json_gets_its_line(progress: Progress) -> None:
    editor = PolicyEditor(READ, progress)
    editor.check('{\n"Version": "2012-10-17"\n"Statement": []}')
    assert "line 3, column 1" in editor.result.value
    assert "&quot;Statement&quot;: []" in editor.result.value


def test_hints_come_one_by_one_and_then_the_solution(progress: Progress) -> None:
    editor = PolicyEditor(MEND, progress)
    for n, _ in enumerate(MEND.hints, 1):
        editor.hint_button.click()
        assert n == editor.help.value.count("<li>")
        assert "one solution" not in editor.help.value
    assert "Show a solution" == editor.hint_button.description
    editor.hint_button.click()
    assert "one solution" in editor.help.value
    assert "Solution shown" == editor.hint_button.description


def test_the_button_for_hints_does_not_drop_the_focus_when_there_are_no_more(progress: Progress) -> None:
    editor = PolicyEditor(MEND, progress)
    for _ in range(len(MEND.hints) + 2):
        editor.hint_button.click()
    assert not editor.hint_button.disabled
    assert 1 == editor.help.value.count("one solution")


def test_what_was_checked_last_is_there_after_a_restart_and_can_be_dropped(progress: Progress) -> None:
    PolicyEditor(READ, progress).check("{")
    again = PolicyEditor(READ, Progress(progress.path))
    assert "{" == again.editor.value
    again.start_button.click()
    assert READ.starter == again.editor.value


def test_without_a_kernel_the_task_is_there_and_the_answer_is_not(progress: Progress) -> None:
    bundle = PolicyEditor(TRUST, progress)._repr_mimebundle_()
    assert TRUST.title in bundle["text/html"] and TRUST.starter in bundle["text/plain"]
    assert TRUST.reasoning not in bundle["text/html"]
    assert bundle["text/html"] and html(TRUST)


def test_an_explicit_deny_is_asked_for_by_the_sign_that_verdicts_have() -> None:
    task = next(task for task in ASK.tasks.values() if task.must_forbid)
    assert f"{Verdict.EXPLICIT_DENY.sign} must be denied explicitly" in html(task)
