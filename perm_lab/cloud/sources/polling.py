"""Lambda's pollers: they read a stream or a queue as the execution role, and run the function on what they find.

One step reads every shard, or the queue, once. Nothing is polled until somebody asks for it, as a lab has no clock.
Sources that the lab has not (Kafka, brokers, DocumentDB) are asked for their permissions, and given a batch.

Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perm_lab.cloud.functions.answers import Fault
from perm_lab.cloud.functions.execution import assume, run
from perm_lab.cloud.functions.mappings import QUEUE, STREAMS, EventSourceMapping
from perm_lab.cloud.functions.roles import note
from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.sources.delivery import Source
from perm_lab.cloud.sources.queues import read_queue
from perm_lab.cloud.sources.steps import Poll
from perm_lab.cloud.sources.streams import read_stream
from perm_lab.iam import Arn

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab

_MOST = 100  # steps after which `drain` stops


def poll(lab: Lab, mapping: EventSourceMapping, batch: Any = None) -> Poll:
    """One step of the mapping's poller. `batch` is what a source has that the lab does not simulate (a Kafka cluster,
    a broker, a cluster of documents): the catalogue's example by default."""
    shown = mapping.shown
    step = Poll(shown["UUID"], mapping.source, shown["FunctionArn"])
    if not mapping.enabled:
        return replace(step, result=f"the mapping is {shown['State'].lower()}")
    function = lab.lambdas.functions.get(mapping.name.arn)
    version = function and function.version(mapping.name.qualifier)
    if version is None:
        return _done(mapping, replace(step, result="PROBLEM: the function does not exist"))
    read = _READERS.get(mapping.kind.name, _read_given)
    with lab.turns.because(f"poller of {mapping.name.name}"):
        try:
            assume(lab.lambdas, version)
            return _done(mapping, read(lab, mapping, version, step, batch))
        except Fault as fault:
            return _done(mapping, replace(step, result=f"PROBLEM: {fault}"))


def drain(lab: Lab, mappings: Iterable[EventSourceMapping]) -> list[Poll]:
    """Poll until nothing is left, or until only what fails again and again is."""
    steps: list[Poll] = []
    for mapping in mappings:
        for _ in range(_MOST):
            steps.append(poll(lab, mapping))
            if not steps[-1].progress:
                break
    return steps


def _done(mapping: EventSourceMapping, step: Poll) -> Poll:
    if "LastProcessingResult" in mapping.shown:
        mapping.shown["LastProcessingResult"] = step.result
    return step


def _read_given(lab: Lab, mapping: EventSourceMapping, version: Version, step: Poll, batch: Any) -> Poll:
    """Every permission that the source asks of the role, in the catalogue's order; then the batch."""
    if batch is None:
        batch = _filled(mapping)
    for action, resource in _given_actions(mapping):
        record = note(lab, version, action, resource)
        if not record.allowed:
            mapping.shown["StateTransitionReason"] = mapping.kind.failure.get("code", "USER_INITIATED")
            message = mapping.kind.failure.get("message") or record.error_message
            return replace(step, result=f"PROBLEM: {message}")
    mapping.shown["StateTransitionReason"] = "USER_INITIATED"
    payload = json.dumps(batch).encode()
    outcome = run(lab.lambdas, mapping.name, payload)
    count = len(batch) if isinstance(batch, list) else 1
    return replace(step, records=count, result="PROBLEM: Function call failed" if outcome.failed else "OK")


def _filled(mapping: EventSourceMapping) -> Any:
    return Source(mapping.kind, mapping.source, mapping.name.account).fill(mapping.kind.event)


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


_READERS: dict[str, Callable[[Lab, EventSourceMapping, Version, Poll, Any], Poll]] = {
    **dict.fromkeys(STREAMS, read_stream),
    QUEUE: read_queue,
}
