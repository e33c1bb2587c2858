"""Lesson 4: a service runs a function because the function policy lets it, and for whom that policy lets it.

S3 tells the function of each new photo. Whose bucket it is, S3 says in SourceArn and SourceAccount; whether the
function policy asks for either is the owner's to write. Follows "Granting function access to AWS services" (Lambda
developer guide) and "The confused deputy problem" (IAM user guide).
"""

from __future__ import annotations

from perm_lab.cloud import Record
from perm_lab.scenarios.steps import Step, assumed, event_error, first, logged
from perm_lab.scenarios.world import Scenario

_OWN, _PHOTO, _MALLORY = "own-bucket", "beach.jpg", "999999999999"


class Push(Scenario):
    """The world of lesson 4: a bucket that tells a function of each photo, and a stranger with buckets of her own.

    What is run is an upload, into the shop's own bucket or into a stranger's.
    """

    FILE = "push.toml"

    def _fire(self) -> str:
        """Upload a photo: as the person into the shop's bucket, or into a bucket of mallory's."""
        start, function = len(self.lab.trail), self.names["FUNCTION"]
        if self.handler == _OWN:
            self._person["s3"].put_object(Bucket=self.names["BUCKET"], Key=_PHOTO, Body=b"a photo")
        else:
            self.lab.push("s3", function, source_arn=self._chosen["sender"], source_account=_MALLORY)
        return event_error(self.lab.trail[start:], function)

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        function, role, sender = self.names["FUNCTION"], self.names["ROLE_ARN"], self._chosen["sender"]
        uploaded = Step(
            self.names["MAYA"], "s3:PutObject", f"{sender}/{_PHOTO}",
            "may this person upload? Their own policies say", first(records, "s3:PutObject"),
        )  # fmt: skip
        return [
            *([uploaded] if self.handler == _OWN else []),
            Step(
                "s3.amazonaws.com", "lambda:InvokeFunction", function,
                "may S3 run the function, for this bucket of this account? The function policy says, and nothing else",
                first(records, "lambda:Invoke"), self._chosen["refused"], sender,
            ),
            assumed(records, role, function, "may Lambda take the role? The role's trust policy says"),
            logged(records, role, function),
        ]  # fmt: skip
