"""Lesson 1: a function, its execution role, and the four steps that each may be refused.

A person invokes the function; Lambda assumes the role; the code calls S3 as the role; Lambda writes the log as it too.
Follows "Defining Lambda function permissions with an execution role" (Lambda developer guide).
"""

from __future__ import annotations

from perm_lab.cloud import CauseKind, Record
from perm_lab.scenarios.names import short
from perm_lab.scenarios.run import Status
from perm_lab.scenarios.steps import Step, assumed, caused, first, invocation_error, logged, session
from perm_lab.scenarios.world import Scenario


class ExecutionRole(Scenario):
    """The world of lesson 1: a bucket with photos, functions that read them, and their role."""

    FILE = "execution_role.toml"

    def _fire(self) -> str:
        """Invoke the function as the person."""
        return invocation_error(self._person["lambda"].invoke(FunctionName=self.handler))

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        function, role = f"{self.names['FUNCTIONS']}:{self.handler}", self.names["ROLE_ARN"]
        log = logged(records, role, function, ", and nobody is told")
        silent = "; nor may it write the log that would say so" if log.hop.status is Status.DENIED else ""
        called = []
        for verb, key in self._chosen["calls"]:  # the code calls S3
            action, what = f"s3:{verb}", f"{self.names['BUCKET_ARN']}/{key}"
            record = first(caused(records, CauseKind.CODE), action)
            word = record.decision.verdict.word if record and record.decision else "denied"
            refused = f"fails: the code runs as photo-reader, for which {action} on {short(what)} is {word}{silent}"
            note = "may the code do this? The role's policies say, whoever called the function"
            called.append(Step(session(role, self.handler), action, what, note, record, refused, role))
        return [
            Step(
                self.names["MAYA"], "lambda:InvokeFunction", function, "may this person call the function?",
                first(records, "lambda:Invoke"), "fails: maya may not invoke the function, so nothing runs",
            ),
            assumed(records, role, function, "may Lambda take the role? The role's trust policy says"),
            *called,
            log,
        ]  # fmt: skip
