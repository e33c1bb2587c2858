"""Lambda functions as state: what CreateFunction keeps and what GetFunction shows.

The shapes are those that AWS answers with, as recorded in public test suites (recordings of 2024 and 2025).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """What a FunctionName parameter says: `f`, `f:prod`, `111111111111:function:f`, a full ARN, qualified or not."""

    account: str
    region: str
    name: str
    qualifier: str = ""

    @classmethod
    def parse(cls, text: str, account: str, region: str, qualifier: str = "") -> FunctionName:
        """The function that `text` names for a caller in `account` and `region`.

        Raises ValueError when it is no function name.

        >>> FunctionName.parse("111111111111:function:resize:prod", "222222222222", "us-east-1").arn
        'arn:aws:lambda:us-east-1:111111111111:function:resize'
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise ValueError(f"`{text}` names no function; legal: a name, account:function:name, or a function ARN")
        found = match.groupdict()
        return cls(
            found["account"] or account, found["region"] or region, found["name"], qualifier or found["qualifier"] or ""
        )

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def qualified_arn(self) -> str:
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


_DEFAULTS: dict[str, Any] = {
    "Architectures": ["x86_64"],
    "Description": "",
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "PackageType": "Zip",
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
_KEPT = (*_DEFAULTS, "Environment", "Handler", "Role", "Runtime", "LoggingConfig", "DeadLetterConfig", "KMSKeyArn")
_CREATING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
_UPDATING = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


@dataclass(slots=True)
class Function:
    """One function: its name, its settings as the API names them, and its code as a zip archive."""

    name: FunctionName
    settings: dict[str, Any]
    zip: bytes
    revision: str
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    tags: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, name: FunctionName, params: Mapping[str, Any], code: bytes, revision: str) -> Function:
        """The function that CreateFunction makes of `params`."""
        function = cls(name, dict(_DEFAULTS), code, revision, tags=dict(params.get("Tags", {})))
        function.settings["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name.name}"}
        function.configure(params)
        return function

    def configure(self, params: Mapping[str, Any]) -> None:
        """Take over the settings in `params`; members that are absent stay as they are."""
        for key in _KEPT:
            if params.get(key) is not None:
                merged = self.settings.get(key) if key == "LoggingConfig" else None
                self.settings[key] = {**merged, **params[key]} if merged else params[key]

    @property
    def role(self) -> str:
        """ARN of the execution role."""
        return self.settings["Role"]

    @property
    def code_sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.zip).digest()).decode()

    def touch(self, revision: str) -> None:
        """Note a change: a new revision id and time."""
        self.revision, self.modified = revision, datetime.now(UTC)

    def creating(self) -> dict[str, Any]:
        """The configuration in CreateFunction's answer."""
        return self._configuration(_CREATING)

    def updating(self) -> dict[str, Any]:
        """The configuration in the answer to an update."""
        return self._configuration({"State": "Active", **_UPDATING})

    def configuration(self) -> dict[str, Any]:
        """The configuration as it is once AWS has finished a change; in a lab that is at once."""
        return self._configuration({"State": "Active", "LastUpdateStatus": "Successful"})

    def _configuration(self, state: Mapping[str, str]) -> dict[str, Any]:
        return {
            **self.settings,
            "FunctionName": self.name.name,
            "FunctionArn": self.name.arn,
            "CodeSha256": self.code_sha256,
            "CodeSize": len(self.zip),
            "LastModified": self.modified.strftime("%Y-%m-%dT%H:%M:%S.") + "000+0000",
            "RevisionId": self.revision,
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "Version": "$LATEST",
            **state,
        }
