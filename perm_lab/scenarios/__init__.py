"""One lesson's world each: what stands in the account, what the learner may change, and what then happens.

from perm_lab.scenarios import ExecutionRole

world = ExecutionRole()
world.set("read-bucket", True)
print(world.run())
"""

from perm_lab.scenarios.across import Across
from perm_lab.scenarios.execution_role import ExecutionRole
from perm_lab.scenarios.pass_role import PassRole
from perm_lab.scenarios.pull import Pull
from perm_lab.scenarios.push import Push
from perm_lab.scenarios.run import Handler, Hop, Run, RunOutcome, Status, Toggle, decided_by, hop
from perm_lab.scenarios.two_ways import TwoWays
from perm_lab.scenarios.world import Scenario

__all__ = [
    "Across",
    "ExecutionRole",
    "Handler",
    "Hop",
    "PassRole",
    "Pull",
    "Push",
    "Run",
    "RunOutcome",
    "Scenario",
    "Status",
    "Toggle",
    "TwoWays",
    "decided_by",
    "hop",
]
