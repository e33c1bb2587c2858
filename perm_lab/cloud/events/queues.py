"""Reading a queue: SQS messages, of which those that the function has dealt with are deleted.

Follows the page on SQS as an event source (Lambda developer guide).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from perm_lab.cloud.events.steps import FAILED, Poll, hand_over, may_decrypt, plain
from perm_lab.cloud.functions.asynchronous import queue_url
from perm_lab.cloud.functions.roles import role_client
from perm_lab.cloud.functions.state import EventSourceMapping, Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.iam import Arn

_RECEIVE = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], "VisibilityTimeout": 30, "WaitTimeSeconds": 0}
_KMS = "the role may not use the key that the source is encrypted with (kms:Decrypt)"


def read_queue(lambdas: LambdaStore, mapping: EventSourceMapping, version: Version, step: Poll, _: Any) -> Poll:
    """Messages as the role; what the function deals with is deleted, the rest is there again for the next step."""
    arn = Arn.parse(mapping.source)
    url, client = queue_url(arn), role_client(lambdas, version, "sqs", arn.region)
    if not may_decrypt(lambdas, mapping, version):
        return replace(step, problem=_KMS)
    try:
        messages = _receive(client, url, mapping.shown["BatchSize"])
    except ClientError as error:
        return replace(step, problem=error.response["Error"]["Message"])
    run = hand_over(lambdas, mapping, [_message(message, mapping.source) for message in messages])
    failed = {record["messageId"] for record in run.records}
    if run.failures is not None and failed.issuperset(run.failures):
        failed = set(run.failures)
    ended, problem = "OK" if messages else step.ended, FAILED if failed else ""
    done = [message for message in messages if message["MessageId"] not in failed]
    back = [message for message in messages if message["MessageId"] in failed]
    try:
        for start in range(0, len(done), 10):
            part = enumerate(done[start : start + 10])
            entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in part]
            client.delete_message_batch(QueueUrl=url, Entries=entries)
    except ClientError as error:
        done, back, problem = [], messages, error.response["Error"]["Message"]
    system = lambdas.core.system_client(arn.account, "sqs", arn.region)
    for message in back:  # as if the visibility timeout were over
        system.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return replace(step, records=len(run.records), ended=ended, problem=problem, progress=bool(done))


def _receive(client: Any, url: str, most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < most:
        answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=min(10, most - len(found)), **_RECEIVE)
        if not answer.get("Messages"):
            break
        found += answer["Messages"]
    return found


def _message(message: dict[str, Any], source: str) -> dict[str, Any]:
    attributes = {
        name: {key[:1].lower() + key[1:]: plain(item) for key, item in value.items()}
        | {"stringListValues": [], "binaryListValues": []}
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
