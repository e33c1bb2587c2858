"""moto switched on: it answers what the gate has stamped, and keeps nothing that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

from moto import mock_aws
from moto.core.base_backend import AccountSpecificBackend
from moto.core.common_models import BaseModel
from moto.core.models import botocore_stubber
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeKey

from perm_lab import catalog
from perm_lab.cloud.internals.clients import session
from perm_lab.cloud.internals.patches import Patches
from perm_lab.cloud.internals.services import SEED, dispose

STAMP = "x-moto-account-id"
"""The header by which the gate tells moto whose resources a call works on. A request without it has no verdict."""


def simulate(patches: Patches, refuse: Callable[[str], Any]) -> None:
    """Let moto answer every stamped request; `refuse` is called with the URL of any other."""
    process_request = botocore_stubber.process_request
    check_action = IAMTrustPolicyDocumentValidator._validate_trust_policy_action

    def answer_stamped(request: Any) -> Any:
        return process_request(request) if STAMP in request.headers else refuse(request.url)

    def in_any_case(action: str) -> None:
        service, _, name = action.lower().partition(":")
        known = catalog.actions(service).get(name)
        check_action(f"{service}:{known.name}" if known else action)

    patches.set(AccountSpecificBackend, "get_session", cache(session))
    patches.set(BaseModel, "__new__", lambda cls, *args, **kwargs: object.__new__(cls))
    patches.set(FakeKey, "__del__", FakeKey.dispose)
    _switch_on(patches)
    patches.set(IAMTrustPolicyDocumentValidator, "_validate_trust_policy_action", staticmethod(in_any_case))
    patches.later(lambda: vars(botocore_stubber).pop("process_request", None))
    vars(botocore_stubber)["process_request"] = answer_stamped
    mock_random.seed(SEED)


def _switch_on(patches: Patches) -> None:
    mock = mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}})
    before = type(mock)._nested_count

    def switch_off() -> None:
        """As after a whole start, whatever part of it was done; the lock may have been left by an interrupt."""
        type(mock)._nested_count, type(mock)._mocks_active, type(mock)._mock_init_lock = before + 1, True, Lock()
        dispose()
        mock.stop()

    patches.later(switch_off)
    mock.start()
