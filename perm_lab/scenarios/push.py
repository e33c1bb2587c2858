"""Lesson 4: a service runs a function because the function policy lets it, and for whom that policy lets it.

S3 tells the function of each new photo. Whose bucket it is, S3 says in SourceArn and SourceAccount; whether the
function policy asks for either is the owner's to write. Follows "Granting function access to AWS services" (Lambda
developer guide) and "The confused deputy problem" (IAM user guide).
"""

from __future__ import annotations

from perm_lab.cloud import Record
from perm_lab.scenarios.api import ApiCall, create_function, create_role, document, signed_in, trust
from perm_lab.scenarios.run import Handler, RunOutcome, Toggle
from perm_lab.scenarios.steps import Step, assumed, event_error, first, logged
from perm_lab.scenarios.switches import Switch, inline, statement
from perm_lab.scenarios.world import PERSON, Scenario

ROLE, FUNCTION = "thumbnail-maker", "make-thumbnail"
OWN, STRANGER, RECREATED = "own-bucket", "stranger-s-bucket", "re-created-bucket"
MALLORY = "999999999999"
_POLICY, _ELSEWHERE = "In the function policy", "What else people try"


class Push(Scenario):
    """The world of lesson 4: a bucket that tells a function of each photo, and a stranger with buckets of her own.

    What is run is an upload, into the shop's own bucket or into a stranger's.
    """

    TITLE, CHOICE = "The function policy", "What happens"
    STORY = "S3 tells the function of each new photo. Switch statements and see whose photos get in."

    @property
    def bucket(self) -> str:
        return f"uploads-{self.account.id}"

    @property
    def function_arn(self) -> str:
        return self.arn("lambda", f"function:{FUNCTION}")

    def _handlers(self) -> tuple[Handler, ...]:
        return (
            Handler(OWN, f"{PERSON} uploads to the shop's bucket {self.bucket}", _HANDLER),
            Handler(STRANGER, f"mallory ({MALLORY}) uploads to her bucket mallory-photos", _HANDLER),
            Handler(RECREATED, f"the shop deleted {self.bucket}; mallory made one of that name and uploads", _HANDLER),
        )

    def _all_switches(self) -> tuple[Switch, ...]:
        arn = f"arn:aws:s3:::{self.bucket}"
        function = self.function_arn
        invoke = document("Allow", "lambda:InvokeFunction", function)
        own = {"SourceArn": arn, "SourceAccount": self.account.id}
        s3 = "s3.amazonaws.com"
        return (
            statement(Toggle("open", f"{s3}, no condition", "whichever bucket sends", _POLICY), function, s3),
            statement(
                Toggle("arn", f"{s3}, this SourceArn", f"SourceArn {arn}", _POLICY), function, s3, SourceArn=arn
            ),
            statement(
                Toggle("both", f"{s3}, SourceArn and SourceAccount", "this bucket, in this account", _POLICY),
                function, s3, **own,
            ),
            statement(
                Toggle("sns", "sns.amazonaws.com, SourceArn and SourceAccount", "another service", _POLICY),
                function, "sns.amazonaws.com", **own,
            ),
            inline(
                Toggle("role", f"{ROLE} may invoke the function", "on the execution role", _ELSEWHERE),
                ("role", ROLE), "invoke", invoke,
            ),
            inline(
                Toggle("person", f"{PERSON} may invoke the function", "on the user who uploads", _ELSEWHERE),
                ("user", PERSON), "invoke", invoke,
            ),
        )  # fmt: skip

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        row = {"LambdaFunctionArn": self.function_arn, "Events": ["s3:ObjectCreated:*"]}
        upload = document("Allow", "s3:PutObject", f"arn:aws:s3:::{self.bucket}/*")
        return [
            *create_role(ROLE, trust("lambda.amazonaws.com"), "service-role/AWSLambdaBasicExecutionRole"),
            create_function(FUNCTION, self.arn("iam", f"role/{ROLE}"), _HANDLER),
            ApiCall("iam", "put_user_policy", {"UserName": PERSON, "PolicyName": "upload", "PolicyDocument": upload}),
            ApiCall("s3", "create_bucket", {"Bucket": self.bucket}),
            ApiCall(
                "s3",
                "put_bucket_notification_configuration",
                {
                    "Bucket": self.bucket,
                    "NotificationConfiguration": {"LambdaFunctionConfigurations": [row]},
                    "SkipDestinationValidation": True,
                },
            ),
        ]

    def _fire(self) -> str:
        """Upload a photo: as the person into the shop's bucket, or into a bucket of mallory's."""
        start = len(self.lab.trail)
        if self.handler == OWN:
            self._person["s3"].put_object(Bucket=self.bucket, Key=PHOTO, Body=b"a photo")
        else:
            self.lab.push("s3", self.function_arn, source_arn=self._sender, source_account=MALLORY)
        return event_error(self.lab.trail[start:], self.function_arn)

    @property
    def _sender(self) -> str:
        """ARN of the bucket that tells of the photo."""
        return f"arn:aws:s3:::{'mallory-photos' if self.handler == STRANGER else self.bucket}"

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        function, role = self.function_arn, self.arn("iam", f"role/{ROLE}")
        own = self.handler == OWN
        uploaded = Step(
            self.arn("iam", f"user/{PERSON}"), "s3:PutObject", f"{self._sender}/{PHOTO}",
            "may this person upload? Their own policies say", first(records, "s3:PutObject"),
        )  # fmt: skip
        unlet = "no statement lets S3 run the function for"
        return [
            *([uploaded] if own else []),
            Step(
                "s3.amazonaws.com", "lambda:InvokeFunction", function,
                "may S3 run the function, for this bucket of this account? The function policy says, and nothing else",
                first(records, "lambda:Invoke"),
                f"fails, and nobody is told: the photo is stored, but {unlet} this bucket" if own
                else f"fails, as it should: {unlet} mallory's bucket",
                self._sender,
            ),
            assumed(records, role, function, "may Lambda take the role? The role's trust policy says"),
            logged(records, role, function),
        ]  # fmt: skip

    def _allowed(self) -> tuple[RunOutcome, str]:
        if self.handler == OWN:
            return RunOutcome.WORKED, (
                "works: S3 may run the function for this bucket, and the photo gets its thumbnail"
            )
        whose = "the name is right, the account is mallory's" if self.handler == RECREATED else "any bucket will do"
        return RunOutcome.EXPOSED, f"works, and lets in too much: nothing keeps mallory out ({whose})"

    def _event_code(self) -> str:
        if self.handler == OWN:
            return signed_in(PERSON) + _UPLOAD.format(bucket=self.bucket, key=PHOTO)
        return _STRANGER.format(bucket=self._sender.rpartition(":")[2], function=self.function_arn, key=PHOTO)


PHOTO = "beach.jpg"

_HANDLER = """\
def handler(event, context):
    for record in event["Records"]:
        print("thumbnail of", record["s3"]["bucket"]["name"], record["s3"]["object"]["key"])
"""

_UPLOAD = """\
person.client("s3").put_object(Bucket="{bucket}", Key="{key}", Body=b"a photo")
"""

_STRANGER = """\
# and in mallory's account, with a session of hers:
#   s3.create_bucket(Bucket="{bucket}")
#   s3.put_bucket_notification_configuration(
#       Bucket="{bucket}",
#       NotificationConfiguration={{"LambdaFunctionConfigurations": [
#           {{"LambdaFunctionArn": "{function}", "Events": ["s3:ObjectCreated:*"]}}]}},
#       SkipDestinationValidation=True,
#   )
#   s3.put_object(Bucket="{bucket}", Key="{key}", Body=b"a photo")
"""
