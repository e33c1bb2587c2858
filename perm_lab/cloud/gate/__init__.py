"""The gate before every boto3 call: the hooks, the blocked network, and what each call asks for."""

__all__ = ()
