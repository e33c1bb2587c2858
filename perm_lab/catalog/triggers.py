"""The sources of events that can run a function: on whose permission each does, and what is seen where that lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any

from perm_lab.catalog.files import read

# members of a row that say where it is from: AWS's page, and whether its facts are "documented" by AWS, "recorded" from
# AWS by others, or known from "practice" only
_PROVENANCE = ("documentation", "verified")


class UnknownSource(LookupError):
    """No source of events of this name is in the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """A source of events: which policy must let it run a function, and what is seen where that policy does not.

    `source_arn` and an account's `principal` are templates with the variables of the Service Authorization Reference
    (`${Region}`, `${QueueName}`); what AWS says in `failure` has `${FunctionArn}` and its like; `event` is the payload
    with `${SourceArn}`, `${SourceAccount}`, `${Region}`, and `${Resource}` for the last part of the source's ARN.
    What does not apply to a source is empty, 0 or False.
    """

    name: str
    title: str
    side: str  # where the permission belongs: "function policy", "invocation role", "execution role" or "caller"
    invocation: str  # "synchronous", "asynchronous" or "polled"
    configure: Mapping[str, str] = field(hash=False)  # the call that sets it up: boto3's `service`, and `operation`
    checked: str  # when a missing permission shows: at "configuration" or at "delivery"
    failure: Mapping[str, Any] = field(hash=False)  # who has `seen` what; `code`, `message`, `status`, `metric`, `log`
    note: str
    event: Any = field(hash=False, repr=False)
    principal: str = ""  # whom the function policy grants, or whom the invocation role trusts
    source_arn: str = ""
    source_account: str = ""  # the condition SourceAccount: "needed", "recommended", "optional" or "refused"
    event_source_token: bool = False  # the condition that stands for SourceArn where the source has no ARN
    actions: tuple[str, ...] = ()  # what the function policy, or the caller's own policies, must allow
    role_actions: tuple[str, ...] = ()  # what the invocation or execution role must allow
    role_optional: tuple[Mapping[str, str], ...] = field(default=(), hash=False)  # `action`, and `when` it is needed
    managed_policy: str = ""  # the AWS managed policy that allows `role_actions`
    source_policy: bool = False  # whether a source of another account must let the role in by its own policy
    # Where that call is refused unless the source may run the functions in it: the path of the parameters that name the
    # `functions`, and the ARN of the `source`, with `${…}` for the path of a parameter, the Region and the Account.
    tries: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    batch_size: int = 0  # records in a batch where the mapping does not say
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)  # its others, as the API has them
    starting_position_needed: bool = False


@cache
def event_sources() -> Mapping[str, EventSource]:
    """The sources of events by name: pushed by a service, called with a role, polled by Lambda, called by anyone."""
    return MappingProxyType({row["name"]: _source(row) for row in read("event_sources.json")["event_sources"]})


def event_source(name: str) -> EventSource:
    """The source of events of this name. Raises `UnknownSource`.

    >>> event_source("sqs").side, event_source("sqs").managed_policy
    ('execution role', 'AWSLambdaSQSQueueExecutionRole')
    >>> event_source("s3").principal, event_source("s3").source_account
    ('s3.amazonaws.com', 'needed')
    """
    found = event_sources().get(name)
    if found is None:
        near = get_close_matches(name.lower().replace(" ", "-").replace("_", "-"), event_sources(), 1, 0.6)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise UnknownSource(f"`{name}` is not an event source of the catalogue{hint}")
    return found


def _source(row: Mapping[str, Any]) -> EventSource:
    """A row of the data file without where it is from; its lists as tuples, but for an event's."""
    known = {name: value for name, value in row.items() if name not in _PROVENANCE}
    listed = {name: tuple(v) for name, v in known.items() if isinstance(v, list) and name != "event"}
    return EventSource(**known | listed)
