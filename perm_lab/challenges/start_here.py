"""The questions and tasks of lesson 0: a first denial, a statement with holes, two functions, and a deny that wins."""

from perm_lab.challenges.lesson import lesson

LESSON = lesson("00_start_here")
FIRST_CALL = LESSON.questions["00-first-call"]
FROZEN = LESSON.questions["00-frozen"]
RECAP = LESSON.recap
READ_SETTINGS = LESSON.tasks["00-read-settings"]
TWO_FUNCTIONS = LESSON.tasks["00-two-functions"]
TASKS = tuple(LESSON.tasks.values())
