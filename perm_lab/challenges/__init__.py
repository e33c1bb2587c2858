"""Lessons: tasks, questions and orderings with a reply to every mistake; and the file that keeps a learner's answers.

from perm_lab.challenges import lesson

ask = lesson("01")
ask["trust-policy"].check({"Version": "2012-10-17", "Statement": []})
"""

from perm_lab.challenges.judgement import Judgement, Tone
from perm_lab.challenges.lesson import LESSONS, Lesson, Section, lesson
from perm_lab.challenges.ordering import Ordering
from perm_lab.challenges.progress import Progress
from perm_lab.challenges.question import Question
from perm_lab.challenges.report import Report
from perm_lab.challenges.task import Rejected, Slip, Solution, Task

__all__ = [
    "Judgement",
    "LESSONS",
    "Lesson",
    "Ordering",
    "Progress",
    "Question",
    "Rejected",
    "Report",
    "Section",
    "Slip",
    "Solution",
    "Task",
    "Tone",
    "lesson",
]
