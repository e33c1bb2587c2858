"""What stays the same however long a session lasts and however much stands in a lab, and what a check costs."""

import gc
import json
from statistics import mean, median
from time import process_time

import psutil

from perm_lab.challenges import LESSONS
from perm_lab.cloud import Lab
from perm_lab.cloud.account import trust_policy
from perm_lab.scenarios import ExecutionRole
from perm_lab.ui import ScenarioWidget

SHOP = "111111111111"
TASKS = [task for lesson in LESSONS.values() for task in lesson.tasks.values()]


def milliseconds(act):
    """What `act` took of the processor."""
    start = process_time()
    act()
    return 1_000 * (process_time() - start)


def resident():
    """Megabytes that this process holds, once what nobody needs is gone."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def test_a_long_session(benchmark, notes):
    with Lab() as lab:
        widget = ScenarioWidget(ExecutionRole(lab))
        boxes, clicks = list(widget.checkboxes.values()), 1_300 if benchmark.enabled else 26

        def click(n):
            box = boxes[n % len(boxes)]
            box.value = not box.value

        for n in range(clicks // 5):
            click(n)
        before = resident()
        times = benchmark.pedantic(lambda: [milliseconds(lambda n=n: click(n)) for n in range(clicks)])
        notes.value("session", resident() - before)
        some = 2 * len(boxes) * max(1, clicks // 10 // (2 * len(boxes)))  # whole rounds: each state costs its own
        notes.value("first clicks", mean(times[:some]))
        notes.value("last clicks", mean(times[-some:]))


def test_a_large_account(benchmark, notes):
    with Lab() as lab:
        admin, trust = lab.account(SHOP).admin(), json.dumps(trust_policy("lambda.amazonaws.com"))
        iam, roles = admin.client("iam"), 160 if benchmark.enabled else 30

        def create(n):
            iam.create_role(RoleName=f"role-{n}", AssumeRolePolicyDocument=trust)

        times = benchmark.pedantic(lambda: [milliseconds(lambda n=n: create(n)) for n in range(roles)])
        notes.value("15th role", median(times[10:20]))
        notes.value("150th role", median(times[-15:-5]))
        s3 = admin.client("s3")
        s3.create_bucket(Bucket="photos")
        for n in range(20 * roles):
            s3.put_object(Bucket="photos", Key=str(n), Body=b"meow")
        before = resident()
        for n in range(20):
            create(roles + n)
        notes.value("changes", resident() - before)


def test_a_check(benchmark, notes):
    """A learner checks the same task again and again: the first time its world is built."""

    def checked(task):
        solution = task.solution().document
        assert task.check(solution).right
        return min(milliseconds(lambda: task.check(solution)) for _ in range(2))

    with Lab():
        times = benchmark.pedantic(lambda: [checked(task) for task in (TASKS if benchmark.enabled else TASKS[:1])])
    notes.value("check", mean(times))
    notes.value("slowest check", max(times))
