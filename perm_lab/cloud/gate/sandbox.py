"""While a lab is open boto3 reads nothing of the learner's machine and reaches nothing outside this process.

Three layers, each complete in itself: the environment names no credentials, profile or endpoint; moto answers only
requests that the gate has stamped; and botocore's one HTTP exit raises instead of sending.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NoReturn

from perm_lab.cloud.gate.hooks import Gate, NetworkBlocked
from perm_lab.cloud.internals.clients import take_calls
from perm_lab.cloud.internals.patches import Patches
from perm_lab.cloud.internals.simulation import simulate

_LEARNER_KEEPS = ("AWS_PAGER", "AWS_DATA_PATH")
_ENVIRONMENT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto knows services by their plain endpoints
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
}
PATCHES = Patches()
"""Everything that an open lab has changed in this process: what an interrupted opening or closing has left as well."""


def _refuse(url: str) -> NoReturn:
    raise NetworkBlocked(
        f"`{url}` was not called: while a lab is open nothing leaves this machine; "
        "make boto3 sessions and clients after the lab is opened, without `endpoint_url`"
    )


def _settings() -> dict[str, str]:
    """The environment variables that boto3 or moto would follow."""
    return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "BOTO_", "MOTO_"))}


def clean_environment(patches: Patches) -> None:
    """Take the machine's AWS and moto settings out of the environment, to be put back exactly."""
    before = _settings()

    def put_back() -> None:
        for name in _settings().keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)

    patches.later(put_back)
    for name in before:
        if name not in _LEARNER_KEEPS:
            del os.environ[name]
    os.environ.update(_ENVIRONMENT)


def open_sandbox(gate: Gate, lock: Callable[[], AbstractContextManager[None]]) -> None:
    """Put `gate` before every client of every boto3 session made from now on, and hold `lock` around each call.

    What an earlier opening or closing left undone, because it was interrupted, is undone first.
    """
    close_sandbox()
    clean_environment(PATCHES)
    take_calls(PATCHES, gate.handlers, lock, _refuse)
    simulate(PATCHES, _refuse)


def close_sandbox() -> None:
    """Leave boto3 and the environment as they were. Closing again does no harm, and ends what was interrupted."""
    PATCHES.undo()
