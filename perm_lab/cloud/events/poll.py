"""Lambda's pollers: they read a stream or a queue as the execution role, and run the function on what they find.

One step reads every shard, or the queue, once. Nothing is polled until somebody asks for it, as a lab has no clock.
Sources that the lab has not (Kafka, brokers, DocumentDB) are asked for their permissions, and given a batch.

Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.events.delivery import Source
from perm_lab.cloud.events.queues import read_queue
from perm_lab.cloud.events.steps import FAILED, Poll
from perm_lab.cloud.events.streams import read_stream
from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.execution import assume, run
from perm_lab.cloud.functions.mappings import QUEUE, STREAMS
from perm_lab.cloud.functions.roles import ask_role
from perm_lab.cloud.functions.state import EventSourceMapping, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.iam import Arn

_MOST = 100  # steps after which `drain` stops


def poll(lambdas: LambdaStore, mapping: EventSourceMapping, batch: Any = None) -> Poll:
    """One step of the mapping's poller. `batch` is what a source has that the lab does not simulate (a Kafka cluster,
    a broker, a cluster of documents): the catalogue's example by default."""
    shown = mapping.shown
    step = Poll(shown["UUID"], mapping.source, shown["FunctionArn"])
    if not mapping.enabled:
        return replace(step, ended=f"the mapping is {shown['State'].lower()}")
    read = _READERS.get(mapping.kind.name, _read_given)
    with lambdas.core.scheduler.because(Cause(CauseKind.POLLER, mapping.name.arn)):
        try:
            version = lambdas.version(mapping.name, "the function does not exist")
            assume(lambdas, version)
            step = read(lambdas, mapping, version, step, batch)
        except Fault as fault:
            step = replace(step, problem=str(fault))
    if "LastProcessingResult" in shown:
        shown["LastProcessingResult"] = step.result
    return step


def drain(lambdas: LambdaStore, mappings: Iterable[EventSourceMapping]) -> list[Poll]:
    """Poll until nothing is left, or until only what fails again and again is."""
    steps: list[Poll] = []
    for mapping in mappings:
        for _ in range(_MOST):
            steps.append(poll(lambdas, mapping))
            if not steps[-1].progress:
                break
    return steps


def _read_given(lambdas: LambdaStore, mapping: EventSourceMapping, version: Version, step: Poll, batch: Any) -> Poll:
    """Every permission that the source asks of the role, in the catalogue's order; then the batch."""
    if batch is None:
        batch = Source(mapping.kind, mapping.source, mapping.name.account).fill(mapping.kind.event)
    for action, resource in _given_actions(mapping):
        record = ask_role(lambdas.core, version, action, resource)
        if not record.allowed:
            mapping.shown["StateTransitionReason"] = mapping.kind.failure.get("code", "USER_INITIATED")
            message = mapping.kind.failure.get("message") or record.error_message
            return replace(step, problem=message)
    mapping.shown["StateTransitionReason"] = "USER_INITIATED"
    outcome = run(lambdas, mapping.name, json.dumps(batch).encode())
    count = len(batch) if isinstance(batch, list) else 1
    return replace(step, records=count, ended="OK", problem=FAILED if outcome.failed else "")


def _given_actions(mapping: EventSourceMapping) -> Iterator[tuple[str, str]]:
    """The actions with what each is asked on: the source itself, the secret that the mapping names, or everything."""
    access = mapping.shown.get("SourceAccessConfigurations", ())
    secrets = [each["URI"] for each in access if ":secretsmanager:" in each["URI"]]
    actions = [a for a in mapping.kind.role_actions if not a.startswith("logs:")]
    if secrets and "secretsmanager:GetSecretValue" not in actions:
        actions.append("secretsmanager:GetSecretValue")
    own = Arn.parse(mapping.source).service if mapping.source else ""
    for action in actions:
        service = action.partition(":")[0]
        if service == "secretsmanager":
            yield from ((action, secret) for secret in secrets)
        elif service != "kms" or mapping.shown.get("KMSKeyArn"):
            yield action, mapping.source if service == own else mapping.shown.get("KMSKeyArn", "*")


_READERS: dict[str, Callable[[LambdaStore, EventSourceMapping, Version, Poll, Any], Poll]] = {
    **dict.fromkeys(STREAMS, read_stream),
    QUEUE: read_queue,
}
