"""What the pollers share: a step and its result, filters, and running the function on what was read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from perm_lab.cloud.functions.execution import run
from perm_lab.cloud.functions.roles import ask_role
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.state import EventSourceMapping, Version, parsed
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.internals import state
from perm_lab.display import Displayable

FAILED = "Function call failed"


@dataclass(frozen=True, slots=True)
class Poll(Displayable):
    """One step of one mapping: how many records the function got, and how it ended.

    `problem` is what went wrong, in Lambda's words, empty where nothing did; `ended` how it ended otherwise. `progress`
    is false when the next step would do the same.
    """

    mapping: str
    source: str
    function: str
    records: int = 0
    ended: str = "No records processed"
    problem: str = ""
    progress: bool = False

    @property
    def result(self) -> str:
        """What the mapping shows as LastProcessingResult."""
        return f"PROBLEM: {self.problem}" if self.problem else self.ended

    @property
    def failed(self) -> bool:
        return bool(self.problem)

    def __str__(self) -> str:
        sign = "✗" if self.failed else "✓"
        source, function = self.source.rsplit(":", 1)[-1], self.function.rsplit("function:", 1)[-1]
        return f"{sign} {source} → {function}: {self.records} records, {self.result}"


@dataclass(frozen=True, slots=True)
class Run:
    """What became of the records that the mapping's filters let through, and whether the function failed on them.

    `failures` are the ids that the function reported as failed, None where all records count as that.
    """

    records: list[dict[str, Any]]
    failed: bool = False
    failures: list[str] | None = field(default_factory=list)


def hand_over(lambdas: LambdaStore, mapping: EventSourceMapping, records: Iterable[dict[str, Any]]) -> Run:
    """Run the function on those of the records that it wants, if there are any."""
    passed = [record for record in records if _is_wanted(mapping, record)]
    if not passed:
        return Run(passed)
    outcome = run(lambdas, mapping.name, json.dumps({"Records": passed}).encode())
    return Run(passed, outcome.failed, None if outcome.failed else _reported(mapping, outcome))


def _is_wanted(mapping: EventSourceMapping, record: dict[str, Any]) -> bool:
    """Whether one of the mapping's filters, where it has any, lets the record through."""
    filters = mapping.shown.get("FilterCriteria", {}).get("Filters", ())
    if not filters:
        return True
    seen = {**record, "body": parsed(record["body"])} if "body" in record else record
    if "kinesis" in record:
        seen = {**record, "data": parsed(base64.b64decode(record["kinesis"]["data"]).decode("utf-8", "replace"))}
    return state.matches((each["Pattern"] for each in filters), seen)


def may_decrypt(lambdas: LambdaStore, mapping: EventSourceMapping, version: Version) -> bool:
    """Whether the role may use the customer managed key of the source; true where there is none."""
    key = state.encryption_key(mapping.source)
    return key is None or ask_role(lambdas.core, version, "kms:Decrypt", key).allowed


def plain(value: Any) -> Any:
    """A record as JSON can hold it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.timestamp() if isinstance(value, datetime) else value


def _reported(mapping: EventSourceMapping, outcome: Outcome) -> list[str] | None:
    """The records that the function itself says it failed on; None where all of them count as failed."""
    if "ReportBatchItemFailures" not in mapping.shown.get("FunctionResponseTypes", ()):
        return []
    answer = json.loads(outcome.payload)
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return [] if answer is None or isinstance(answer, dict) else None
    found = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
    named = [each for each in found if each and isinstance(each, str)]
    return named if len(named) == len(found) else None
