"""What runs functions: services that push events, roles that services assume, and Lambda's own pollers."""

from perm_lab.cloud.sources.delivery import Delivery, Source

__all__ = ["Delivery", "Source"]
