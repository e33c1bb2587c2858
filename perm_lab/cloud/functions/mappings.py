"""Event source mappings: what Lambda is to poll, and what it checks on the role before it takes one.

Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide) and the
recorded answers of AWS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Map
from datetime import UTC, datetime
from typing import Any

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.functions.answers import conflict, missing, page, refused
from perm_lab.cloud.functions.asynchronous import require_destination
from perm_lab.cloud.functions.roles import ask_role
from perm_lab.cloud.functions.state import EventSourceMapping, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.cloud.names import FunctionName
from perm_lab.iam import Arn

# service of an event source's ARN -> its row in the catalogue
_KINDS = {
    "kinesis": "kinesis",
    "dynamodb": "dynamodb-stream",
    "sqs": "sqs",
    "kafka": "msk",
    "mq": "mq-activemq",
    "rds": "documentdb",
}
STREAMS, QUEUE, KAFKA = ("kinesis", "dynamodb-stream"), "sqs", ("msk", "self-managed-kafka")
# settings that a mapping of the kind has beyond those of every mapping, with their defaults
_STREAM_DEFAULTS: dict[str, Any] = {
    "StartingPosition": None,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "LastProcessingResult": "No records processed",
}
_SETTINGS = (
    *("BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes"),
    *("KMSKeyArn", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "Queues"),
    *("ParallelizationFactor", "ScalingConfig", "SourceAccessConfigurations", "StartingPosition", "Topics"),
    *("StartingPositionTimestamp", "TumblingWindowInSeconds", "SelfManagedEventSource", "DocumentDBEventSourceConfig"),
    *("SelfManagedKafkaEventSourceConfig", "AmazonManagedKafkaEventSourceConfig"),
)


def create_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    params, kind = call.params, _kind(call.params)
    name = lambdas.name(call, caller)
    version = _existing(lambdas, name)
    _require_position(kind, params)
    shown = _new(kind, name, params, lambdas.next_id())
    _require_batch(kind, shown)
    _require_filters(params)
    _require_new(lambdas, kind, shown)
    _require_source(lambdas, kind, version, shown.get("EventSourceArn", ""))
    _require_letters(lambdas, version, params)
    mapping = EventSourceMapping(kind, name, shown)
    lambdas.mappings[shown["UUID"]] = mapping
    return 202, mapping.answer("Disabled" if params.get("Enabled") is False else "Creating")


def get_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, _found(lambdas, call).shown


def list_mappings(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    wanted = lambdas.name(call, caller).qualified_arn if call.params.get("FunctionName") else None
    source = call.params.get("EventSourceArn")
    found = [
        mapping.shown
        for mapping in lambdas.mappings.values()
        if mapping.name.account == caller.account
        and wanted in (None, mapping.shown["FunctionArn"])
        and source in (None, mapping.source)
    ]
    return 200, page("EventSourceMappings", found, call)


def update_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mapping, params = _found(lambdas, call), call.params
    given = {key: params[key] for key in _SETTINGS if params.get(key) is not None}
    shown, name = {**mapping.shown, **given, "LastModified": datetime.now(UTC)}, mapping.name
    if params.get("FunctionName"):
        name = lambdas.name(call, caller)
        _existing(lambdas, name)
        shown["FunctionArn"] = name.qualified_arn
    _require_batch(mapping.kind, shown)
    _require_filters(params)
    version = lambdas.version(name)
    _require_source(lambdas, mapping.kind, version, mapping.source)
    _require_letters(lambdas, version, params)
    state = "Updating"
    if "Enabled" in params and params["Enabled"] is not mapping.enabled:
        state = "Enabling" if params["Enabled"] else "Disabling"
        shown["State"] = "Enabled" if params["Enabled"] else "Disabled"
    mapping.name, mapping.shown = name, shown
    return 202, mapping.answer(state)


def delete_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mapping = _found(lambdas, call)
    del lambdas.mappings[mapping.shown["UUID"]]
    return 202, mapping.answer("Deleting")


def _existing(lambdas: LambdaStore, name: FunctionName) -> Version:
    version = lambdas.find(name)
    if version is None:
        raise refused("Function does not exist")
    return version


def _found(lambdas: LambdaStore, call: Call) -> EventSourceMapping:
    if call.params["UUID"] not in lambdas.mappings:
        raise missing()
    return lambdas.mappings[call.params["UUID"]]


def _kind(params: Map[str, Any]) -> EventSource:
    if params.get("SelfManagedEventSource"):
        if not params.get("SourceAccessConfigurations"):
            raise refused("Required 'sourceAccessConfigurations' parameter is missing.")
        return catalog.event_source("self-managed-kafka")
    source = Arn.maybe(params.get("EventSourceArn", ""))
    if source is None or source.service not in _KINDS:
        raise refused("Unrecognized event source.")
    if source.service == "mq" and any(
        each["Type"] == "VIRTUAL_HOST" for each in params.get("SourceAccessConfigurations", ())
    ):
        return catalog.event_source("mq-rabbitmq")
    return catalog.event_source(_KINDS[source.service])


def _new(kind: EventSource, name: FunctionName, params: Map[str, Any], uuid: str) -> dict[str, Any]:
    """The mapping as the API shows it from now on."""
    streams, own = kind.name in STREAMS, kind.name == "self-managed-kafka"
    shown: dict[str, Any] = {
        "UUID": uuid,
        "BatchSize": kind.batch_size,
        "FunctionArn": name.qualified_arn,
        "LastModified": datetime.now(UTC),
        "State": "Disabled" if params.get("Enabled") is False else "Enabled",
        "StateTransitionReason": "User action" if streams else "USER_INITIATED",
        "EventSourceMappingArn": f"arn:aws:lambda:{name.region}:{name.account}:event-source-mapping:{uuid}",
    }
    if own:
        shown |= {"SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": uuid}, "StartingPosition": "TRIM_HORIZON"}
    else:
        shown |= {
            "EventSourceArn": params["EventSourceArn"],
            "MaximumBatchingWindowInSeconds": 0,
            "FunctionResponseTypes": [],
        }
    if kind.name != QUEUE:
        shown["LastProcessingResult"] = "No records processed"
    if streams:
        shown |= _STREAM_DEFAULTS
    return shown | {key: params[key] for key in _SETTINGS if params.get(key) is not None}


def _require_position(kind: EventSource, params: Map[str, Any]) -> None:
    position, moment = params.get("StartingPosition"), params.get("StartingPositionTimestamp")
    if kind.name == QUEUE and position is not None:
        raise refused("StartingPosition is not valid for SQS event sources.")
    if kind.name in (*STREAMS, "msk") and position is None:
        raise refused(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if moment is not None and position != "AT_TIMESTAMP":
        raise refused("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if position == "AT_TIMESTAMP" and kind.name == "dynamodb-stream":
        raise refused(f"Unsupported starting position for arn type: {params['EventSourceArn']}")
    if position == "AT_TIMESTAMP" and _seconds(moment) < 0:
        raise refused(
            "Received Exception while reading from provided stream. "
            "class java.lang.Long can not be converted to a Timestamp"
        )


def _seconds(moment: Any) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment or 0)


def _require_batch(kind: EventSource, shown: Map[str, Any]) -> None:
    if kind.name == QUEUE and shown["BatchSize"] > 10 and not shown["MaximumBatchingWindowInSeconds"]:
        raise refused("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")


def _require_filters(params: Map[str, Any]) -> None:
    for each in (params.get("FilterCriteria") or {}).get("Filters", ()):
        try:
            pattern = json.loads(each["Pattern"])
        except ValueError:
            pattern = None
        if not _is_pattern(pattern):
            raise refused("Invalid filter pattern definition.")


def _is_pattern(pattern: Any) -> bool:
    """Whether it is an object whose leaves are lists of what may be there."""
    if not isinstance(pattern, dict):
        return False
    return all(bool(value) if isinstance(value, list) else _is_pattern(value) for value in pattern.values())


def _require_new(lambdas: LambdaStore, kind: EventSource, shown: Map[str, Any]) -> None:
    """One source feeds one function once. Raises `Fault` where it does already."""
    same = ("EventSourceArn", "FunctionArn", "Topics", "SelfManagedEventSource")
    if kind.name == "self-managed-kafka":
        same = ("FunctionArn", "Topics")
    for other in lambdas.mappings.values():
        if all(other.shown.get(key) == shown.get(key) for key in same):
            servers = shown.get("SelfManagedEventSource", {}).get("Endpoints", {}).get("KAFKA_BOOTSTRAP_SERVERS", ())
            sentence = _TWICE.get(kind.name, _TWICE_STREAM).format(
                source=shown.get("EventSourceArn") or ",".join(servers),
                name=shown["FunctionArn"].rsplit("function:", 1)[-1],
                function=shown["FunctionArn"],
                topics=",".join(shown.get("Topics", ())),
            )
            uuid = other.shown["UUID"]
            raise conflict(f"{sentence} already exists. Please update or delete the existing mapping with UUID {uuid}")


_TWICE_STREAM = 'The event source arn (" {source} ") and function (" {name} ") provided mapping'
_TWICE = {
    QUEUE: 'An event source mapping with SQS arn (" {source} ") and function (" {name} ")',
    "self-managed-kafka": (
        'An event source mapping with event source ("{source}"), function ("{function}"), topics ("{topics}")'
    ),
}


def _require_source(lambdas: LambdaStore, kind: EventSource, version: Version, source: str) -> None:
    """Lambda tries a stream or a queue with the role before it takes the mapping; the other sources it finds out about
    when it polls them."""
    if kind.name not in (*STREAMS, QUEUE):
        return
    with lambdas.core.turns.because(Cause(CauseKind.MAPPING, version.name.arn)):
        denied = next((action for action in creation_actions(kind) if not _try(lambdas, version, action, source)), None)
    if denied and kind.name == QUEUE:
        call = denied.partition(":")[2]
        raise refused(f"The function execution role does not have permissions to call {call} on SQS")
    if denied:
        raise refused(kind.failure["message"].replace("${SourceArn}", source))
    if not _there(lambdas, kind, source):
        raise refused(f"Stream not found: {source}" if kind.name in STREAMS else _NO_QUEUE)


_NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
    "SQS Error Message: The specified queue does not exist."
)


def creation_actions(kind: EventSource) -> tuple[str, ...]:
    """What the role must be allowed before a mapping is taken: SubscribeToShard is for enhanced fan-out only."""
    return tuple(action for action in kind.role_actions if action != "kinesis:SubscribeToShard")


def _try(lambdas: LambdaStore, version: Version, action: str, source: str) -> bool:
    known = catalog.action(action)
    resource = source if known is None or known.resource_types else "*"
    return ask_role(lambdas.core, version, action, resource).allowed


def _there(lambdas: LambdaStore, kind: EventSource, source: str) -> bool:
    """Whether the stream or the queue exists."""
    arn = Arn.parse(source)
    name = {"dynamodb-stream": "dynamodbstreams"}.get(kind.name, kind.name)
    client = lambdas.core.system_client(arn.account, name, arn.region)
    try:
        if kind.name == QUEUE:
            client.get_queue_url(QueueName=arn.resource)
        elif kind.name == "kinesis":
            client.describe_stream_summary(StreamARN=source)
        else:
            client.describe_stream(StreamArn=source)
    except client.exceptions.ClientError:
        return False
    return True


def _require_letters(lambdas: LambdaStore, version: Version, params: Map[str, Any]) -> None:
    target = params.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if target:
        require_destination(lambdas, version, target)


OPERATIONS = {
    "CreateEventSourceMapping": create_mapping,
    "DeleteEventSourceMapping": delete_mapping,
    "GetEventSourceMapping": get_mapping,
    "ListEventSourceMappings": list_mappings,
    "UpdateEventSourceMapping": update_mapping,
}
