"""What only the state of the accounts can tell about a call: who owns a bucket, what path a role has.

This is one of the two places that look into moto's own state (the other installs the AWS managed policies). The public
APIs cannot say who owns another account's bucket, and asking them at every call would cost more than the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.iam.models import iam_backends
from moto.kinesis.models import kinesis_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

if TYPE_CHECKING:
    from perm_lab.cloud.lab import Lab


class StateLookup:
    """Answers about the simulated accounts' state; names that do not exist get the ARN they would have."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def bucket_account(self, bucket: str) -> str | None:
        """Id of the account that owns the bucket, None when no account of the lab does."""
        return s3_backends.bucket_accounts.get(bucket, (None, None))[1]

    def user_arn(self, account: str, name: str) -> str:
        return self._arn(iam_backends[account]["aws"].users.get(name), account, f"user/{name}")

    def user_id(self, account: str, name: str) -> str:
        """The user's unique id (AIDA…)."""
        return iam_backends[account]["aws"].users[name].id

    def role_arn(self, account: str, name: str) -> str:
        roles = (role for role in iam_backends[account]["aws"].roles.values() if role.name == name)
        return self._arn(next(roles, None), account, f"role/{name}")

    def group_arn(self, account: str, name: str) -> str:
        return self._arn(iam_backends[account]["aws"].groups.get(name), account, f"group/{name}")

    def key_arn(self, account: str, region: str, key: str) -> str:
        """ARN of the KMS key with this id, or with this alias."""
        backend = kms_backends[account][region]
        key_id = backend.get_key_id_from_alias(key) if key.startswith("alias/") else key
        return f"arn:aws:kms:{region}:{account}:key/{key_id or key}"

    def subnet_vpc(self, account: str, region: str, subnet: str) -> str | None:
        """Id of the VPC that the subnet is in, None where there is no such subnet."""
        client = self._lab.system_client(account, "ec2", region)
        try:
            return client.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
        except ClientError:
            return None

    def secret_arn(self, account: str, region: str, secret: str) -> str:
        """ARN of the secret with this name or ARN."""
        found = secretsmanager_backends[account][region].secrets.get(secret)
        default = secret if secret.startswith("arn:") else f"arn:aws:secretsmanager:{region}:{account}:secret:{secret}"
        return found.arn if found else default

    def encryption_key(self, source: str) -> str | None:
        """ARN of the customer managed key that a stream or queue is encrypted with, None where there is none."""
        parts = source.split(":")
        service, region, account = parts[2:5]
        if service == "kinesis":
            stream = kinesis_backends[account][region].streams.get(source.rpartition("/")[2])
            key = stream.key_id if stream and stream.encryption_type == "KMS" else None
        elif service == "sqs":
            queue = sqs_backends[account][region].queues.get(parts[-1])
            key = queue.kms_master_key_id if queue else None
        else:
            key = None
        if not key or key.startswith("alias/aws/"):
            return None
        return key if key.startswith("arn:") else self.key_arn(account, region, key)

    @staticmethod
    def _arn(entity: Any, account: str, path: str) -> str:
        return entity.arn if entity else f"arn:aws:iam::{account}:{path}"
