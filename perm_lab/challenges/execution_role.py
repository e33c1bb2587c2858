"""The tasks of lesson 1: a trust policy with holes, a log, a photo and a log from an empty page, and a role to mend."""

from perm_lab.challenges.lesson import lesson

LESSON = lesson("01_execution_role")
TRUST = LESSON.tasks["01-trust-policy"]
LOG = LESSON.tasks["01-write-the-log"]
READ = LESSON.tasks["01-read-one-prefix"]
MEND = LESSON.tasks["01-mend-the-role"]
TASKS = tuple(LESSON.tasks.values())
