"""Tasks and questions with a reply to every mistake, judged by the engine; and the file that keeps a learner's answers.

from perm_lab.challenges import TRUST

TRUST.check({"Version": "2012-10-17", "Statement": []})
"""

from perm_lab.challenges import execution_role, start_here
from perm_lab.challenges.execution_role import LOG, MEND, READ, TRUST
from perm_lab.challenges.progress import Progress
from perm_lab.challenges.question import Question
from perm_lab.challenges.task import Outcome, Rejected, Slip, Task, Tone

TASKS = (*start_here.TASKS, *execution_role.TASKS)

__all__ = [
    "LOG",
    "MEND",
    "Outcome",
    "Progress",
    "Question",
    "READ",
    "Rejected",
    "Slip",
    "TASKS",
    "TRUST",
    "Task",
    "Tone",
]
