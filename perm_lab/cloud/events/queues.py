"""Reading a queue: SQS messages, of which those that the function has dealt with are deleted.

Follows the page on SQS as an event source (Lambda developer guide).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.events.steps import Poll, may_decrypt, plain, reported, run_on, wanted
from perm_lab.cloud.functions.asynchronous import queue_url
from perm_lab.cloud.functions.roles import role_client
from perm_lab.cloud.functions.runtime import Outcome
from perm_lab.cloud.functions.state import EventSourceMapping, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.iam import Arn


def read_queue(lambdas: LambdaStore, mapping: EventSourceMapping, version: Version, step: Poll, _: Any) -> Poll:
    """Messages as the role; what the function deals with is deleted, the rest is there again for the next step."""
    arn = Arn.parse(mapping.source)
    url = queue_url(arn)
    client = role_client(lambdas, version, "sqs", arn.region)
    try:
        if not may_decrypt(lambdas, mapping, version):
            raise PermissionError
        messages = _receive(client, url, mapping.shown["BatchSize"])
    except ClientError as error:
        return replace(step, result=f"PROBLEM: {error.response['Error']['Message']}")
    except PermissionError:
        return replace(step, result=f"PROBLEM: {_KMS}")
    records = {message["MessageId"]: _message(message, mapping.source) for message in messages}
    passed = [record for record in records.values() if wanted(mapping, record)]
    outcome = run_on(lambdas, mapping, passed) if passed else None
    failed = _failed_messages(mapping, passed, outcome)
    system = lambdas.core.system_client(arn.account, "sqs", arn.region)
    done = [message for message in messages if message["MessageId"] not in failed]
    for message in messages:
        if message["MessageId"] in failed:  # as if the visibility timeout were over
            system.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    result = "PROBLEM: Function call failed" if failed else "OK" if messages else step.result
    if done:
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(done)]
        try:
            for start in range(0, len(entries), 10):
                client.delete_message_batch(QueueUrl=url, Entries=entries[start : start + 10])
        except ClientError as error:
            for message in done:
                handle = {"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                system.change_message_visibility(QueueUrl=url, **handle)
            return replace(step, records=len(passed), result=f"PROBLEM: {error.response['Error']['Message']}")
    return replace(step, records=len(passed), result=result, progress=bool(done))


_KMS = "the role may not use the key that the source is encrypted with (kms:Decrypt)"


def _receive(client: Any, url: str, most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < most:
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(10, most - len(found)),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            VisibilityTimeout=30,
            WaitTimeSeconds=0,
        )
        messages = answer.get("Messages", ())
        found += messages
        if not messages:
            break
    return found


def _message(message: dict[str, Any], source: str) -> dict[str, Any]:
    attributes = {
        name: {
            **{key[:1].lower() + key[1:]: plain(item) for key, item in value.items()},
            "stringListValues": [],
            "binaryListValues": [],
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": Arn.parse(source).region,
    }


def _failed_messages(
    mapping: EventSourceMapping, records: list[dict[str, Any]], outcome: Outcome | None
) -> frozenset[str]:
    if outcome is None:
        return frozenset()
    everything = frozenset(record["messageId"] for record in records)
    failures = None if outcome.failed else reported(mapping, outcome)
    return everything if failures is None or not everything.issuperset(failures) else frozenset(failures)
