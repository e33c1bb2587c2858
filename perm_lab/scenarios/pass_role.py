"""Lesson 2: whoever gives a function its role must be allowed to pass that role to Lambda.

A person creates a function with a role. Lambda asks three things: may they create it, may they pass the role, and does
the role trust Lambda. Follows "Granting a user permissions to pass a role to an AWS service" (IAM user guide).
"""

from __future__ import annotations

from perm_lab.cloud import Record
from perm_lab.scenarios.api import SIGN_IN, ApiCall, create_function
from perm_lab.scenarios.steps import Step, checked, first
from perm_lab.scenarios.world import Scenario


class PassRole(Scenario):
    """The world of lesson 2: a person who creates functions, a small role and a powerful one.

    What is run is the creation of a function, with the one role or with the other.
    """

    FILE = "pass_role.toml"

    def _creation(self) -> ApiCall:
        return create_function("resize", f"{self.names['ROLES']}/{self.handler}", self.names["SOURCE"])

    def _fire(self) -> str:
        """Create a function as the person; it is removed again, so that the next run begins alike."""
        self._creation().make(self._person)
        self.lab.core.system_client(self.account.id, "lambda").delete_function(FunctionName="resize")
        return ""

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        role, function, person = f"{self.names['ROLES']}/{self.handler}", self.names["FUNCTION"], self.names["MAYA"]
        created = first(records, "lambda:CreateFunction")
        passed = checked(created, "iam:PassRole")
        trusted = self.lab.decide("lambda.amazonaws.com", "sts:AssumeRole", role) if passed and passed.allowed else None
        return [
            Step(
                person, "lambda:CreateFunction", function,
                "may this person create the function? Their own policies say", None,
                "fails: maya may not create functions", decision=checked(created, "lambda:CreateFunction"),
            ),
            Step(
                person, "iam:PassRole", role,
                "may this person give this role to Lambda? Their own policies say; no call is named PassRole", None,
                f"fails: maya may create functions, and may not pass {self.handler} to Lambda", decision=passed,
            ),
            Step(
                "lambda.amazonaws.com", "sts:AssumeRole", role,
                "does the role trust Lambda? Its trust policy says", None,
                f"fails: {self.handler} may be passed, but its trust policy does not let Lambda in", function, trusted,
            ),
        ]  # fmt: skip

    def _event_code(self) -> str:
        return f'{SIGN_IN}\nlambda_ = person.client("lambda")\n{self._creation().code}\n'
