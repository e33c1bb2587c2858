"""The instructor's pages are those that the lessons' data makes, and nothing that is asked is missing in them."""

import re
import runpy

import pytest

from perm_lab.challenges import LESSONS
from tests.repo import ROOT

MADE = runpy.run_path(str(ROOT / "scripts" / "make_instructor.py"))
PAGES = MADE["pages"]()
TARGET = MADE["TARGET"]


def test_the_stored_pages_are_the_made_ones():
    stored = {path.name: path.read_text("utf-8") for path in TARGET.iterdir()}
    assert sorted(PAGES) == sorted(stored)
    assert [] == [name for name in PAGES if PAGES[name] != stored[name]], "run `make instructor`"


@pytest.mark.parametrize("number", list(LESSONS))
def test_a_page_has_all_that_its_notebook_asks_and_all_the_answers(number):
    lesson = LESSONS[number]
    page = " ".join(PAGES[f"{lesson.stem}.md"].split())
    wanted = [each for section in lesson.sections for each in (section.title, section.ask, section.watch)]
    for question in lesson.questions.values():
        wanted += [question.text, f"**✓** {question.answer}", *question.misconceptions.values()]
    for ordering in lesson.orderings.values():
        wanted += [*ordering.lines, ordering.reply]
    for task in lesson.tasks.values():
        wanted += [task.title, task.reasoning, *task.hints, *(slip.name for slip in task.slips)]
    assert [] == [each for each in wanted if " ".join(each.split()) not in page]


def test_the_timetable_adds_up():
    rows = re.findall(r"^\| (\d+):(\d\d) \| .+? \| (\d*) \|$", PAGES["README.md"], re.MULTILINE)
    clock = 0
    for hours, minutes, length in rows:
        assert clock == int(hours) * 60 + int(minutes)
        clock += int(length or 0)
    assert len(rows) > len(LESSONS) and clock <= 4 * 60


@pytest.mark.parametrize("name", PAGES)
def test_its_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[name]):
        assert (TARGET / target).resolve().exists(), target
