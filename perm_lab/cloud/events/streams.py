"""Reading a stream, shard by shard: Kinesis and DynamoDB Streams.

A batch on which the function fails comes again, whole or in halves, until its retries are used up; until then nothing
behind it in its shard is read.

Follows the pages on Kinesis and DynamoDB Streams as event sources (Lambda developer guide).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.events.steps import FAILED, Poll, hand_over, may_decrypt, plain
from perm_lab.cloud.functions.asynchronous import tell
from perm_lab.cloud.functions.roles import role_client
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
    refusal = mapping.kind.failure["message"].replace("${SourceArn}", mapping.source)
    if mapping.kind.name == "dynamodb-stream" and not may_decrypt(lambdas, mapping, version):
        return replace(step, problem=refusal)
    count, progress = 0, False
    try:
        for shard in _shards(client, mapping):
            pending = mapping.pending.setdefault(shard, [])
            if not pending:
                found = _next_records(client, mapping, version, shard)
                pending += [Batch(tuple(found))] if found else []
            if pending:
                batch = pending.pop(0)
                run = hand_over(lambdas, mapping, batch.records)
                left = _left(mapping, batch, run.failures)
                pending[:0] = _after(lambdas, mapping, version, shard, left)
                endless = mapping.shown["MaximumRetryAttempts"] < 0
                progress = progress or not endless or [each.records for each in left] != [batch.records]
                step = replace(step, ended="OK", problem=FAILED if run.failed else step.problem)
                count += len(run.records)
    except ClientError as error:
        if "ResourceNotFound" in error.response["Error"]["Code"]:
            return replace(step, problem=f"Stream not found: {mapping.source}")
        return replace(step, records=count, problem=refusal)
    return replace(step, records=count, progress=progress)


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
    more = {"StreamARN": mapping.source} if kinesis else {}
    answer = client.get_records(ShardIterator=mapping.positions[shard], Limit=mapping.shown["BatchSize"], **more)
    if answer.get("NextShardIterator"):
        mapping.positions[shard] = answer["NextShardIterator"]
    if not kinesis:
        return [{**plain(record), "eventSourceARN": mapping.source} for record in answer["Records"]]
    return [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": version.role,
            "awsRegion": Arn.parse(mapping.source).region,
            "eventSourceARN": mapping.source,
        }
        for record in answer["Records"]
    ]


def _number(record: dict[str, Any]) -> str:
    """The sequence number of a record."""
    found = record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"]
    return str(found)


def _left(mapping: EventSourceMapping, batch: Batch, failures: list[str] | None) -> list[Batch]:
    """What of a batch is still to do: nothing, all of it again, its halves, or what follows a reported failure."""
    if failures == []:
        return []
    numbers = [_number(record) for record in batch.records]
    known = failures is not None and set(failures) <= set(numbers)
    at = min(map(numbers.index, failures)) if failures and known else 0
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
    member = "KinesisBatchInfo" if mapping.kind.name == "kinesis" else "DDBStreamBatchInfo"
    for batch in left if target else ():
        if batch not in kept:
            info = {
                "shardId": shard,
                "startSequenceNumber": _number(batch.records[0]),
                "endSequenceNumber": _number(batch.records[-1]),
                "batchSize": len(batch.records),
                "streamArn": mapping.source,
            }
            ended = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": batch.tries}
            tell(lambdas, version, target, {"requestId": mapping.shown["UUID"], **ended}, {member: info})
    return kept
