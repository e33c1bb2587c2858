"""The requests next to one that an answer must allow: what an over-broad policy would let through as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from perm_lab.iam import Principal, Request

Kind = Callable[[Request], Iterator[Request]]
"""Makes of a request those that differ from it in one way."""
STRANGER = "999999999999"
_OTHER_ACTIONS = {
    "s3": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"),
    "logs": ("logs:PutLogEvents", "logs:GetLogEvents", "logs:DeleteLogGroup", "logs:PutRetentionPolicy"),
    "lambda": ("lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:DeleteFunction"),
    "kinesis": ("kinesis:GetRecords", "kinesis:PutRecord", "kinesis:DeleteStream", "kinesis:MergeShards"),
    "sqs": ("sqs:ReceiveMessage", "sqs:SendMessage", "sqs:PurgeQueue", "sqs:DeleteQueue"),
    "sts": ("sts:TagSession", "sts:SetSourceIdentity"),
}
_OTHER_SERVICES = ("ec2.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com")


def _other_action(request: Request) -> Iterator[Request]:
    for action in _OTHER_ACTIONS.get(request.action.partition(":")[0], ()):
        if action.lower() != request.action.lower():
            yield replace(request, action=action)


def _other_service(request: Request) -> Iterator[Request]:
    admin = f"arn:aws:iam::{request.principal.account}:user/admin"
    yield replace(request, action="iam:CreateAccessKey", resource=admin)
    yield replace(request, action="ec2:TerminateInstances", resource="*")


def _renamed(*changes: tuple[str, str]) -> Kind:
    """The request on each other resource that replacing a pattern by a form makes of the ARN of its own."""

    def renamed(request: Request) -> Iterator[Request]:
        for pattern, form in changes:
            resource = re.sub(pattern, form, request.resource, count=1)
            if resource != request.resource:
                yield replace(request, resource=resource)

    return renamed


def _other_principal(request: Request) -> Iterator[Request]:
    for service in _OTHER_SERVICES:
        yield replace(request, principal=Principal.aws_service(service), resource_account=request.resource_account)
    for arn in (f"arn:aws:iam::{request.resource_account}:user/maya", f"arn:aws:iam::{STRANGER}:user/mallory"):
        yield replace(request, principal=Principal.parse(arn))


def _other_account(request: Request) -> Iterator[Request]:
    arn = request.principal.arn
    if arn:
        other = arn.replace(f"::{request.principal.account}:", f"::{STRANGER}:")
        yield replace(request, principal=Principal.parse(other))


def _source(change: Callable[[str], dict[str, str]]) -> Kind:
    """The request with the other condition keys about its source that `change` makes of its ARN.

    An account that the service does not send (a key with no values) is sent for no source.
    """

    def changed(request: Request) -> Iterator[Request]:
        arn, account = (request.context.get(key, "") for key in ("aws:SourceArn", "aws:SourceAccount"))
        if arn or account:
            others = {key: value for key, value in request.context.items() if not key.startswith("aws:Source")}
            given = {"aws:SourceAccount": account, **change(str(arn))}
            given |= {"aws:SourceAccount": ()} if account == () else {}
            yield replace(request, context={**others, **{key: value for key, value in given.items() if value != ""}})

    return changed


def _another(arn: str) -> str:
    """The ARN of another thing of this kind."""
    return re.sub(r"[^:/]+$", "payroll-archive", arn)


# What differs from the request that must pass -> the requests that differ so.
NEIGHBOURS: dict[str, Kind] = {
    "another action": _other_action,
    "another service": _other_service,
    "another bucket": _renamed((r"^(arn:aws:s3:::)[^/]+", r"\1payroll-archive")),
    "another prefix": _renamed((r"^(arn:aws:s3:::[^/]+/)[^/]+/", r"\1someone-elses/")),
    "another log group": _renamed((r"(:log-group:)[^:]+", r"\1/aws/lambda/payroll"), (r"(:log-group:[^:]+)", r"\1-2")),
    "another account": _other_account,
    "another function": _renamed((r"(:function:)[^:]+", r"\1payroll")),
    "another resource": _renamed((r"^(arn:aws:(?!s3:|logs:).*[:/])[^:/]+$", r"\1payroll-archive")),
    "a longer name": _renamed((r"(:role/|:stream/|:function:|:sqs:.*:|:s3:::)([^:/]+)", r"\1\2-2")),
    "another account's resource": _renamed((r"^(arn:aws:[a-z]+:[^:]*:)\d{12}", rf"\g<1>{STRANGER}")),
    "another source": _source(lambda arn: {"aws:SourceArn": _another(arn)}),
    "another account's source": _source(
        lambda arn: {"aws:SourceArn": re.sub(r":\d{12}:", f":{STRANGER}:", arn), "aws:SourceAccount": STRANGER}
    ),
    "no source": _source(lambda arn: {"aws:SourceAccount": ""}),
    "another region": _renamed((r"^(arn:aws:(?:logs|lambda|sqs):)[^:]+", r"\1eu-west-1")),
    "another principal": _other_principal,
}


def neighbours(requests: tuple[Request, ...], spares: tuple[str, ...] = ()) -> Iterator[Request]:
    """The requests that differ from one of `requests` in one way of each kind (key of `NEIGHBOURS`) but the `spares`.

    An action that one of `requests` needs counts as no other action.
    """
    needed = {request.action.lower() for request in requests}
    for kind in (each for each in NEIGHBOURS if each not in spares):
        for request in requests:
            for probe in NEIGHBOURS[kind](request):
                same = probe == request
                if not same and (probe.action == request.action or probe.action.lower() not in needed):
                    yield probe
