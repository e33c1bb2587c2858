"""Lesson 4: a service runs a function because the function policy lets it, and for whom that policy lets it.

S3 tells the function of each new photo. Whose bucket it is, S3 says in SourceArn and SourceAccount; whether the
function policy asks for either is the owner's to write. Follows "Granting function access to AWS services" (Lambda
developer guide) and "The confused deputy problem" (IAM user guide).
"""

from __future__ import annotations

from typing import Any

from perm_lab.cloud import Lab, Record
from perm_lab.iam import Policy, PolicyKind
from perm_lab.scenarios.api import ApiCall, Json, Zip
from perm_lab.scenarios.run import Handler, Hop, Outcome, Status, Toggle
from perm_lab.scenarios.world import Scenario, Step, Switch, caused, document, first, inline, trust, worst

PERSON, ROLE, FUNCTION = "maya", "thumbnail-maker", "make-thumbnail"
OWN, STRANGER, RECREATED = "own-bucket", "stranger-s-bucket", "re-created-bucket"
MALLORY = "999999999999"
_POLICY, _ELSEWHERE = "In the function policy", "What else people try"


class Push(Scenario):
    """The world of lesson 4: a bucket that tells a function of each photo, and a stranger with buckets of her own.

    What is run is an upload, into the shop's own bucket or into a stranger's.
    """

    START = frozenset()
    PEOPLE = (PERSON,)

    def __init__(self, lab: Lab | None = None) -> None:
        super().__init__(lab, "photo shop")

    @property
    def bucket(self) -> str:
        return f"uploads-{self.account.id}"

    @property
    def function_arn(self) -> str:
        return f"arn:aws:lambda:{self.account.region}:{self.account.id}:function:{FUNCTION}"

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
        return (
            self._statement("open", "s3.amazonaws.com, no condition", "whichever bucket sends", "s3.amazonaws.com"),
            self._statement(
                "arn", "s3.amazonaws.com, this SourceArn", f"SourceArn {arn}", "s3.amazonaws.com", SourceArn=arn
            ),
            self._statement(
                "both", "s3.amazonaws.com, SourceArn and SourceAccount", "this bucket, in this account",
                "s3.amazonaws.com", **own,
            ),
            self._statement(
                "sns", "sns.amazonaws.com, SourceArn and SourceAccount", "another service", "sns.amazonaws.com", **own
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

    def _statement(self, key: str, label: str, help: str, principal: str, **conditions: str) -> Switch:
        where = {"FunctionName": FUNCTION, "StatementId": key}
        grant = {**where, "Action": "lambda:InvokeFunction", "Principal": principal, **conditions}
        written: dict[str, Any] = {
            "Sid": key,
            "Effect": "Allow",
            "Principal": {"Service": principal},
            "Action": "lambda:InvokeFunction",
            "Resource": self.function_arn,
        }
        if conditions:
            written["Condition"] = {
                operator: {f"AWS:{name}": conditions[name]}
                for name, operator in (("SourceAccount", "StringEquals"), ("SourceArn", "ArnLike"))
                if name in conditions
            }
        policy = Policy.parse(
            Json({"Version": "2012-10-17", "Statement": [written]}), PolicyKind.RESOURCE, name=f"statement {key}"
        )
        return Switch(
            Toggle(key, label, help, _POLICY),
            ApiCall("lambda", "add_permission", grant),
            ApiCall("lambda", "remove_permission", where),
            (FUNCTION, policy),
        )

    def _world(self, handlers: tuple[Handler, ...]) -> list[ApiCall]:
        row = {"LambdaFunctionArn": self.function_arn, "Events": ["s3:ObjectCreated:*"]}
        role = f"arn:aws:iam::{self.account.id}:role/{ROLE}"
        logs = {"RoleName": ROLE, "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
        upload = document("Allow", "s3:PutObject", f"arn:aws:s3:::{self.bucket}/*")
        return [
            ApiCall(
                "iam", "create_role", {"RoleName": ROLE, "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")}
            ),
            ApiCall("iam", "attach_role_policy", logs),
            ApiCall(
                "lambda",
                "create_function",
                {
                    "FunctionName": FUNCTION,
                    "Role": role,
                    "Runtime": "python3.13",
                    "Handler": "lambda_function.handler",
                    "Code": {"ZipFile": Zip(_HANDLER)},
                },
            ),
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

    def _fire(self) -> None:
        """Upload a photo: as the person into the shop's bucket, or into a bucket of mallory's."""
        if self.handler == OWN:
            self._people[PERSON]["s3"].put_object(Bucket=self.bucket, Key=PHOTO, Body=b"a photo")
        else:
            self.lab.push("s3", self.function_arn, source_arn=self._sender, source_account=MALLORY)

    @property
    def _sender(self) -> str:
        """ARN of the bucket that tells of the photo."""
        return f"arn:aws:s3:::{'mallory-photos' if self.handler == STRANGER else self.bucket}"

    def _steps(self, records: tuple[Record, ...]) -> list[Step]:
        account, function = self.account.id, self.function_arn
        role = f"arn:aws:iam::{account}:role/{ROLE}"
        session = f"arn:aws:sts::{account}:assumed-role/{ROLE}/{FUNCTION}"
        log = f"arn:aws:logs:{self.account.region}:{account}:log-group:/aws/lambda/{FUNCTION}"
        uploaded = Step(
            f"arn:aws:iam::{account}:user/{PERSON}",
            "s3:PutObject",
            f"{self._sender}/{PHOTO}",
            "may this person upload? Their own policies say",
            first(records, "s3:PutObject"),
        )
        return [
            *([uploaded] if self.handler == OWN else []),
            Step(
                "s3.amazonaws.com",
                "lambda:InvokeFunction",
                function,
                "may S3 run the function, for this bucket of this account? The function policy says, and nothing else",
                first(records, "lambda:Invoke"),
                self._sender,
            ),
            Step(
                "lambda.amazonaws.com",
                "sts:AssumeRole",
                role,
                "may Lambda take the role? The role's trust policy says",
                first(records, "sts:AssumeRole"),
                function,
            ),
            Step(
                session,
                "logs:PutLogEvents",
                log,
                "the log is written as the role",
                worst(caused(records, "log")),
                role,
            ),
        ]

    def _outcome(self, hops: tuple[Hop, ...]) -> tuple[Outcome, str]:
        ran = hops[-2].status is Status.ALLOWED
        stranger = self.handler != OWN
        if ran and stranger:
            whose = "the name is right, the account is mallory's" if self.handler == RECREATED else "any bucket will do"
            return Outcome.EXPOSED, f"works, and lets in too much: nothing keeps mallory out ({whose})"
        if ran:
            return Outcome.WORKED, "works: S3 may run the function for this bucket, and the photo gets its thumbnail"
        if stranger:
            return Outcome.FAILED, "fails, as it should: no statement lets S3 run the function for mallory's bucket"
        return Outcome.FAILED, (
            "fails, and nobody is told: the photo is stored, but no statement lets S3 run the function for this bucket"
        )

    def _event_code(self) -> str:
        if self.handler == OWN:
            return _UPLOAD.format(person=PERSON, bucket=self.bucket, key=PHOTO)
        return _STRANGER.format(bucket=self._sender.rpartition(":")[2], function=self.function_arn, key=PHOTO)


PHOTO = "beach.jpg"

_HANDLER = """\
def handler(event, context):
    for record in event["Records"]:
        print("thumbnail of", record["s3"]["bucket"]["name"], record["s3"]["object"]["key"])
"""

_UPLOAD = """\
key = iam.create_access_key(UserName="{person}")["AccessKey"]
person = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
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
