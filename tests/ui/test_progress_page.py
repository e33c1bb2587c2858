"""The page of progress, in plain Python."""

import base64
import json
import re
from datetime import datetime

import pytest

import perm_lab
from perm_lab.challenges import LESSONS, Progress, lesson
from perm_lab.ui import Prediction
from perm_lab.ui.progress_page import ProgressPage

QUESTION = next(iter(lesson("01").questions.values()))
BELIEF = QUESTION.misconceptions[next(iter(QUESTION.misconceptions))]


@pytest.fixture
def progress(tmp_path) -> Progress:
    return Progress(tmp_path / "progress.json")


def uploaded(name, content):
    """What the browser sends for a file that was chosen."""
    return ({"name": name, "type": "application/json", "size": len(content), "content": memoryview(content),
             "last_modified": datetime.now()},)  # fmt: skip


def test_it_shows_each_notebook_and_what_to_look_at_again(progress):
    page = ProgressPage(progress)
    assert all(f"{each.stem}.ipynb" in page.page.value for each in LESSONS.values())
    assert "nothing is answered yet" in page.page.value
    Prediction(QUESTION, progress=progress).commit(next(iter(QUESTION.misconceptions)))
    page.refresh_button.click()
    assert "0&nbsp;of&nbsp;" in page.page.value and "✗ not yet" in page.page.value and BELIEF in page.page.value
    assert BELIEF in page.text() and BELIEF in page.static()


def test_the_download_is_the_file(progress):
    Prediction(QUESTION, progress=progress).commit(QUESTION.answer)
    link = re.search(
        r'download="([^"]+)" href="data:application/json;base64,([^"]+)"', ProgressPage(progress).file.value
    )
    assert "perm_lab_progress.json" == link[1]
    assert progress.answers == json.loads(base64.b64decode(link[2]))["answers"]


def test_a_file_that_was_taken_along_is_restored(progress, tmp_path):
    Prediction(QUESTION, progress=progress).commit(QUESTION.answer)
    elsewhere = ProgressPage(Progress(tmp_path / "elsewhere.json"))
    elsewhere.upload.value = uploaded("perm_lab_progress.json", progress.text.encode())
    assert "✓ answers restored: 1" in elsewhere.told.value and "1&nbsp;of&nbsp;" in elsewhere.page.value


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"format": 99, "answers": {}}'])
def test_a_foreign_file_is_reported_and_changes_nothing(progress, content):
    Prediction(QUESTION, progress=progress).commit(QUESTION.answer)
    before, page = progress.answers, ProgressPage(progress)
    page.upload.value = uploaded("holiday.json", content)
    assert "✗ holiday.json" in page.told.value and "Nothing was changed" in page.told.value
    assert before == progress.answers


def test_it_is_there_at_the_top_of_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert isinstance(perm_lab.progress(), ProgressPage)
    assert [] == list(tmp_path.iterdir())
