"""moto's state, read where only it can tell: who owns a bucket, what path a role has, which policies stand on what.

AWS's public API cannot say who owns another account's bucket, and asking it at every decision would cost more than the
call that is decided. Nothing here changes the state but `install_managed_policies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from moto.backends import get_backend
from moto.events.models import EventPattern
from moto.iam.models import AWSManagedPolicy
from moto.iam.utils import random_access_key, random_alphanumeric
from moto.sts.utils import random_session_token

from perm_lab import catalog
from perm_lab.iam import Arn


def _of(service: Any, account: str, region: str = "") -> Any:
    """What moto holds of a service in an account and Region, None where there is no such Region."""
    try:
        return get_backend(service)[account][region or "aws"]
    except KeyError:
        return None


# who and what there is


def bucket_account(bucket: str) -> str | None:
    """Id of the account that owns the bucket, None when no account of the lab does."""
    owner: tuple[Any, str | None] = cast(Any, get_backend("s3")).bucket_accounts.get(bucket, (None, None))
    return owner[1]


def user_arn(account: str, name: str) -> str:
    """ARN of the user, with the path it was made with; what it would be where there is no such user."""
    return _arn(_of("iam", account).users.get(name), account, f"user/{name}")


def user_id(account: str, name: str) -> str:
    """The unique id of a user."""
    return str(_of("iam", account).users[name].id)


def role_arn(account: str, name: str) -> str:
    """ARN of the role, as `user_arn`."""
    return _arn(_role(account, name), account, f"role/{name}")


def group_arn(account: str, name: str) -> str:
    """ARN of the group, as `user_arn`."""
    return _arn(_of("iam", account).groups.get(name), account, f"group/{name}")


def _role(account: str, name: str) -> Any:
    return next((role for role in _of("iam", account).roles.values() if role.name == name), None)


def _arn(entity: Any, account: str, path: str) -> str:
    return entity.arn if entity else f"arn:aws:iam::{account}:{path}"


def key_arn(account: str, region: str, key: str) -> str:
    """ARN of the KMS key with this id, or with this alias."""
    keys = _of("kms", account, region)
    key_id = keys.get_key_id_from_alias(key) if keys and key.startswith("alias/") else key
    return f"arn:aws:kms:{region}:{account}:key/{key_id or key}"


def subnet_vpc(account: str, region: str, subnet: str) -> str | None:
    """Id of the VPC that the subnet is in, None where there is no such subnet."""
    zones = getattr(_of("ec2", account, region), "subnets", {})
    return next((subnets[subnet].vpc_id for subnets in zones.values() if subnet in subnets), None)


def secret_arn(account: str, region: str, secret: str) -> str:
    """ARN of the secret with this name or ARN."""
    found = getattr(_of("secretsmanager", account, region), "secrets", {}).get(secret)
    default = secret if secret.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{account}:secret:{secret}"
    return found.arn if found else default


def encryption_key(source: str) -> str | None:
    """ARN of the customer managed key that a stream or queue is encrypted with, None where there is none."""
    arn, key = Arn.parse(source), None
    if arn.service == "kinesis":
        stream = _of("kinesis", arn.account, arn.region).streams.get(arn.name)
        key = stream.key_id if stream and stream.encryption_type == "KMS" else None
    elif arn.service == "sqs":
        queue = _of("sqs", arn.account, arn.region).queues.get(arn.name)
        key = queue.kms_master_key_id if queue else None
    if not key or key.startswith("alias/aws/"):
        return None
    return key if key.startswith("arn:") else key_arn(arn.account, arn.region, key)


# which policies stand on what


@dataclass(frozen=True, slots=True)
class Identity:
    """The policies of a user, a role or a group: texts of documents under their names and, if managed, ARNs.

    `trust` is the text of a role's trust policy. `tags` are those of the user or role itself.
    """

    inline: tuple[tuple[str, str], ...]
    managed: tuple[str, ...]
    groups: tuple[Identity, ...] = ()
    boundary: str = ""
    trust: str = ""
    tags: tuple[tuple[str, str], ...] = ()


def identity(arn: str) -> Identity | None:
    """The user or role with this ARN, None where there is none."""
    found = Arn.maybe(arn)
    if found is None or found.service != "iam" or not found.account:
        return None
    iam, kind = _of("iam", found.account), found.resource.partition("/")[0]
    entity = iam.users.get(found.name) if kind == "user" else _role(found.account, found.name)
    if entity is None or entity.arn != arn:
        return None
    return Identity(
        *_policies(entity),
        tuple(Identity(*_policies(group)) for group in iam.groups.values() if entity in group.users),
        getattr(entity, "permissions_boundary_arn", None) or "",
        getattr(entity, "assume_role_policy_document", ""),
        _tags(entity),
    )


def _policies(entity: Any) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    return tuple(entity.policies.items()), tuple(entity.managed_policies)


def _tags(entity: Any) -> tuple[tuple[str, str], ...]:
    rows = entity.tags.values() if isinstance(entity.tags, dict) else entity.tags or ()
    return tuple((tag["Key"], tag["Value"]) for tag in rows)


def managed_policy(account: str, arn: str) -> str:
    """The default version of a managed policy, the account's own or AWS's. Raises KeyError where there is none."""
    policy = _of("iam", account).managed_policies[arn]
    return str(next(version.document for version in policy.versions if version.is_default))


def _bucket_policy(arn: Arn, account: str) -> str | None:
    bucket = _of("s3", account).buckets.get(arn.resource.partition("/")[0])
    return bucket.policy.decode() if bucket and bucket.policy else None


def _queue_policy(arn: Arn, account: str) -> str | None:
    queue = _of("sqs", account, arn.region).queues.get(arn.resource)
    return queue.policy if queue else None


def _topic_policy(arn: Arn, account: str) -> str | None:
    topic = _of("sns", account, arn.region).topics.get(arn.text)
    return topic.policy if topic else None


def _key_policy(arn: Arn, account: str) -> str | None:
    key = _of("kms", account, arn.region).keys.get(arn.name)
    return key.policy if key else None


def _stream_policy(arn: Arn, account: str) -> str | None:
    return cast("str | None", _of("kinesis", account, arn.region).resource_policies.get(arn.text))


def _table_policy(arn: Arn, account: str) -> str | None:
    policy = _of("dynamodb", account, arn.region).resource_policies.get(arn.text.partition("/index/")[0])
    return policy.policy_doc if policy else None


POLICY_READERS: Mapping[str, tuple[str, Callable[[Arn, str], str | None]]] = {
    "s3": ("bucket policy", _bucket_policy),
    "sqs": ("queue policy", _queue_policy),
    "sns": ("topic policy", _topic_policy),
    "kms": ("key policy", _key_policy),
    "kinesis": ("stream policy", _stream_policy),
    "dynamodb": ("table policy", _table_policy),
}
"""Service -> what its resource-based policy is called, and what reads its text, given a resource and its owner."""


def install_managed_policies(account: str) -> None:
    """Put the catalogue's AWS managed policies into the account's IAM, with their real documents and versions."""
    iam = _of("iam", account)
    for policy in catalog.managed_policies().values():
        data = {
            "Path": "/" + policy.arn.partition(":policy/")[2].removesuffix(policy.name),
            "DefaultVersionId": policy.version,
            "Document": policy.document,
            "CreateDate": datetime.fromisoformat(policy.created).isoformat(),
            "UpdateDate": datetime.fromisoformat(policy.updated).isoformat(),
        }
        installed = AWSManagedPolicy.from_data(policy.name, account, "us-east-1", data)
        iam.aws_managed_policies.append(installed)
        iam.managed_policies[installed.arn] = installed


def session_keys() -> dict[str, str]:
    """Temporary credentials that nobody else has."""
    return {
        "AccessKeyId": f"ASIA{random_access_key()}",
        "SecretAccessKey": random_alphanumeric(40),
        "SessionToken": random_session_token(),
    }


def matches(patterns: Iterable[str], event: Mapping[str, Any]) -> bool:
    """Whether an event fits one of these event patterns, JSON texts."""
    found: Any = event
    return any(EventPattern.load(pattern).matches_event(found) for pattern in patterns)
