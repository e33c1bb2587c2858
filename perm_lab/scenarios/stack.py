"""What stands in one account as CloudFormation's resources, and what each API call does to them.

Things refer to one another as CloudFormation wants it, so that it makes them in the right order. Policy documents and
sources stay as they are written: a reference there would change no verdict, and could close a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Params = dict[str, Any]


class Kind:
    """The resource types of CloudFormation that the scenarios need."""

    USER, ROLE = "AWS::IAM::User", "AWS::IAM::Role"
    FUNCTION, PERMISSION = "AWS::Lambda::Function", "AWS::Lambda::Permission"
    BUCKET, QUEUE, STREAM, RULE = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Kinesis::Stream", "AWS::Events::Rule"


class Named(NamedTuple):
    """A reference to a thing by its name: `Ref` where the template holds the thing, else the name."""

    kind: str
    name: str


class Rows(dict[str, Any]):
    """A property that is a list, its rows by what tells them apart."""


_ARNS: Mapping[str, str] = {
    Kind.USER: "arn:aws:iam::{account}:user/{name}",
    Kind.ROLE: "arn:aws:iam::{account}:role/{name}",
    Kind.FUNCTION: "arn:aws:lambda:{region}:{account}:function:{name}",
    Kind.BUCKET: "arn:aws:s3:::{name}",
    Kind.QUEUE: "arn:aws:sqs:{region}:{account}:{name}",
    Kind.STREAM: "arn:aws:kinesis:{region}:{account}:stream/{name}",
    Kind.RULE: "arn:aws:events:{region}:{account}:rule/{name}",
}
_AS_WRITTEN = {"PolicyDocument", "AssumeRolePolicyDocument", "SourceArn", "EventPattern", "Principal"}


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

    def row(self, kind: str, name: str, listed: str, key: str, value: Any) -> None:
        """Put a row into a property that is a list, in the place of the row with this key if there is one.

        Raises LookupError where nothing has this name.
        """
        self.thing(kind, name).setdefault(listed, Rows())[key] = value

    def resources(self) -> dict[str, Any]:
        """The `Resources` of the template."""
        ids = self._ids()
        arns = {arn: {"Fn::GetAtt": [ids[key], "Arn"]} for key in ids if (arn := self._arn(*key))}
        found = {}
        for key, properties in self.things.items():
            whole = {"Type": key[0], "Properties": _resolved(properties, ids, arns)}
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
        return _ARNS.get(kind, "").format(account=self.account, region=self.region, name=name)

    def _before(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """What must stand before this thing and is not referred to: principals, and leave for S3 to notify."""
        kind, properties = key[0], self.things[key]
        by_arn = {self._arn(*each): each for each in self.things if each[0] in (Kind.USER, Kind.ROLE)}
        named = [by_arn[arn] for arn in _principals(properties) if arn in by_arn and by_arn[arn] != key]
        return named + (self._leave(properties) if kind == Kind.BUCKET else [])

    def _leave(self, bucket: Params) -> list[tuple[str, str]]:
        """The statements that may let S3 tell the bucket's functions."""
        found: list[tuple[str, str]] = []
        permissions = ((key, each) for key, each in self.things.items() if key[0] == Kind.PERMISSION)
        for_s3 = [(key, each) for key, each in permissions if each["Principal"] == "s3.amazonaws.com"]
        for row in bucket.get("NotificationConfiguration", {}).get("LambdaConfigurations", ()):
            leave = [key for key, each in for_s3 if self._arn(*each["FunctionName"]) == row["Function"]]
            found += leave
            if not leave:
                self.note(_NO_LEAVE)
        return found


_NO_LEAVE = (
    "S3 asks for leave as soon as a bucket is to notify somebody, and CloudFormation cannot have it wait "
    "(SkipDestinationValidation): in this state the stack fails"
)


def _resolved(value: Any, ids: Mapping[tuple[str, str], str], arns: Mapping[str, Params], key: str = "") -> Any:
    """`value` with names and ARNs of the template's own things as references."""
    if isinstance(value, Named):
        return {"Ref": ids[value]} if value in ids else value.name
    if key in _AS_WRITTEN:
        return value
    if isinstance(value, str):
        return arns.get(value, value)
    if isinstance(value, Rows):
        return [_resolved(each, ids, arns) for each in value.values()]
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
