"""What stands in one account as CloudFormation's resources, and what each API call does to them.

Things refer to one another as CloudFormation wants it, so that it makes them in the right order. Policy documents and
sources stay as they are written: a reference there would change no verdict, and could close a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

USER, ROLE, POLICY = "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
FUNCTION, PERMISSION, MAPPING = "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"
BUCKET, BUCKET_POLICY = "AWS::S3::Bucket", "AWS::S3::BucketPolicy"
QUEUE, QUEUE_POLICY = "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"
TOPIC, TOPIC_POLICY, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription"
STREAM, TABLE, RULE = "AWS::Kinesis::Stream", "AWS::DynamoDB::Table", "AWS::Events::Rule"

Params = dict[str, Any]


class Named(NamedTuple):
    """A reference to a thing by its name: `Ref` where the template holds the thing, else the name."""

    kind: str
    name: str


# kind -> its ARN, and the attribute that holds it: none where `Ref` gives the ARN
_ARNS: Mapping[str, tuple[str, str]] = {
    USER: ("arn:aws:iam::{account}:user/{name}", "Arn"),
    ROLE: ("arn:aws:iam::{account}:role/{name}", "Arn"),
    POLICY: ("arn:aws:iam::{account}:policy/{name}", ""),
    FUNCTION: ("arn:aws:lambda:{region}:{account}:function:{name}", "Arn"),
    BUCKET: ("arn:aws:s3:::{name}", "Arn"),
    QUEUE: ("arn:aws:sqs:{region}:{account}:{name}", "Arn"),
    TOPIC: ("arn:aws:sns:{region}:{account}:{name}", ""),
    STREAM: ("arn:aws:kinesis:{region}:{account}:stream/{name}", "Arn"),
    TABLE: ("arn:aws:dynamodb:{region}:{account}:table/{name}", "Arn"),
    RULE: ("arn:aws:events:{region}:{account}:rule/{name}", "Arn"),
}
_AS_WRITTEN = {"PolicyDocument", "AssumeRolePolicyDocument", "SourceArn", "EventPattern", "Principal"}
# how S3's notifications name what they tell, and what lets S3 tell it
_TOLD: Mapping[str, tuple[str, str, str]] = {
    "LambdaConfigurations": ("Function", PERMISSION, "FunctionName"),
    "QueueConfigurations": ("Queue", QUEUE_POLICY, "Queues"),
    "TopicConfigurations": ("Topic", TOPIC_POLICY, "Topics"),
}


class Stack:
    """The things of one account, by kind and name, with their properties; `notes` are what has no place in them."""

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.things: dict[tuple[str, str], Params] = {}
        self.notes: dict[str, None] = {}

    def note(self, sentence: str) -> None:
        """Say that something is left out."""
        self.notes[sentence] = None

    def thing(self, kind: str, name: str) -> Params:
        """The properties of what is there under this name. Raises LookupError where nothing is."""
        if (kind, name) not in self.things:
            raise LookupError(f"`{name}` is no {kind} of account {self.account}")
        return self.things[kind, name]

    def resources(self) -> dict[str, Any]:
        """The `Resources` of the template."""
        ids = self._ids()
        arns = {arn: _reference(ids[key], _ARNS[key[0]][1]) for key in ids if (arn := self._arn(*key))}
        found = {}
        for key, properties in self.things.items():
            whole = {"Type": key[0], "Properties": _resolved(_kept(properties), ids, arns)}
            after = sorted({ids[each] for each in self._before(key) if each in ids})
            found[ids[key]] = {**whole, "DependsOn": after} if after else whole
        return found

    def _ids(self) -> dict[tuple[str, str], str]:
        """A logical id for each thing: its name in camel case, its kind, and a number where that is taken."""
        ids: dict[tuple[str, str], str] = {}
        for kind, name in self.things:
            words = "".join(part if part.isalnum() else " " for part in name).split()
            start = "".join(word[0].upper() + word[1:] for word in words) + kind.rpartition(":")[2]
            taken = sum(each.rstrip("0123456789") == start for each in ids.values())
            ids[kind, name] = f"{start}{taken + 1}" if taken else start
        return ids

    def _arn(self, kind: str, name: str) -> str:
        form = _ARNS.get(kind, ("", ""))[0]
        path = self.things[kind, name].get("Path", "/").lstrip("/")
        return form.format(account=self.account, region=self.region, name=path + name)

    def _before(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """What must stand before this thing and is not referred to: principals, and leave for S3 to notify."""
        kind, properties = key[0], self.things[key]
        by_arn = {self._arn(*each): each for each in self.things if each[0] in (USER, ROLE)}
        named = [by_arn[arn] for arn in _principals(properties) if arn in by_arn and by_arn[arn] != key]
        return named + (self._leave(properties) if kind == BUCKET else [])

    def _leave(self, bucket: Params) -> list[tuple[str, str]]:
        """The policies that may let S3 tell the bucket's destinations."""
        found: list[tuple[str, str]] = []
        for rows, (destination, kind, on) in _TOLD.items():
            for row in bucket.get("NotificationConfiguration", {}).get(rows, ()):
                leave = [
                    (each, name)
                    for (each, name), properties in self.things.items()
                    if each == kind and self._told(properties[on]) == row[destination] and _lets_s3(properties)
                ]
                found += leave
                if not leave:
                    self.note(_NO_LEAVE)
        return found

    def _told(self, on: Any) -> str:
        """The ARN of what a policy is on."""
        thing = on[0] if isinstance(on, list) else on
        return self._arn(*thing) if thing in self.things else thing.name


_NO_LEAVE = (
    "S3 asks for leave as soon as a bucket is to notify somebody, and CloudFormation cannot have it wait "
    "(SkipDestinationValidation): in this state the stack fails"
)


def _lets_s3(properties: Params) -> bool:
    """Whether a policy may let S3 in: a whole document may, a statement does when it names S3."""
    return properties.get("Principal", "s3.amazonaws.com") == "s3.amazonaws.com"


def _reference(logical: str, attribute: str) -> Params:
    return {"Fn::GetAtt": [logical, attribute]} if attribute else {"Ref": logical}


def _kept(properties: Params) -> Params:
    """The properties without those that have been emptied."""
    return {key: value for key, value in properties.items() if value not in ([], {})}


def _resolved(value: Any, ids: Mapping[tuple[str, str], str], arns: Mapping[str, Params], key: str = "") -> Any:
    """`value` with names and ARNs of the template's own things as references."""
    if isinstance(value, Named):
        return {"Ref": ids[value]} if value in ids else value.name
    if key in _AS_WRITTEN:
        return value
    if isinstance(value, str):
        return arns.get(value, value)
    if isinstance(value, dict):
        return {name: _resolved(each, ids, arns, name) for name, each in value.items()}
    return [_resolved(each, ids, arns) for each in value] if isinstance(value, list) else value


def _principals(value: Any, key: str = "") -> list[str]:
    """The ARNs that stand anywhere under `Principal`."""
    if isinstance(value, dict):
        inside = ((each, "Principal" if "Principal" in (key, name) else "") for name, each in value.items())
        return [arn for each, where in inside for arn in _principals(each, where)]
    if isinstance(value, list):
        return [arn for each in value for arn in _principals(each, key)]
    return [value] if key and isinstance(value, str) else []
