"""The progress file: atomic, shared, and never overwritten when it is not understood."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

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


WRITER = """
import runpy, sys
module, path, name = sys.argv[1:]
progress = runpy.run_path(module)["Progress"](path)
sys.stdin.read()
for n in range(150):
    progress.put(f"{name}{n}", n)
    progress.attempt("both", {"by": name}, name)
assert not progress.problem, progress.problem
"""


def test_of_what_two_kernels_write_at_once_nothing_is_lost(path: Path) -> None:
    """The file of the class alone is run there: it needs nothing of the package, whose import takes seconds."""
    module = sys.modules[Progress.__module__].__file__
    kernels = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(module), str(path), name], stdin=subprocess.PIPE)
        for name in "ab"
    ]
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.close()
    assert [0, 0] == [kernel.wait() for kernel in kernels]
    answers = Progress(path).answers
    assert 300 == answers.pop("both")["tries"]
    assert {f"{name}{n}": n for name in "ab" for n in range(150)} == answers
    assert [path] == list(path.parent.iterdir())


def test_a_kernel_that_was_ended_while_it_wrote_stops_nobody(path: Path) -> None:
    progress = Progress(path)
    progress.put("q1", 1)
    lock = path.with_name(f"{path.name}.lock")
    lock.write_text('{"format": 1, "ans')
    start = time.monotonic()
    progress.put("q2", 2)
    assert ({"q1": 1, "q2": 2}, "") == (progress.answers, progress.problem)
    assert 2 < time.monotonic() - start < 10
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_what_is_nested_too_deep_is_set_aside(path: Path, depth: int) -> None:
    content = '{"format": 1, "answers": {"q1": ' + "[" * depth + "]" * depth + "}}"
    path.write_text(content, "utf-8")
    progress = Progress(path)
    progress.put("q2", 2)
    assert {"q2": 2} == progress.answers
    assert "could not be understood: it is nested too deep" in progress.problem
    assert content == path.with_suffix(".set-aside-1.json").read_text("utf-8")


def test_there_is_always_a_free_name_for_what_is_set_aside(path: Path) -> None:
    for n in range(1, 1_001):
        path.with_suffix(f".set-aside-{n}.json").touch()
    path.write_text("{", "utf-8")
    progress = Progress(path)
    assert progress.get("q1") is None
    assert "was kept as `perm_lab_progress.set-aside-1001.json`" in progress.problem


def test_half_a_surrogate_pair_is_kept_like_any_other_text(path: Path) -> None:
    Progress(path).put("q1", {"text": "ä \ud83d"})
    Progress(path).put("q2", "\udc80")
    assert {"q1": {"text": "ä \ud83d"}, "q2": "\udc80"} == Progress(path).answers
    assert Progress(path).text.encode() == path.read_bytes() and "ä" in Progress(path).text


def deep() -> Any:
    found: list[Any] = []
    for _ in range(100_000):
        found = [found]
    return found


@pytest.mark.parametrize("answer", [{1, 2}, b"x", object(), deep()], ids=["set", "bytes", "object", "deep"])
def test_an_answer_that_json_cannot_hold_is_its_author_s_mistake(path: Path, answer: Any) -> None:
    progress = Progress(path)
    progress.put("q1", 1)
    with pytest.raises(TypeError, match="the answer to `q2` is nothing that JSON can hold"):
        progress.put("q2", answer)
    with pytest.raises(TypeError, match="the answer to `q3` is nothing that JSON can hold"):
        progress.attempt("q3", {"choice": answer}, "x")
    assert {"q1": 1} == progress.answers
    assert [path] == list(path.parent.iterdir())


def test_a_link_to_the_file_stays_one(path: Path) -> None:
    real = path.with_name("real")
    real.mkdir()
    path.symlink_to(real / "answers.json")
    Progress(path).put("q1", 1)
    Progress(path).put("q2", 2)
    assert path.is_symlink() and {"q1": 1, "q2": 2} == Progress(real / "answers.json").answers
    assert [real / "answers.json"] == list(real.iterdir())


def test_the_file_may_be_read_by_whom_other_files_may(path: Path) -> None:
    Progress(path).put("q1", 1)
    other = path.with_name("other")
    other.touch()
    assert other.stat().st_mode == path.stat().st_mode


def test_a_file_that_cannot_be_read_is_not_written_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(path)
    progress.put("q1", 1)

    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", refuse)
        progress.put("q2", 2)
        assert "could not be saved" in progress.problem
        assert progress.get("q1") is None and "could not be read" in progress.problem
    assert {"q1": 1} == progress.answers and [path] == list(path.parent.iterdir())


def test_in_a_folder_where_nothing_may_be_written_an_answer_is_a_problem_and_no_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path.write_text("{", "utf-8")
    monkeypatch.setattr(os, "open", refuse)
    progress = Progress(path)
    assert progress.get("q1") is None and "could not be read" in progress.problem
    progress.put("q1", 1)
    assert "could not be saved" in progress.problem and "{" == path.read_text("utf-8")
