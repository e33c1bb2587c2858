"""Simulated AWS accounts behind real boto3 clients.

from perm_lab.cloud import Lab

with Lab() as lab:
    shop = lab.account("111111111111", name="shop")
    shop.admin().client("lambda").list_functions()
"""

from perm_lab.cloud.account import Account
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.core.records import Record, Trail
from perm_lab.cloud.gate.hooks import NetworkBlocked
from perm_lab.cloud.lab import Lab
from perm_lab.cloud.scratch import scratch_lab

__all__ = ["Account", "Cause", "CauseKind", "Lab", "NetworkBlocked", "Record", "Trail", "scratch_lab"]
