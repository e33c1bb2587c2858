"""Reading a stream, shard by shard: Kinesis and DynamoDB Streams.

A batch on which the function fails comes again, whole or in halves, until its retries are used up; until then nothing
behind it in its shard is read.

Follows the pages on Kinesis and DynamoDB Streams as event sources (Lambda developer guide).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.events.steps import Poll, may_decrypt, plain, reported, run_on, wanted
from perm_lab.cloud.functions.asynchronous import tell
from perm_lab.cloud.functions.roles import role_client
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.state import EventSourceMapping, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.iam import Arn


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard that go to the function together, and how often they have been there."""

    records: tuple[dict[str, Any], ...]
    tries: int = 0


def read_stream(lambdas: LambdaStore, mapping: EventSourceMapping, version: Version, step: Poll, _: Any) -> Poll:
    """Each shard in turn: the batch that failed last time, or else the next records."""
    service = {"dynamodb-stream": "dynamodbstreams"}.get(mapping.kind.name, mapping.kind.name)
    client = role_client(lambdas, version, service, Arn.parse(mapping.source).region)
    records, results, progress = 0, [], False
    try:
        if mapping.kind.name == "dynamodb-stream" and not may_decrypt(lambdas, mapping, version):
            raise PermissionError
        for shard in _shards(client, mapping):
            pending = mapping.pending.setdefault(shard, [])
            if not pending:
                found = _next_records(client, mapping, version, shard)
                if found:
                    pending.append(Batch(tuple(found)))
            if pending:
                batch = pending.pop(0)
                passed = [record for record in batch.records if wanted(mapping, record)]
                records += len(passed)
                outcome = run_on(lambdas, mapping, passed) if passed else None
                left = _left(mapping, batch, outcome)
                pending[:0] = _after(lambdas, mapping, version, shard, left)
                finite = (
                    mapping.shown["MaximumRetryAttempts"] >= 0 or len(left) != 1 or left[0].records != batch.records
                )
                progress = progress or finite
                results.append("PROBLEM: Function call failed" if outcome and outcome.failed else "OK")
    except (ClientError, PermissionError) as error:
        if isinstance(error, ClientError) and "ResourceNotFound" in error.response["Error"]["Code"]:
            return replace(step, result=f"PROBLEM: Stream not found: {mapping.source}")
        refusal = mapping.kind.failure["message"].replace("${SourceArn}", mapping.source)
        return replace(step, records=records, result=f"PROBLEM: {refusal}")
    result = max(results, default="No records processed", key=lambda text: text.startswith("PROBLEM"))
    return replace(step, records=records, result=result, progress=progress)


def _shards(client: Any, mapping: EventSourceMapping) -> list[str]:
    if mapping.kind.name == "kinesis":
        client.describe_stream_summary(StreamARN=mapping.source)
        return [shard["ShardId"] for shard in client.list_shards(StreamARN=mapping.source)["Shards"]]
    found = client.describe_stream(StreamArn=mapping.source)["StreamDescription"]["Shards"]
    return [shard["ShardId"] for shard in found]


def _next_records(client: Any, mapping: EventSourceMapping, version: Version, shard: str) -> list[dict[str, Any]]:
    """The next records of a shard, as the function is to get them."""
    kinesis = mapping.kind.name == "kinesis"
    if shard not in mapping.positions:
        stream = {"StreamARN" if kinesis else "StreamArn": mapping.source}
        start: dict[str, Any] = {"ShardIteratorType": mapping.shown["StartingPosition"]}
        if start["ShardIteratorType"] == "AT_TIMESTAMP":
            start["Timestamp"] = mapping.shown["StartingPositionTimestamp"]
        mapping.positions[shard] = client.get_shard_iterator(ShardId=shard, **stream, **start)["ShardIterator"]
    limit = {"Limit": mapping.shown["BatchSize"]}
    more = {"StreamARN": mapping.source} if kinesis else {}
    answer = client.get_records(ShardIterator=mapping.positions[shard], **limit, **more)
    if answer.get("NextShardIterator"):
        mapping.positions[shard] = answer["NextShardIterator"]
    if not kinesis:
        return [{**plain(record), "eventSourceARN": mapping.source} for record in answer["Records"]]
    common = {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": version.role,
        "awsRegion": Arn.parse(mapping.source).region,
        "eventSourceARN": mapping.source,
    }
    return [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
            },
            "eventID": f"{shard}:{record['SequenceNumber']}",
            **common,
        }
        for record in answer["Records"]
    ]


def number(record: dict[str, Any]) -> str:
    """The sequence number of a stream's record, or the id of a message."""
    stream = record.get("kinesis") or {"sequenceNumber": record.get("dynamodb", {}).get("SequenceNumber")}
    return stream["sequenceNumber"] or record.get("messageId", "")


def _left(mapping: EventSourceMapping, batch: Batch, outcome: Outcome | None) -> list[Batch]:
    """What of a batch is still to do: nothing, all of it again, its halves, or what follows a reported failure."""
    if outcome is None:
        return []
    failures = None if outcome.failed else reported(mapping, outcome)
    if failures == []:
        return []
    numbers = [number(record) for record in batch.records]
    at = 0
    if failures is not None and set(failures) <= set(numbers):
        at = min(map(numbers.index, failures))
    rest = batch.records[at:]
    if mapping.shown["BisectBatchOnFunctionError"] and len(rest) > 1 and not at:
        middle = len(rest) // 2
        return [Batch(rest[:middle], batch.tries), Batch(rest[middle:], batch.tries)]
    return [Batch(rest, batch.tries + 1 if not at else 1)]


def _after(
    lambdas: LambdaStore, mapping: EventSourceMapping, version: Version, shard: str, left: list[Batch]
) -> list[Batch]:
    """The batches that come again; one that has had all its tries goes to the destination instead."""
    retries = mapping.shown["MaximumRetryAttempts"]
    kept = [batch for batch in left if retries < 0 or batch.tries <= retries]
    target = mapping.shown["DestinationConfig"].get("OnFailure", {}).get("Destination")
    for batch in left:
        if batch not in kept and target:
            tell(lambdas, version, target, "DestinationDeliveryFailures", _notice(mapping, version, shard, batch))
    return kept


def _notice(mapping: EventSourceMapping, version: Version, shard: str, batch: Batch) -> dict[str, Any]:
    kinesis = mapping.kind.name == "kinesis"
    info = {
        "shardId": shard,
        "startSequenceNumber": number(batch.records[0]),
        "endSequenceNumber": number(batch.records[-1]),
        "batchSize": len(batch.records),
        "streamArn": mapping.source,
    }
    return {
        "requestContext": {
            "requestId": mapping.shown["UUID"],
            "functionArn": f"{version.name.arn}:{version.number}",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": batch.tries,
        },
        "responseContext": {"statusCode": 200, "executedVersion": version.number, "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": info,
    }
