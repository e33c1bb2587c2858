"""What sets functions off: services that push events, roles that services assume, and Lambda's own pollers."""

__all__ = ()
