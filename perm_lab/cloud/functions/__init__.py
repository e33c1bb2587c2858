"""AWS Lambda itself: functions and all that belongs to them, answered as AWS answers."""

from perm_lab.cloud.functions.names import FunctionName
from perm_lab.cloud.functions.state import Function, Version

__all__ = ["Function", "FunctionName", "Version"]
