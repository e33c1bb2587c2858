"""Learn AWS Lambda permissions by running real boto3 code against simulated accounts.

    from perm_lab import Lab

    lab = Lab.start()
    shop = lab.account("111111111111", name="shop")
    shop.admin().client("lambda").list_functions()
    lab.trail

The engine alone is `perm_lab.iam`, on the standard library only. Everything else loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Lab", "Policy", "Request", "aws_message", "evaluate", "explain", "progress"]

_HOMES = dict.fromkeys(__all__, "perm_lab.iam") | {"Lab": "perm_lab.cloud", "progress": "perm_lab.ui.progress_page"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `perm_lab` has no attribute `{name}`; it has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext perm_lab` does: the `%%lambda_function` magic, HTML views and short error messages."""
    import_module("perm_lab.ui.extension").load(shell)
