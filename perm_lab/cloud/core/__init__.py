"""The engine room of a lab: who calls, which policies are in force, what was decided, and in what order."""

__all__ = ()
