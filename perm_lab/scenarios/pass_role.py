"""Lesson 2: whoever gives a function its role must be allowed to pass that role to Lambda.

A person creates a function with a role. Lambda asks three things: may they create it, may they pass the role, and does
the role trust Lambda. Follows "Granting a user permissions to pass a role to an AWS service" (IAM user guide).
"""

from __future__ import annotations

from perm_lab.cloud import Record
from perm_lab.scenarios.api import ApiCall, Json, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, RunOutcome, Toggle
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

    TITLE, CHOICE = "Passing the role", "What is created"
    STORY = "maya creates a function and names its role. Switch policies and see what she may pass."
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

    def _fire(self) -> str:
        """Create a function as the person; it is removed again, so that the next run begins alike."""
        self._creation.make(self._person)
        self.lab.core.system_client(self.account.id, "lambda").delete_function(FunctionName=FUNCTION)
        return ""

    @property
    def _creation(self) -> ApiCall:
        return create_function(FUNCTION, self.role_arn(self.handler), _HANDLER)

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        role, function = self.role_arn(self.handler), self.arn("lambda", f"function:{FUNCTION}")
        person = self.arn("iam", f"user/{PERSON}")
        created = first(records, "lambda:CreateFunction")
        passed = checked(created, "iam:PassRole")
        trusted = self.lab.decide("lambda.amazonaws.com", "sts:AssumeRole", role) if passed and passed.allowed else None
        return [
            Step(
                person, "lambda:CreateFunction", function,
                "may this person create the function? Their own policies say", None,
                f"fails: {PERSON} may not create functions", decision=checked(created, "lambda:CreateFunction"),
            ),
            Step(
                person, "iam:PassRole", role,
                "may this person give this role to Lambda? Their own policies say; no call is named PassRole", None,
                f"fails: {PERSON} may create functions, and may not pass {self.handler} to Lambda", decision=passed,
            ),
            Step(
                "lambda.amazonaws.com", "sts:AssumeRole", role,
                "does the role trust Lambda? Its trust policy says", None,
                f"fails: {self.handler} may be passed, but its trust policy does not let Lambda in", function, trusted,
            ),
        ]  # fmt: skip

    def _allowed(self) -> tuple[RunOutcome, str]:
        if self.handler == POWERFUL:
            rights = f"{PERSON}'s code runs as {POWERFUL}, which may do everything"
            return RunOutcome.EXPOSED, f"works, and lets in too much: {rights}"
        return RunOutcome.WORKED, f"works: the function runs as {SMALL}"

    def _event_code(self) -> str:
        return f'{signed_in(PERSON)}lambda_ = person.client("lambda")\n{self._creation.code}\n'


_HANDLER = """\
def handler(event, context):
    return "resized"
"""
