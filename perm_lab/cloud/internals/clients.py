"""botocore's and boto3's insides: sessions that share what botocore knows, and every call in the lab's hands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy
from typing import Any

import boto3
import botocore.handlers
import botocore.httpsession
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.loaders import Loader

from perm_lab.cloud.internals.patches import Patches

LOADER = Loader()
"""What reads botocore's data, which is large, slow to read and the same for every lab: each file is read once."""


def session(*credentials: str | None, region: str | None = None) -> boto3.Session:
    """A boto3 session with these credentials that shares what botocore knows of the services."""
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.Session(*credentials, region_name=region, botocore_session=core)


def signing_as(access_key: str, secret_key: str, like: BaseClient) -> BaseClient:
    """A client as `like` for the gate, which sees these credentials; botocore takes milliseconds to make another, and
    half a megabyte."""
    other: BaseClient = object.__new__(type(like))  # copy() would look for attributes that only __init__ sets
    other.__dict__.update(like.__dict__)
    other._request_signer = copy(like._request_signer)
    other._request_signer._credentials = Credentials(access_key, secret_key)
    return other


def signing_credentials(request_signer: Any) -> Any:
    """The credentials that a call is about to be signed with, None where botocore has found none."""
    return request_signer._credentials


def sign_in(who: boto3.Session | None) -> None:
    """Make `who` the session of plain `boto3.client(…)`."""
    boto3.DEFAULT_SESSION = who


def default_session() -> boto3.Session | None:
    """The session of plain `boto3.client(…)`, None where nobody has used it yet."""
    return boto3.DEFAULT_SESSION


def signed_in() -> boto3.Session:
    """The session of plain `boto3.client(…)`, made where there is none yet."""
    return boto3._get_default_session()


def raw_response(url: str, status: int) -> AWSResponse:
    """The HTTP response, without a body, that stands for an answer that nobody sent."""
    return AWSResponse(url, status, {}, None)


def take_calls(
    patches: Patches,
    handlers: list[tuple[str, Any]],
    lock: Callable[[], AbstractContextManager[None]],
    refuse: Callable[[str], Any],
) -> None:
    """Put `handlers` (botocore's event, and what is called) on every session made from now on, hold `lock` around each
    call of a client, and call `refuse` with the URL in place of sending a request."""
    make_api_call = BaseClient._make_api_call

    def locked_call(client: Any, *args: Any, **kwargs: Any) -> Any:
        with lock():
            return make_api_call(client, *args, **kwargs)

    patches.set(BaseClient, "_make_api_call", locked_call)
    patches.set(boto3, "DEFAULT_SESSION", None)
    patches.set(botocore.httpsession.URLLib3Session, "send", lambda _session, request: refuse(request.url))
    builtin = botocore.handlers.BUILTIN_HANDLERS

    def remove() -> None:
        builtin[:] = [each for each in builtin if each not in handlers]

    patches.later(remove)
    builtin.extend(handlers)
