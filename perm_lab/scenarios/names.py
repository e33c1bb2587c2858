"""Short names for people: what an ARN is called in a diagram or a table."""

from __future__ import annotations

import re

# (pattern of the ARN, what such a thing is, its short name)
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), kind, name)
    for pattern, kind, name in (
        (r"arn:[^:]*:iam::\d*:user/(?:.*/)?([^/]+)$", "IAM user", r"\1"),
        (r"arn:[^:]*:iam::\d*:role/(?:.*/)?([^/]+)$", "role", r"\1"),
        (r"arn:[^:]*:sts::\d*:assumed-role/([^/]+)/([^/]+)$", "role session", r"\1/\2"),
        (r"arn:[^:]*:(?:iam|sts)::(\d*):root$", "account", r"\1"),
        (r"arn:[^:]*:lambda:[^:]*:\d*:function:(.+)$", "function", r"\1"),
        (r"arn:[^:]*:s3:::([^/]+)$", "bucket", r"\1"),
        (r"arn:[^:]*:s3:::([^/]+)/(.+)$", "object", r"\1/\2"),
        (r"arn:[^:]*:logs:[^:]*:\d*:log-group:([^:]+)(?::.*)?$", "log group", r"\1"),
        (r"arn:[^:]*:dynamodb:[^:]*:\d*:table/([^/]+).*$", "table", r"\1"),
        (r"arn:[^:]*:kinesis:[^:]*:\d*:stream/([^/]+).*$", "stream", r"\1"),
        (r"arn:[^:]*:sqs:[^:]*:\d*:(.+)$", "queue", r"\1"),
        (r"arn:[^:]*:sns:[^:]*:\d*:(.+)$", "topic", r"\1"),
        (r"arn:[^:]*:kms:[^:]*:\d*:key/(.+)$", "key", r"\1"),
        (r"arn:[^:]*:events:[^:]*:\d*:rule/(.+)$", "rule", r"\1"),
        (r"arn:[^:]*:states:[^:]*:\d*:stateMachine:(.+)$", "state machine", r"\1"),
        (r"arn:[^:]*:scheduler:[^:]*:\d*:schedule/(.+)$", "schedule", r"\1"),
        (r"arn:[^:]*:execute-api:[^:]*:\d*:(.+)$", "API", r"\1"),
        (r"arn:[^:]*:[^:]*:[^:]*:\d*:(.+)$", "resource", r"\1"),
        (r"(.+\.amazonaws\.com)$", "service", r"\1"),
    )
)


def kind(name: str) -> str:
    """What the thing with this ARN is.

    >>> kind("arn:aws:sts::111111111111:assumed-role/photo-reader/read-photo")
    'role session'
    """
    return next((kind for pattern, kind, _ in _KINDS if pattern.match(name)), "")


def whole(name: str) -> str:
    """The ARN of what stands alone: of a log group where `name` is one of its streams.

    >>> whole("arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f:log-stream:2026")
    'arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f'
    """
    return re.sub(r"(:log-group:[^:]+):.*", r"\1", name)


def short(name: str) -> str:
    """The part of an ARN that tells it from its neighbours; anything else as it is.

    >>> short("arn:aws:lambda:us-east-1:111111111111:function:thumbnails")
    'thumbnails'
    """
    found = next(((match, form) for pattern, _, form in _KINDS if (match := pattern.match(name))), None)
    return found[0].expand(found[1]) if found else name
