"""Lambda functions as state: what the API keeps of them and what it shows.

The shapes are those that AWS answers with, as recorded in public test suites (recordings of 2024 and 2025).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from perm_lab.catalog import EventSource
from perm_lab.cloud.function_name import FunctionName

LATEST = "$LATEST"
DEFAULTS: dict[str, Any] = {
    "Architectures": ["x86_64"],
    "Description": "",
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "PackageType": "Zip",
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
_KEPT = "DeadLetterConfig Environment Handler KMSKeyArn Layers LoggingConfig Role Runtime VpcConfig".split()
# what a configuration says of the change that made it
DONE = {"State": "Active", "LastUpdateStatus": "Successful"}
CREATING = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}
UPDATING = {
    "State": "Active",
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


@dataclass(slots=True)
class Version:
    """Code and settings that can be run: `$LATEST`, which changes, or a published version, which does not.

    `latest_description` is the description that `$LATEST` had when the version was published.
    """

    name: FunctionName
    settings: dict[str, Any]
    zip: bytes
    revision: str
    number: str = LATEST
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    latest_description: str = ""

    def configure(self, params: Mapping[str, Any]) -> None:
        """Take over the settings in `params`; members that are absent stay as they are."""
        for key in (*DEFAULTS, *_KEPT):
            if params.get(key) is not None:
                merged = self.settings.get(key) if key == "LoggingConfig" else None
                self.settings[key] = {**merged, **params[key]} if merged else params[key]

    @property
    def role(self) -> str:
        """ARN of the execution role."""
        return str(self.settings["Role"])

    @property
    def arn(self) -> str:
        return self.name.arn if self.number == LATEST else f"{self.name.arn}:{self.number}"

    @property
    def code_sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.zip).digest()).decode()

    def touch(self, revision: str) -> None:
        """Note a change: a new revision id and time."""
        self.revision, self.modified = revision, datetime.now(UTC)

    def configuration(self, arn: str = "", state: Mapping[str, str] = DONE) -> dict[str, Any]:
        """The configuration as the API shows it: `CREATING` or `UPDATING` in the answer to a change, later `DONE`.

        `arn` is the ARN by which the caller named the version, where that differs from its own.
        """
        runtime = {}
        if "Runtime" in self.settings:  # in a lab each runtime has one release, and its id says nothing
            release = hashlib.sha256(self.settings["Runtime"].encode()).hexdigest()
            runtime = {"RuntimeVersionArn": f"arn:aws:lambda:{self.name.region}::runtime:{release}"}
        return {
            **self.settings,
            **({"RuntimeVersionConfig": runtime} if runtime else {}),
            "FunctionName": self.name.name,
            "FunctionArn": arn or self.arn,
            "CodeSha256": self.code_sha256,
            "CodeSize": len(self.zip),
            "LastModified": self.modified.strftime("%Y-%m-%dT%H:%M:%S.") + "000+0000",
            "RevisionId": self.revision,
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "Version": self.number,
            **state,
        }


@dataclass(slots=True)
class Alias:
    """A name that points to a version, and may send a part of the traffic to another."""

    name: str
    version: str
    description: str
    revision: str
    routing: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class ResourcePolicy:
    """The policy on a function, a version, an alias or a layer's version.

    Only a layer's policy has a revision of its own; any other has that of what it is on.
    """

    document: dict[str, Any]
    revision: str = ""

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements of the document, which may have a single one outside a list."""
        found = self.document["Statement"]
        return found if isinstance(found, list) else [found]


@dataclass(slots=True)
class Function:
    """A function: `$LATEST`, the published versions, and what hangs on it.

    The keys of `policies`, `urls` and `invoke_configs` are qualifiers: empty for the function itself, else a version's
    number or an alias's name.
    """

    name: FunctionName
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    policies: dict[str, ResourcePolicy] = field(default_factory=dict)
    urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoke_configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: int = 0

    def forget(self, qualifier: str) -> None:
        """Drop what hangs on a version or an alias that is deleted."""
        for kept in (self.policies, self.urls, self.invoke_configs):
            kept.pop(qualifier, None)

    def named(self, qualifier: str) -> Version | Alias | None:
        """What `qualifier` is the name of, an alias not followed; None when it is of nothing."""
        return self.aliases.get(qualifier) or self.version(qualifier)

    def version(self, qualifier: str) -> Version | None:
        """What runs when the function is called with `qualifier`; None when it leads nowhere."""
        if qualifier in ("", LATEST):
            return self.latest
        alias = self.aliases.get(qualifier)
        return self.versions.get(alias.version if alias else qualifier) or (
            self.latest if alias and alias.version == LATEST else None
        )


@dataclass(slots=True)
class LayerVersion:
    """A published version of a layer, as GetLayerVersion shows it, and its policy."""

    shown: dict[str, Any]
    policy: ResourcePolicy | None = None

    @property
    def policy_revision(self) -> str:
        """The revision id of the policy, empty where there is none."""
        return self.policy.revision if self.policy else ""


@dataclass(slots=True)
class EventSourceMapping:
    """A mapping: what the API shows of it, the function it feeds, and how far its poller has read.

    `positions` holds, for each shard, the iterator to go on with; `pending` the batches that failed and come again.
    """

    kind: EventSource
    name: FunctionName
    shown: dict[str, Any]
    positions: dict[str, str] = field(default_factory=dict)
    pending: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """ARN of the stream, the queue or the cluster; empty for a self-managed one."""
        return str(self.shown.get("EventSourceArn", ""))

    @property
    def enabled(self) -> bool:
        return bool(self.shown["State"] == "Enabled")

    def answer(self, state: str) -> dict[str, Any]:
        """What the API answers while the mapping goes over to its new state; the lab is there at once."""
        return {**self.shown, "State": state}


def parsed(text: str) -> Any:
    """What JSON says; the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def text(document: Mapping[str, Any]) -> str:
    """A policy or a statement as the API writes it."""
    return json.dumps(document, separators=(",", ":"))
