"""What a learner has done, what was thought otherwise at first, and what to look at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from perm_lab.challenges.judgement import Tone
from perm_lab.challenges.lesson import LESSONS, Lesson
from perm_lab.challenges.progress import Progress, attempts
from perm_lab.display import Displayable


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a lesson asks, and how far a learner is with it.

    `right` is None before an answer. `beliefs` are the misconceptions that were seen on the way; `mispredicted` says
    that the first choice among the options was a wrong one.
    """

    name: str
    words: str
    right: bool | None = None
    mispredicted: bool = False
    tries: int = 0
    beliefs: tuple[str, ...] = ()

    @property
    def revisit(self) -> bool:
        """Whether it is worth another look: not right yet, or right only after something else."""
        return self.right is not None and (not self.right or self.mispredicted or bool(self.beliefs))


@dataclass(frozen=True, slots=True)
class Chapter:
    """One lesson's items."""

    lesson: Lesson
    items: tuple[Item, ...]

    @property
    def done(self) -> int:
        return sum(bool(item.right) for item in self.items)


class Report(Displayable):
    """The whole course with what `progress` holds of it.

    >>> import tempfile
    >>> print(str(Report(Progress(f"{tempfile.mkdtemp()}/none.json"))).splitlines()[0])
    nothing is answered yet
    """

    def __init__(self, progress: Progress) -> None:
        self.answers = progress.answers
        self.problem = progress.problem

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """The lessons in their order."""
        return tuple(Chapter(each, tuple(_items(each, self.answers))) for each in LESSONS.values())

    @property
    def beliefs(self) -> Mapping[str, tuple[str, ...]]:
        """Each misconception that was seen, with the numbers of its lessons, the most frequent first."""
        found: dict[str, list[str]] = {}
        for chapter in self.chapters:
            for item in chapter.items:
                for belief in item.beliefs:
                    found.setdefault(belief, []).append(chapter.lesson.number)
        ordered = sorted(found.items(), key=lambda each: -len(each[1]))
        return {belief: tuple(dict.fromkeys(numbers)) for belief, numbers in ordered}

    @property
    def summary(self) -> str:
        """One sentence for all."""
        items = [item for chapter in self.chapters for item in chapter.items]
        done, again = sum(bool(item.right) for item in items), sum(item.revisit for item in items)
        if not any(item.right is not None for item in items):
            return "nothing is answered yet"
        return f"{done} of {len(items)} done; {again} to look at again"

    def __str__(self) -> str:
        lines = [self.summary, *([self.problem] if self.problem else ())]
        for chapter in self.chapters:
            lines.append(f"{chapter.lesson.number} {chapter.lesson.title}: {chapter.done} of {len(chapter.items)}")
            for item in (item for item in chapter.items if item.revisit):
                beliefs = f" ({'; '.join(item.beliefs)})" if item.beliefs else ""
                lines.append(f"  look again: {item.words}{beliefs}")
        return "\n".join(lines)


def _items(lesson: Lesson, answers: Mapping[str, Any]) -> Iterator[Item]:
    for question in lesson.questions.values():
        kept = attempts(answers, question.name)
        first = kept.get("first", kept.get("choice"))
        right = kept.get("choice") == question.answer if kept.get("choice") in question.options else None
        missed = right is not None and first in question.options and not question.correct(str(first))
        yield Item(question.name, question.text, right, missed, *_way(kept))
    asked = {each.name: each.text for each in lesson.orderings.values()}
    asked |= {each.name: each.title for each in lesson.tasks.values()}
    for name, words in asked.items():
        kept = attempts(answers, name)
        tone = kept.get("tone")
        yield Item(name, words, tone == Tone.RIGHT.value if tone else None, False, *_way(kept))


def _way(kept: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
    """How many tries there were, and the beliefs that were seen in them."""
    return kept.get("tries", 0), tuple(map(str, kept.get("beliefs", ())))
