"""The execution role at work: what Lambda asks it for, and the sessions that act as it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import boto3

from perm_lab.cloud.calls import Check
from perm_lab.cloud.credentials import Caller
from perm_lab.cloud.functions.answers import refused
from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.gate import Call
from perm_lab.cloud.trail import Record
from perm_lab.iam import Arn, Principal, aws_message

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab

_SERVICES = {"sqs": "SQS", "sns": "SNS", "ec2": "EC2", "s3": "S3", "lambda": "Lambda", "events": "EventBridge"}


def session_name(version: Version) -> str:
    """The role session's name: the function's, padded as AWS does where one character is too short for a session."""
    name = version.name.name
    return f"{name}@lambda_function" if len(name) < 2 else name


def role_session(lab: Lab, version: Version, context: Mapping[str, str] | None = None) -> boto3.Session:
    """A new boto3 session of the version's role, whose requests carry the context keys given."""
    sts = lab.system_client(version.name.account, "sts")
    keys = sts.assume_role(RoleArn=version.role, RoleSessionName=session_name(version))["Credentials"]
    caller = lab.credentials[keys["AccessKeyId"]]
    lab.credentials.add(dataclasses.replace(caller, context=dict(context or {})))
    return lab.new_session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], version.name.region)


def role_client(lab: Lab, version: Version, service: str, region: str = "") -> Any:
    """A boto3 client with which Lambda itself acts as the version's role: to poll, and to tell destinations."""
    key = (version.role, session_name(version), service, region or version.name.region)
    clients = lab.lambdas.role_clients
    if key not in clients:
        clients[key] = role_session(lab, version).client(service, region_name=key[-1])
    return clients[key]


def role_caller(version: Version) -> Caller:
    """The caller that a session of the version's role would be."""
    role = version.role.rsplit("/", 1)[-1]
    arn = f"arn:aws:sts::{version.name.account}:assumed-role/{role}/{session_name(version)}"
    return Caller(Principal.role_session(arn, role_arn=version.role))


def note(lab: Lab, version: Version, action: str, resource: str) -> Record:
    """What the role is asked for by Lambda itself: judged, and written into the trail as the role's call."""
    owner = Arn.parse(resource).account if resource.startswith("arn:") else ""
    if resource.startswith("arn:aws:s3:::"):
        owner = lab.lookup.bucket_account(Arn.parse(resource).resource.partition("/")[0]) or ""
    check = Check(action, resource, owner or version.name.account, {}, True, "")
    caller = role_caller(version)
    judged = lab.judge(caller, (check,))
    service, _, operation = action.partition(":")
    record = lab.note(caller, Call(service, operation, {}, version.name.region), judged)
    if not record.allowed:
        record.event.update(errorCode="AccessDenied", errorMessage=aws_message(judged[0][1]))
    return record


def require(lab: Lab, version: Version, actions: Iterable[str], resource: str, whose: str = "function") -> None:
    """Lambda's refusal, as a `Fault`, of settings that the role could not be used with.

    `whose` is how Lambda calls the role: older checks say `provided`, newer ones `function`.
    """
    for action in actions:
        with lab.turns.because(f"Lambda, before it takes the settings of {version.name.name}"):
            record = note(lab, version, action, resource)
        if not record.allowed:
            service, _, call = action.partition(":")
            where = _SERVICES.get(service, service)
            raise refused(f"The {whose} execution role does not have permissions to call {call} on {where}")
