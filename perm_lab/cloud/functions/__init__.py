"""AWS Lambda itself: functions and all that belongs to them, answered as AWS answers."""

__all__ = ()
