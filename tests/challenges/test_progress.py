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
