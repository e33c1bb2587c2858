"""Event source mappings: what Lambda is to poll, and what it checks on the role before it takes one.

Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide) and the
recorded answers of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from perm_lab import catalog
from perm_lab.catalog import EventSource
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.answers import conflict, missing, page, refuse, refused
from perm_lab.cloud.functions.asynchronous import require_destination
from perm_lab.cloud.functions.roles import ask_role
from perm_lab.cloud.functions.state import EventSourceMapping, Version, parsed
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.hooks import Call
from perm_lab.iam import Arn

STREAMS, QUEUE, KAFKA = ("kinesis", "dynamodb-stream"), "sqs", ("msk", "self-managed-kafka")
# parameters that are no settings, or that the mapping shows in another form
_NO_SETTINGS = ("Enabled", "EventSourceArn", "FunctionName", "Tags", "UUID")
_NO_FUNCTION = "Function does not exist"
_NO_POSITION = (
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
    "Member must not be null."
)
_NO_MOMENT = (
    "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp"
)
_LONG_BATCH = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
_NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
    "SQS Error Message: The specified queue does not exist."
)
_TWICE_STREAM = 'The event source arn (" {source} ") and function (" {name} ") provided mapping'
_TWICE = {
    QUEUE: 'An event source mapping with SQS arn (" {source} ") and function (" {name} ")',
    "self-managed-kafka": (
        'An event source mapping with event source ("{source}"), function ("{function}"), topics ("{topics}")'
    ),
}


def create_event_source_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    params, kind = call.params, _kind(call.params)
    name = lambdas.name(call, caller)
    refuse((lambdas.find(name) is None, _NO_FUNCTION))
    _require_position(kind, params)
    shown = _new(kind, name, params, lambdas.next_id())
    _require_settings(kind, shown)
    _require_new(lambdas, kind, shown)
    _require_role(lambdas, kind, lambdas.version(name), shown.get("EventSourceArn", ""), params)
    mapping = EventSourceMapping(kind, name, shown)
    lambdas.mappings[shown["UUID"]] = mapping
    return 202, mapping.answer("Disabled" if params.get("Enabled") is False else "Creating")


def get_event_source_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    return 200, _found(lambdas, call).shown


def list_event_source_mappings(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
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


def update_event_source_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mapping, params = _found(lambdas, call), call.params
    shown, name = {**mapping.shown, **_settings(params), "LastModified": datetime.now(UTC)}, mapping.name
    if params.get("FunctionName"):
        name = lambdas.name(call, caller)
        refuse((lambdas.find(name) is None, _NO_FUNCTION))
        shown["FunctionArn"] = name.qualified_arn
    _require_settings(mapping.kind, shown)
    _require_role(lambdas, mapping.kind, lambdas.version(name), mapping.source, params)
    state = "Updating"
    if "Enabled" in params and params["Enabled"] is not mapping.enabled:
        state = "Enabling" if params["Enabled"] else "Disabling"
        shown["State"] = "Enabled" if params["Enabled"] else "Disabled"
    mapping.name, mapping.shown = name, shown
    return 202, mapping.answer(state)


def delete_event_source_mapping(lambdas: LambdaStore, call: Call, caller: Caller) -> tuple[int, dict[str, Any]]:
    mapping = _found(lambdas, call)
    del lambdas.mappings[mapping.shown["UUID"]]
    return 202, mapping.answer("Deleting")


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
    polled = (kind for kind in catalog.event_sources().values() if kind.side == "execution role")
    kinds = [kind for kind in polled if source and f":{source.service}:" in kind.source_arn]
    refuse((not kinds, "Unrecognized event source."))
    access = {each["Type"] for each in params.get("SourceAccessConfigurations", ())}
    return kinds[-1 if "VIRTUAL_HOST" in access else 0]  # a broker with virtual hosts is RabbitMQ


def _new(kind: EventSource, name: FunctionName, params: Map[str, Any], uuid: str) -> dict[str, Any]:
    """The mapping as the API shows it from now on."""
    shown: dict[str, Any] = {
        "UUID": uuid,
        "BatchSize": kind.batch_size,
        "FunctionArn": name.qualified_arn,
        "LastModified": datetime.now(UTC),
        "State": "Disabled" if params.get("Enabled") is False else "Enabled",
        "StateTransitionReason": "USER_INITIATED",
        "EventSourceMappingArn": f"arn:aws:lambda:{name.region}:{name.account}:event-source-mapping:{uuid}",
    }
    if kind.name == "self-managed-kafka":
        shown["SelfManagedKafkaEventSourceConfig"] = {"ConsumerGroupId": uuid}
    else:
        shown["EventSourceArn"] = params["EventSourceArn"]
    return shown | deepcopy(dict(kind.settings)) | _settings(params)


def _settings(params: Map[str, Any]) -> dict[str, Any]:
    """The settings in a call, as the mapping shows them."""
    return {key: value for key, value in params.items() if key not in _NO_SETTINGS and value is not None}


def _require_position(kind: EventSource, params: Map[str, Any]) -> None:
    position, moment = params.get("StartingPosition"), params.get("StartingPositionTimestamp")
    at_moment, seconds = position == "AT_TIMESTAMP", moment.timestamp() if isinstance(moment, datetime) else moment
    unsupported = f"Unsupported starting position for arn type: {params.get('EventSourceArn')}"
    refuse(
        (kind.name == QUEUE and position is not None, "StartingPosition is not valid for SQS event sources."),
        (kind.name in (*STREAMS, "msk") and position is None, _NO_POSITION),
        (moment is not None and not at_moment, "Timestamp only valid with StartingPosition AT_TIMESTAMP"),
        (at_moment and kind.name == "dynamodb-stream", unsupported),
        (at_moment and isinstance(seconds, int | float) and seconds < 0, _NO_MOMENT),
    )


def _require_settings(kind: EventSource, shown: Map[str, Any]) -> None:
    long = kind.name == QUEUE and shown["BatchSize"] > 10 and not shown["MaximumBatchingWindowInSeconds"]
    patterns = [parsed(each["Pattern"]) for each in (shown.get("FilterCriteria") or {}).get("Filters", ())]
    refuse((long, _LONG_BATCH), (not all(map(_is_pattern, patterns)), "Invalid filter pattern definition."))


def _is_pattern(pattern: Any) -> bool:
    """Whether it is an object whose leaves are lists of what may be there."""
    if not isinstance(pattern, dict):
        return False
    return all(bool(value) if isinstance(value, list) else _is_pattern(value) for value in pattern.values())


def _require_new(lambdas: LambdaStore, kind: EventSource, shown: Map[str, Any]) -> None:
    """One source feeds one function once. Raises `Fault` where it does already."""
    same = {"FunctionArn", "Topics"} | ({"EventSourceArn"} if kind.name != "self-managed-kafka" else set())
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


def _require_role(
    lambdas: LambdaStore, kind: EventSource, version: Version, source: str, params: Map[str, Any]
) -> None:
    """Lambda tries a stream or a queue, and the destination, with the role before it takes the mapping; the other
    sources it finds out about when it polls them."""
    with lambdas.core.scheduler.because(Cause(CauseKind.MAPPING, version.name.arn)):
        tried = ((action, asked_on(action, source)) for action in creation_actions(kind))
        denied = next((a for a, on in tried if not ask_role(lambdas.core, version, a, on).allowed), None)
    if denied and kind.name == QUEUE:
        call = denied.partition(":")[2]
        raise refused(f"The function execution role does not have permissions to call {call} on SQS")
    if denied:
        raise refused(kind.failure["message"].replace("${SourceArn}", source))
    if kind.name in (*STREAMS, QUEUE) and not _is_there(lambdas, kind, Arn.parse(source)):
        raise refused(f"Stream not found: {source}" if kind.name in STREAMS else _NO_QUEUE)
    target = params.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if target:
        require_destination(lambdas, version, target)


def creation_actions(kind: EventSource) -> tuple[str, ...]:
    """What the role must be allowed before a mapping is taken: SubscribeToShard is for enhanced fan-out only."""
    actions = kind.role_actions if kind.name in (*STREAMS, QUEUE) else ()
    return tuple(action for action in actions if action != "kinesis:SubscribeToShard")


def asked_on(action: str, source: str) -> str:
    """What a permission of the role is asked on: the source, or everything where the action takes no resource."""
    known = catalog.action(action)
    return source if known is None or known.resource_types else "*"


def _is_there(lambdas: LambdaStore, kind: EventSource, source: Arn) -> bool:
    """Whether the stream or the queue exists."""
    name = {"dynamodb-stream": "dynamodbstreams"}.get(kind.name, kind.name)
    client = lambdas.core.system_client(source.account, name, source.region)
    try:
        if kind.name == QUEUE:
            client.get_queue_url(QueueName=source.resource)
        elif kind.name == "kinesis":
            client.describe_stream_summary(StreamARN=source.text)
        else:
            client.describe_stream(StreamArn=source.text)
    except client.exceptions.ClientError:
        return False
    return True
