"""Lesson 5: Lambda reads a stream or a queue as the execution role; the function policy has no say.

A mapping is made, which Lambda refuses where the role may not read; then something is put into the source, and Lambda
polls it. Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from perm_lab import catalog
from perm_lab.cloud import CauseKind, Record
from perm_lab.scenarios.api import ApiCall, Json, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, RunOutcome, Toggle
from perm_lab.scenarios.steps import Step, assumed, caused, first, logged, logged_error, session, worst
from perm_lab.scenarios.switches import Switch, inline, managed, statement
from perm_lab.scenarios.world import PERSON, Scenario

ROLE, FUNCTION = "click-counter", "count-clicks"
STREAM, QUEUE = "kinesis", "sqs"
_READ = tuple(action for action in catalog.event_source("kinesis").role_actions if "Subscribe" not in action)
_MAY, _ELSEWHERE = "What the role may do", "What else people try"


class Pull(Scenario):
    """The world of lesson 5: a stream, a queue, and a function that Lambda is to run on what comes into either."""

    TITLE, CHOICE = "An event source mapping", "The source that is mapped"
    STORY = "maya maps a stream or a queue to a function. Switch policies and see whether Lambda reads it."

    @property
    def function_arn(self) -> str:
        return self.arn("lambda", f"function:{FUNCTION}")

    def source(self, kind: str) -> str:
        """ARN of the stream or of the queue."""
        return self.arn(kind, {STREAM: "stream/clicks", QUEUE: "orders"}[kind])

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler(STREAM, "the Kinesis stream clicks", _HANDLER),
            Handler(QUEUE, "the SQS queue orders", _HANDLER),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        stream, role = self.source(STREAM), ("role", ROLE)
        kinesis, sqs = "AWSLambdaKinesisExecutionRole", "AWSLambdaSQSQueueExecutionRole"
        everything = Json(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["kinesis:*", "sqs:*"], "Resource": [stream, self.source(QUEUE)]}
                ],
            }
        )
        return (
            managed(Toggle("kinesis", kinesis, "AWS managed: read streams, write logs", _MAY), role, kinesis),
            managed(Toggle("sqs", sqs, "AWS managed: take messages from queues, write logs", _MAY), role, sqs),
            inline(
                Toggle("read-clicks", "inline policy read-clicks", "the five actions on the stream clicks", _MAY),
                role, "read-clicks", document("Allow", list(_READ), stream),
            ),
            inline(
                Toggle("records-only", "inline policy records-only", "kinesis:GetRecords alone, on the stream", _MAY),
                role, "records-only", document("Allow", "kinesis:GetRecords", stream),
            ),
            statement(
                Toggle("grant", "the function policy lets kinesis.amazonaws.com in", "as if it pushed", _ELSEWHERE),
                self.function_arn, "kinesis.amazonaws.com", "pull",
            ),
            inline(
                Toggle("person", f"{PERSON} may do anything on both sources", "on who makes the mapping", _ELSEWHERE),
                ("user", PERSON), "all-of-both", everything,
            ),
        )  # fmt: skip

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        mapping = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"]
        may_map = {"UserName": PERSON, "PolicyName": "map", "PolicyDocument": document("Allow", mapping, "*")}
        return [
            ApiCall("kinesis", "create_stream", {"StreamName": "clicks", "ShardCount": 1}),
            ApiCall("sqs", "create_queue", {"QueueName": "orders"}),
            *create_role(ROLE, trust("lambda.amazonaws.com")),
            create_function(FUNCTION, self.arn("iam", f"role/{ROLE}"), _HANDLER),
            ApiCall("iam", "put_user_policy", may_map),
        ]

    def _fire(self) -> str:
        """Map the source to the function as the person, put something into it, and poll it until it is empty.

        A stream keeps its records: it is read from now on, so that the hundredth run reads no more than the first.
        """
        start, client = len(self.lab.trail), self._person["lambda"]
        now = {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": datetime.now(UTC)}
        mapping = {**self._mapping, **now} if self.handler == STREAM else self._mapping
        uuid = client.create_event_source_mapping(**mapping)["UUID"]
        try:
            if self.handler == STREAM:
                self._admin["kinesis"].put_record(StreamName="clicks", PartitionKey="one", Data=b"click")
            else:
                url = self._admin["sqs"].get_queue_url(QueueName="orders")["QueueUrl"]
                self._admin["sqs"].send_message(QueueUrl=url, MessageBody="order 17")
            problem = next((step.result for step in self.lab.drain(uuid) if step.failed), "")
        finally:
            client.delete_event_source_mapping(UUID=uuid)
        log = logged_error(self.lab.trail[start:])
        return f"{problem}; the log of {FUNCTION} says: {log}" if problem and log else problem

    @property
    def _mapping(self) -> dict[str, Any]:
        position = {"StartingPosition": "TRIM_HORIZON"} if self.handler == STREAM else {}
        return {"FunctionName": FUNCTION, "EventSourceArn": self.source(self.handler), **position}

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        role, source = self.arn("iam", f"role/{ROLE}"), self.source(self.handler)
        poller = session(role, FUNCTION)
        read = {STREAM: "kinesis:GetRecords", QUEUE: "sqs:ReceiveMessage"}[self.handler]
        tried = caused(records, CauseKind.MAPPING)
        polled = [r for r in caused(records, CauseKind.POLLER) if r.action.startswith(self.handler)]
        got = next((record for record in polled if record.action == read), worst(polled))
        refused, nothing = worst(tried), f"fails: nothing of {_NAMES[self.handler]} reached the function"
        asked = refused.decision.request.action if refused and refused.decision else read
        return [
            Step(
                self.arn("iam", f"user/{PERSON}"), "lambda:CreateEventSourceMapping", self.function_arn,
                "may this person make the mapping? Their own policies say",
                first(records, "lambda:CreateEventSourceMapping"),
            ),
            Step(
                poller, read, source, "may the role read the source? Lambda tries before it takes the mapping", refused,
                f"fails when the mapping is made: {ROLE} may not {asked} on {_NAMES[self.handler]}, "
                "and Lambda tries that first",
                role,
            ),
            Step(poller, read, source, "Lambda polls the source as the role", got, nothing, role),
            assumed(records, role, self.function_arn, "Lambda takes the role to run the code", nothing),
            logged(records, role, self.function_arn),
        ]  # fmt: skip

    def _allowed(self) -> tuple[RunOutcome, str]:
        return RunOutcome.WORKED, f"works: Lambda reads {_NAMES[self.handler]} as {ROLE} and runs the function"

    def _event_code(self) -> str:
        pairs = ", ".join(f'{name}="{value}"' for name, value in self._mapping.items())
        put = _PUT[self.handler]
        return signed_in(PERSON) + _MAP.format(pairs=pairs, put=put)


_NAMES = {STREAM: "the stream", QUEUE: "the queue"}

_HANDLER = """\
def handler(event, context):
    for record in event["Records"]:
        print("from", record["eventSource"])
"""

_PUT = {
    STREAM: 'kinesis.put_record(StreamName="clicks", PartitionKey="one", Data=b"click")',
    QUEUE: 'sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="orders")["QueueUrl"], MessageBody="order 17")',
}

_MAP = """\
person.client("lambda").create_event_source_mapping({pairs})
{put}
"""
