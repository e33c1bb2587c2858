"""Simulated AWS accounts behind real boto3 clients.

from perm_lab.cloud import Lab

with Lab() as lab:
    shop = lab.account("111111111111", name="shop")
    shop.admin().client("lambda").list_functions()
"""

from perm_lab.cloud.account import Account
from perm_lab.cloud.apart import lab_apart
from perm_lab.cloud.isolation import NetworkBlocked
from perm_lab.cloud.lab import Lab
from perm_lab.cloud.trail import Record, Trail

__all__ = ["Account", "Lab", "NetworkBlocked", "Record", "Trail", "lab_apart"]
