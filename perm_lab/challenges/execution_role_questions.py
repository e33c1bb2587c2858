"""The questions of lesson 1: who runs the code, who may take the role, and who writes the log."""

from perm_lab.challenges.execution_role import LESSON

RECALL = LESSON.questions["01-recall"]
TRUST = LESSON.questions["01-trust"]
WHO_RUNS = LESSON.questions["01-who-runs"]
LOG = LESSON.questions["01-log"]
RECAP = LESSON.recap
