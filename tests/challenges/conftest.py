"""The tasks of all lessons, each as the fixture `task`; and one lab in which a module's answers are tried.

A check leaves the lab as it was (`test_no_trace` says so), so that all of a module's checks can use the same.
"""

from collections.abc import Iterator

import pytest

from perm_lab.challenges import LESSONS, Task
from perm_lab.cloud import Lab

TASKS = [task for lesson in LESSONS.values() for task in lesson.tasks.values()]


@pytest.fixture(params=TASKS, ids=lambda task: task.name, scope="module")
def task(request: pytest.FixtureRequest) -> Task:
    return request.param


@pytest.fixture(scope="module")
def open_lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab
