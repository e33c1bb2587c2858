"""What `%load_ext perm_lab` adds to a notebook: the cell magic, the HTML views and short error messages."""

from __future__ import annotations

import importlib
import textwrap
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud import Lab
from perm_lab.cloud.magic import UsageError, deploy
from perm_lab.iam import PolicyError


def load(shell: Any) -> None:
    """Register everything with the IPython `shell`. Loading twice changes nothing."""
    importlib.import_module("perm_lab.ui.views")

    def lambda_function(line: str, cell: str) -> None:
        """Create or update the Lambda function NAME from this cell's code."""
        print(deploy(line, cell, shell.user_ns))

    shell.register_magic_function(lambda_function, magic_kind="cell", magic_name="lambda_function")
    shell.set_custom_exc((ClientError, PolicyError, UsageError), _show_briefly)


def _show_briefly(shell: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None) -> list[str]:
    """Show the error as one paragraph, with what the lab knows about it, instead of botocore's frames."""
    lines = textwrap.wrap(f"{kind.__name__}: {error}", 110, break_long_words=False, break_on_hyphens=False)
    lab = Lab.current()
    if lab is not None and isinstance(error, ClientError):
        with suppress(LookupError):  # the lab has not refused this call
            decision = lab.why(error)
            lines += [] if decision.allowed else ["", str(decision)]
    shown = ["\n".join(lines)]
    shell._showtraceback(kind, error, shown)
    return shown
