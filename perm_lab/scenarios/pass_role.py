"""Lesson 2: whoever gives a function its role must be allowed to pass that role to Lambda.

A person creates a function with a role. Lambda asks three things: may they create it, may they pass the role, and does
the role trust Lambda. Follows "Granting a user permissions to pass a role to an AWS service" (IAM user guide).
"""

from __future__ import annotations

from contextlib import suppress

from botocore.exceptions import ClientError

from perm_lab.cloud import Record
from perm_lab.scenarios.api import ApiCall, Json, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, Hop, Outcome, Status, Toggle
from perm_lab.scenarios.steps import Step, checked, first
from perm_lab.scenarios.switches import Switch, inline, managed, trusting
from perm_lab.scenarios.world import PERSON, Scenario

FUNCTION = "resize"
SMALL, POWERFUL = "photo-reader", "account-admin"
_CREATE, _PASS, _ROLE = "What the person may create", "Which roles the person may pass", "What the role says"


class PassRole(Scenario):
    """The world of lesson 2: a person who creates functions, a small role and a powerful one.

    What is run is the creation of a function, with the one role or with the other.
    """

    START = frozenset({"create", "trust"})

    def role_arn(self, name: str) -> str:
        """ARN of the role of this name in the lesson's account."""
        return self.arn("iam", f"role/{name}")

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler(SMALL, f"{PERSON} creates a function with the role {SMALL}, which may write logs", _HANDLER),
            Handler(POWERFUL, f"{PERSON} creates one with the role {POWERFUL}, which may do everything", _HANDLER),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        user = ("user", PERSON)
        return (
            inline(
                Toggle("create", "inline policy create-functions", "lambda:CreateFunction on every function", _CREATE),
                user, "create-functions", document("Allow", "lambda:CreateFunction", "*"),
            ),
            managed(
                Toggle("power", "PowerUserAccess", "AWS managed: everything but IAM", _CREATE),
                user, "PowerUserAccess",
            ),
            self._passing("pass-small", "this role, to Lambda", SMALL, "lambda.amazonaws.com"),
            self._passing("pass-ec2", "this role, to EC2", SMALL, "ec2.amazonaws.com"),
            self._passing("pass-all", "every role, to Lambda", "*", "lambda.amazonaws.com"),
            trusting(
                Toggle("trust", f"{SMALL} trusts lambda.amazonaws.com", "otherwise ec2.amazonaws.com", _ROLE),
                SMALL, "lambda.amazonaws.com", "ec2.amazonaws.com",
            ),
        )  # fmt: skip

    def _passing(self, key: str, help: str, role: str, service: str) -> Switch:
        policy = Json(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": role if role == "*" else self.role_arn(role),
                        "Condition": {"StringEquals": {"iam:PassedToService": service}},
                    }
                ],
            }
        )
        toggle = Toggle(key, f"inline policy {key}", f"iam:PassRole: {help}", _PASS)
        return inline(toggle, ("user", PERSON), key, policy)

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        policies = {SMALL: "service-role/AWSLambdaBasicExecutionRole", POWERFUL: "AdministratorAccess"}
        trusted = trust("lambda.amazonaws.com")
        return [call for role, policy in policies.items() for call in create_role(role, trusted, policy)]

    def _fire(self) -> None:
        """Create a function as the person; it is removed again, so that the next run begins alike."""
        try:
            self._creation.make(self._person)
        finally:
            with suppress(ClientError):
                system = self.lab.core.system_client(self.account.id, "lambda")
                system.delete_function(FunctionName=FUNCTION)

    @property
    def _creation(self) -> ApiCall:
        return create_function(FUNCTION, self.role_arn(self.handler), _HANDLER)

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        role, function = self.role_arn(self.handler), self.arn("lambda", f"function:{FUNCTION}")
        person = self.arn("iam", f"user/{PERSON}")
        created = first(records, "lambda:CreateFunction")
        creating = "may this person create the function? Their own policies say"
        trusts = "does the role trust Lambda? Its trust policy says"
        passing = "may this person give this role to Lambda? Their own policies say; no call is named PassRole"
        passed = checked(created, "iam:PassRole")
        trusted = self.lab.decide("lambda.amazonaws.com", "sts:AssumeRole", role) if passed and passed.allowed else None
        return [
            Step(
                person, "lambda:CreateFunction", function, creating, None,
                decision=checked(created, "lambda:CreateFunction"),
            ),
            Step(person, "iam:PassRole", role, passing, None, decision=passed),
            Step("lambda.amazonaws.com", "sts:AssumeRole", role, trusts, None, function, trusted),
        ]  # fmt: skip

    def _outcome(self, hops: tuple[Hop, ...]) -> tuple[Outcome, str]:
        created, passed, assumed = hops
        if created.status is Status.DENIED:
            return Outcome.FAILED, f"fails: {PERSON} may not create functions"
        if passed.status is Status.DENIED:
            return Outcome.FAILED, f"fails: {PERSON} may create functions, and may not pass {self.handler} to Lambda"
        if assumed.status is Status.DENIED:
            return Outcome.FAILED, f"fails: {self.handler} may be passed, but its trust policy does not let Lambda in"
        if self.handler == POWERFUL:
            return Outcome.EXPOSED, (
                f"works, and lets in too much: {PERSON}'s code runs as {POWERFUL}, which may do everything"
            )
        return Outcome.WORKED, f"works: the function runs as {SMALL}"

    def _event_code(self) -> str:
        return f'{signed_in(PERSON)}lambda_ = person.client("lambda")\n{self._creation.code}\n'


_HANDLER = """\
def handler(event, context):
    return "resized"
"""
