"""Write the instructor's pages, `notebooks/instructor/`, from the lessons' data and the notebooks that ask it.

    python scripts/make_instructor.py       (or: make instructor)

Each page takes a notebook section by section: its minutes, what to ask the room, which wrong turns to expect; and
under it what the learners are asked there, with each misconception, its reply, the solution and its reasoning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from perm_lab.challenges import LESSONS, Lesson, Ordering, Question, Task

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
TARGET = NOTEBOOKS / "instructor"
_MADE = "<!-- Made by scripts/make_instructor.py from the lessons' data: change that, then run `make instructor`. -->"
_ASKED = re.compile(r'\b(?:Prediction|PolicyEditor|Quiz|Arrange)\((?:ask\["([\w-]+)"\]|\*ask\.quiz\("(\w+)"\))\)')
_BREAK_AFTER, _BREAK = 75, 10

_START = """# For the instructor

A half-day workshop on AWS Lambda permissions, or single notebooks of it. Each page here goes with one notebook: how
many minutes each section takes, what to ask the room before it runs a cell, which misconception each wrong option
stands for, the wrong turns to expect, and all the answers.

## How to hold it

* **Before the day.** Open [Binder](../../README.md#start) once, so that its image is built, or have everybody run
  `make lab`. The kit needs no network afterwards, and nobody needs an AWS account.
* **Predict first.** Ask for hands *before* anybody presses Commit or Evaluate; then let them press. A wrong prediction
  that was committed is worth more than a right answer that was read.
* **Let it fail.** The errors are AWS's own sentences. Have somebody read each one aloud, and ask: who, what, on which
  resource, because of which policy?
* **Any right answer is right.** The checks run requests, they compare no text. When somebody finds another solution,
  show it.
* **The fast ones** look for the answers that a scenario asks for ("find …"), or narrow a policy until nothing is left
  that it allows beyond the task.
* **At the end** `perm_lab.progress()` shows each learner what to look at again, and a file to take home.
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {"README.md": _readme(), **{f"{each.stem}.md": _page(each) for each in LESSONS.values()}}


def _readme() -> str:
    rows, clock, since = [], 0, 0
    for each in LESSONS.values():
        minutes = sum(section.minutes for section in each.sections)
        if since and since + minutes > _BREAK_AFTER:
            rows.append(f"| {_clock(clock)} | *a break* | {_BREAK} |")
            clock, since = clock + _BREAK, 0
        link = f"[{each.number} {each.title}]({each.stem}.md)"
        rows.append(f"| {_clock(clock)} | {link} | {minutes} |")
        clock, since = clock + minutes, since + minutes
    rows.append(f"| {_clock(clock)} | *the end* | |")
    table = "\n".join(["| at | notebook | minutes |", "| --- | --- | --- |", *rows])
    return f"{_MADE}\n\n{_START}\n## The timetable\n\n{table}\n\n{_beliefs()}"


def _beliefs() -> str:
    """Every misconception with the notebooks that meet it."""
    found: dict[str, list[str]] = {}
    for each in LESSONS.values():
        beliefs = [b for question in each.questions.values() for b in question.misconceptions.values()]
        beliefs += [slip.name for task in each.tasks.values() for slip in task.slips]
        for belief in dict.fromkeys(beliefs):
            found.setdefault(belief, []).append(each.number)
    often = {belief: numbers for belief, numbers in found.items() if len(numbers) > 1}
    rows = [f"| {belief} | {', '.join(numbers)} |" for belief, numbers in sorted(often.items(), key=_often)]
    head = f"The course meets {len(found)} misconceptions. These come back in more than one notebook:"
    return "\n".join(["## What keeps coming back", "", head, "", "| belief | notebooks |", "| --- | --- |", *rows, ""])


def _often(each: tuple[str, list[str]]) -> tuple[int, str]:
    return -len(each[1]), each[0]


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _page(lesson: Lesson) -> str:
    asked, clock = dict(_asked(lesson)), 0
    minutes = sum(section.minutes for section in lesson.sections)
    parts = [
        _MADE,
        f"# {lesson.number} {lesson.title}: for the instructor",
        f"[The notebook](../{lesson.stem}.ipynb), {minutes} minutes · [all pages](README.md)",
    ]
    for section in lesson.sections:
        parts += [
            f"## {_clock(clock)} {section.title} ({section.minutes} min)",
            f"**Ask:** {section.ask}",
            f"**Watch for:** {section.watch}",
            *(_SHOWN[type(lesson[name])](lesson[name]) for name in asked.get(section.title, ())),
        ]
        clock += section.minutes
    return "\n\n".join(parts) + "\n"


def _asked(lesson: Lesson) -> Iterator[tuple[str, list[str]]]:
    """The heading of each section that asks something, with the names of what it asks."""
    notebook = json.loads((NOTEBOOKS / f"{lesson.stem}.ipynb").read_text("utf-8"))
    heading, found = "", {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = next(iter(reversed(re.findall(r"^## (.+)$", source, re.MULTILINE))), heading)
        else:
            for name, quiz in _ASKED.findall(source):
                names = [each.name.removeprefix(f"{lesson.number}-") for each in lesson.quiz(quiz)] if quiz else [name]
                found.setdefault(heading, []).extend(names)
    yield from found.items()


def _question(question: Question) -> str:
    rows = []
    for option in question.options:
        belief = question.misconceptions.get(option, "")
        sign = "**✓**" if question.correct(option) else "✗"
        rows.append(f"| {sign} {_cell(option)} | {_cell(belief)} | {_cell(question.replies[option])} |")
    table = "\n".join(["| option | the belief behind it | the reply |", "| --- | --- | --- |", *rows])
    return f"**Question.** {question.text}\n\n{table}"


def _ordering(ordering: Ordering) -> str:
    lines = "\n".join(f"{n}. {line}" for n, line in enumerate(ordering.lines, 1))
    return f"**Ordering.** {ordering.text} The right order:\n\n{lines}\n\n{ordering.reply}"


def _task(task: Task) -> str:
    slips = "\n".join(f"* *{slip.name}*: {_line(slip.reply)}" for slip in task.slips)
    hints = "\n".join(f"{n}. {_line(hint)}" for n, hint in enumerate(task.hints, 1))
    events = "; ".join(event.says for event in task.events)
    run = f"\n\nThen it runs: {events}." if events else ""
    return (
        f"**Challenge: {task.title}.** {task.story}{run}\n\nWrong turns, and what each is answered with:\n\n{slips}\n\n"
        f"Hints:\n\n{hints}\n\n<details><summary>A solution</summary>\n\n```json\n{_json(task)}\n```\n\n"
        f"{task.reasoning}\n\nIt takes {len(task.accepted)} different answers in the tests, and refuses "
        f"{len(task.rejected)}.\n\n</details>"
    )


def _json(task: Task) -> str:
    return json.dumps(task.solution().document, indent=2)


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.split())


_SHOWN = {Question: _question, Ordering: _ordering, Task: _task}

if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for name, page in pages().items():
        (TARGET / name).write_text(page, "utf-8")
