"""While a lab is open boto3 reads nothing of the learner's machine and reaches nothing outside this process.

Three layers, each complete in itself: the environment names no credentials, profile or endpoint; moto answers only
requests that the gate has stamped; and botocore's one HTTP exit raises instead of sending.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import copy
from functools import cache
from typing import Any, NoReturn
from unittest import mock

import boto3
import botocore.handlers
import botocore.httpsession
import botocore.session
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.loaders import Loader
from moto import mock_aws
from moto.core.base_backend import AccountSpecificBackend
from moto.core.models import botocore_stubber
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator
from moto.moto_api._internal import mock_random

from perm_lab import catalog

STAMP = "x-moto-account-id"
"""The header by which the gate tells moto whose resources a call works on. A request without it has no verdict."""

LOADER = Loader()
"""What reads botocore's data, which is large, slow to read and the same for every lab: each file is read once."""

_LEARNER_KEEPS = ("AWS_PAGER", "AWS_DATA_PATH")
_ENVIRONMENT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto knows services by their plain endpoints
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class NetworkBlocked(RuntimeError):
    """A call tried to leave the machine, or to reach the simulated services past the gate, while a lab was open."""


def _refuse(url: str) -> NoReturn:
    raise NetworkBlocked(
        f"`{url}` was not called: while a lab is open nothing leaves this machine; "
        "make boto3 sessions and clients after the lab is opened, without `endpoint_url`"
    )


@contextmanager
def clean_environment() -> Iterator[None]:
    """The environment without the machine's AWS and moto settings; put back exactly when the lab closes."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("AWS_", "BOTO_", "MOTO_")) and name not in _LEARNER_KEEPS:
            del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        ours = [name for name in os.environ if name.startswith(("AWS_", "BOTO_", "MOTO_"))]
        for name in ours:
            if name not in before:
                del os.environ[name]
        os.environ.update(
            {name: value for name, value in before.items() if name.startswith(("AWS_", "BOTO_", "MOTO_"))}
        )


def open_sandbox(handlers: list[tuple[Any, ...]], turn: Callable[[], AbstractContextManager[None]]) -> ExitStack:
    """Open the sandbox with `handlers` on every boto3 session made from now on; closing the stack undoes all of it.

    `turn` is held around every call of a client.
    """
    process_request = botocore_stubber.process_request

    def answer_stamped(request: Any) -> Any:
        return process_request(request) if STAMP in request.headers else _refuse(request.url)

    def send(_session: Any, request: Any) -> NoReturn:
        _refuse(request.url)

    make_api_call = BaseClient._make_api_call

    def call_in_turn(client: Any, *args: Any, **kwargs: Any) -> Any:
        with turn():
            return make_api_call(client, *args, **kwargs)

    trusted = IAMTrustPolicyDocumentValidator._validate_trust_policy_action

    def in_any_case(action: str) -> None:
        """AWS's actions have no case; moto wants those of a trust policy spelt as in its list."""
        service, _, name = action.lower().partition(":")
        known = catalog.actions(service).get(name)
        trusted(f"{service}:{known.name}" if known else action)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(BaseClient, "_make_api_call", call_in_turn))
        stack.enter_context(clean_environment())
        stack.enter_context(mock.patch.object(boto3, "DEFAULT_SESSION", None))
        stack.enter_context(mock.patch.object(AccountSpecificBackend, "get_session", cache(session)))
        stack.enter_context(mock_aws(config={"core": {"mock_credentials": False, "reset_boto3_session": False}}))
        stack.enter_context(
            mock.patch.object(IAMTrustPolicyDocumentValidator, "_validate_trust_policy_action", in_any_case)
        )
        stack.enter_context(mock.patch.object(botocore_stubber, "process_request", answer_stamped))
        stack.enter_context(mock.patch.object(botocore.httpsession.URLLib3Session, "send", send))
        botocore.handlers.BUILTIN_HANDLERS.extend(handlers)
        stack.callback(_remove, handlers)
        mock_random.seed(20150409)  # ids and keys are the same in every run, so that a notebook's outputs are too
        return stack.pop_all()
    raise AssertionError("unreachable")


def session(*credentials: str | None, region: str | None = None) -> boto3.Session:
    """A boto3 session with these credentials that shares what botocore knows of the services."""
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(*credentials, region_name=region, botocore_session=core)


def signing_as(access_key: str, secret_key: str, like: BaseClient) -> BaseClient:
    """A client as `like` for the gate, which sees these credentials; botocore takes milliseconds to make another, and
    half a megabyte."""
    other = object.__new__(type(like))  # copy() would look for attributes that only __init__ sets
    other.__dict__.update(like.__dict__)
    other._request_signer = copy(like._request_signer)
    other._request_signer._credentials = Credentials(access_key, secret_key)
    return other


def _remove(handlers: list[tuple[Any, ...]]) -> None:
    for handler in handlers:
        botocore.handlers.BUILTIN_HANDLERS.remove(handler)
