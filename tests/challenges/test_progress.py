"""The progress file: atomic, shared, and never overwritten when it is not understood."""

import json
from pathlib import Path

import pytest

from perm_lab.challenges import Progress


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "perm_lab_progress.json"


def test_an_answer_is_there_for_another_reader(path: Path) -> None:
    Progress(path).put("q1", {"choice": "ä"})
    Progress(path).put("q2", 2)
    assert {"choice": "ä"} == Progress(path).get("q1")
    assert {"format": 1, "answers": {"q1": {"choice": "ä"}, "q2": 2}} == json.loads(path.read_text("utf-8"))
    assert [path] == list(path.parent.iterdir())


def test_nothing_is_written_before_there_is_an_answer(path: Path) -> None:
    assert Progress(path).get("q1") is None
    assert not path.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 99, "answers": {}}', '{"format": 1}'])
def test_a_file_that_is_not_understood_is_kept_and_reported(path: Path, content: str) -> None:
    path.write_text(content, "utf-8")
    progress = Progress(path)
    progress.put("q1", 1)
    assert content == path.with_suffix(".set-aside-1.json").read_text("utf-8")
    assert "was kept as `perm_lab_progress.set-aside-1.json`" in progress.problem
    assert 1 == Progress(path).get("q1")
    path.write_text(content, "utf-8")
    Progress(path).get("q1")
    assert path.with_suffix(".set-aside-2.json").exists()


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress(path)
    progress.put("q1", 1)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("perm_lab.challenges.progress.os.replace", refuse)
    progress.put("q1", 2)
    assert "could not be saved" in progress.problem and "Permission denied" in progress.problem
    assert 1 == Progress(path).get("q1")
    assert [path] == list(path.parent.iterdir())


def test_of_several_attempts_the_last_is_kept_and_the_first_is_known(path: Path) -> None:
    progress = Progress(path)
    progress.attempt("q1", {"choice": "a"}, "a", "a boundary grants")
    progress.attempt("q1", {"choice": "b"}, "b", "a boundary grants")
    progress.attempt("q1", {"choice": "c"}, "c")
    assert {"choice": "c", "tries": 3, "first": "a", "beliefs": ["a boundary grants"]} == progress.get("q1")
    assert {"q1": progress.get("q1")} == progress.answers


@pytest.mark.parametrize("kept", [3, {"tries": "x", "beliefs": 4}, {"choice": "a", "right": True}])
def test_an_attempt_counts_anew_where_what_was_kept_has_no_count(path: Path, kept: object) -> None:
    progress = Progress(path)
    progress.put("q1", kept)
    progress.attempt("q1", {"choice": "b"}, "b")
    assert {"choice": "b", "tries": 1, "first": "b", "beliefs": []} == progress.get("q1")


def test_what_was_taken_along_can_be_begun_with_elsewhere(path: Path) -> None:
    first = Progress(path)
    first.put("q1", {"choice": "ä"})
    second = Progress(path.with_name("elsewhere.json"))
    assert 1 == second.restore(first.text)
    assert first.answers == second.answers and "" == second.problem
    assert 1 == second.restore(first.text) and "" == second.problem


def test_restoring_keeps_what_was_there_under_another_name(path: Path) -> None:
    progress = Progress(path)
    progress.put("q1", 1)
    old = path.read_text("utf-8")
    assert 1 == progress.restore('{"format": 1, "answers": {"q2": 2}}')
    assert {"q2": 2} == progress.answers
    assert old == path.with_suffix(".set-aside-1.json").read_text("utf-8")
    assert "perm_lab_progress.set-aside-1.json" in progress.problem


@pytest.mark.parametrize(
    ("content", "says"),
    [("{", "not JSON"), ("[]", "no answers"), ('{"format": 1, "answers": [1]}', "no answers"),
     ('{"format": 99, "answers": {}}', "format 99, and only 1 is known")],
)  # fmt: skip
def test_foreign_content_is_not_restored_and_nothing_changes(path: Path, content: str, says: str) -> None:
    progress = Progress(path)
    progress.put("q1", 1)
    with pytest.raises(ValueError, match=says):
        progress.restore(content)
    assert {"q1": 1} == progress.answers and [path] == list(path.parent.iterdir())
