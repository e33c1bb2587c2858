"""The execution role at work: what Lambda asks it for, and the sessions that act as it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.causes import Cause, CauseKind
from perm_lab.cloud.core.core import Core
from perm_lab.cloud.core.records import Record
from perm_lab.cloud.functions.answers import refused
from perm_lab.cloud.functions.state import Version
from perm_lab.cloud.functions.store import LambdaStore
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.gate.hooks import Call
from perm_lab.cloud.internals.clients import session
from perm_lab.iam import Arn, Principal

_SERVICES = {"sqs": "SQS", "sns": "SNS", "ec2": "EC2", "s3": "S3", "lambda": "Lambda", "events": "EventBridge"}


def session_name(version: Version) -> str:
    """The role session's name: the function's, padded as AWS does where one character is too short for a session."""
    name = version.name.name
    return f"{name}@lambda_function" if len(name) < 2 else name


def role_session(core: Core, version: Version, context: Mapping[str, str] | None = None) -> boto3.Session:
    """A new boto3 session of the version's role, whose requests carry the context keys given."""
    sts = core.system_client(version.name.account, "sts")
    keys = sts.assume_role(RoleArn=version.role, RoleSessionName=session_name(version))["Credentials"]
    caller = core.callers[keys["AccessKeyId"]]
    core.callers.add(dataclasses.replace(caller, context=dict(context or {})))
    return session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region=version.name.region)


def role_client(lambdas: LambdaStore, version: Version, service: str, region: str = "") -> Any:
    """A boto3 client with which Lambda itself acts as the version's role: to poll, and to tell destinations."""
    key = (version.role, session_name(version), service, region or version.name.region)
    if key not in lambdas.role_clients:
        lambdas.role_clients[key] = role_session(lambdas.core, version).client(service, region_name=key[-1])
    return lambdas.role_clients[key]


def role_caller(version: Version) -> Caller:
    """The caller that a session of the version's role would be."""
    role = Arn.parse(version.role).name
    arn = f"arn:aws:sts::{version.name.account}:assumed-role/{role}/{session_name(version)}"
    return Caller(Principal.role_session(arn, role_arn=version.role))


def ask_role(core: Core, version: Version, action: str, resource: str) -> Record:
    """What the role is asked for by Lambda itself: judged, and written into the trail as the role's call."""
    service, _, operation = action.partition(":")
    check = Check(action, resource, core.owner(resource, version.name.account))
    return core.ask(role_caller(version), Call(service, operation, {}, version.name.region), check)


def require(core: Core, version: Version, actions: Iterable[str], resource: str, whose: str = "function") -> None:
    """Lambda's refusal, as a `Fault`, of settings that the role could not be used with.

    `whose` is how Lambda calls the role: older checks say `provided`, newer ones `function`.
    """
    for action in actions:
        with core.scheduler.because(Cause(CauseKind.SETTINGS, version.name.arn)):
            record = ask_role(core, version, action, resource)
        if not record.allowed:
            service, _, call = action.partition(":")
            where = _SERVICES.get(service, service)
            raise refused(f"The {whose} execution role does not have permissions to call {call} on {where}")
