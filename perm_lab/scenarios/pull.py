"""Lesson 5: Lambda reads a stream or a queue as the execution role; the function policy has no say.

A mapping is made, which Lambda refuses where the role may not read; then something is put into the source, and Lambda
polls it. Follows "How Lambda processes records from stream and queue-based event sources" (Lambda developer guide).
"""

from __future__ import annotations

from datetime import UTC, datetime

from perm_lab.cloud import CauseKind, Record
from perm_lab.scenarios.steps import Step, assumed, caused, first, logged, logged_error, session, worst
from perm_lab.scenarios.world import Scenario

_FUNCTION = "count-clicks"


class Pull(Scenario):
    """The world of lesson 5: a stream, a queue, and a function that Lambda is to run on what comes into either."""

    FILE = "pull.toml"

    def _fire(self) -> str:
        """Map the source to the function as the person, put something into it, and poll it until it is empty.

        A stream keeps its records: it is read from now on, so that the hundredth run reads no more than the first.
        """
        start, client, streams = len(self.lab.trail), self._person["lambda"], self.handler == "kinesis"
        now = {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": datetime.now(UTC)} if streams else {}
        mapping = {"FunctionName": _FUNCTION, "EventSourceArn": self._chosen["source"], **now}
        uuid = client.create_event_source_mapping(**mapping)["UUID"]
        try:
            if streams:
                self._admin["kinesis"].put_record(StreamName="clicks", PartitionKey="one", Data=b"click")
            else:
                url = self._admin["sqs"].get_queue_url(QueueName="orders")["QueueUrl"]
                self._admin["sqs"].send_message(QueueUrl=url, MessageBody="order 17")
            problem = next((step.result for step in self.lab.drain(uuid) if step.failed), "")
        finally:
            client.delete_event_source_mapping(UUID=uuid)
        log = logged_error(self.lab.trail[start:])
        return f"{problem}; the log of {_FUNCTION} says: {log}" if problem and log else problem

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        role, function = self.names["ROLE_ARN"], self.names["FUNCTION"]
        name, source, read = (self._chosen[word] for word in ("name", "source", "read"))
        poller, nothing = session(role, _FUNCTION), f"fails: nothing of {name} reached the function"
        polled = [r for r in caused(records, CauseKind.POLLER) if r.action.startswith(self.handler)]
        got = next((record for record in polled if record.action == read), worst(polled))
        tried = worst(caused(records, CauseKind.MAPPING))
        asked = tried.decision.request.action if tried and tried.decision else read
        return [
            Step(
                self.names["MAYA"], "lambda:CreateEventSourceMapping", function,
                "may this person make the mapping? Their own policies say",
                first(records, "lambda:CreateEventSourceMapping"),
            ),
            Step(
                poller, read, source, "may the role read the source? Lambda tries before it takes the mapping", tried,
                f"fails when the mapping is made: click-counter may not {asked} on {name}, and Lambda tries that first",
                role,
            ),
            Step(poller, read, source, "Lambda polls the source as the role", got, nothing, role),
            assumed(records, role, function, "Lambda takes the role to run the code", nothing),
            logged(records, role, function),
        ]  # fmt: skip
