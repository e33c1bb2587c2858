"""Which policies are in force for a request, read through AWS's own public APIs.

Every answer comes from a boto3 call (`iam:GetAccountAuthorizationDetails`, `s3:GetBucketPolicy`, …) of a session that
may read the account, so that the same reader serves a simulated account and a real one. Answers are kept until a call
that can change them is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.cloud.credentials import Caller
from perm_lab.iam import Arn, Policy, PolicyKind, PolicySet, Principal, PrincipalType

ClientOf = Callable[[str, str, str], Any]
"""(account, service, region) -> boto3 client of a session that may read that account."""


@lru_cache(maxsize=1024)
def _parsed(text: str, kind: PolicyKind, name: str, arn: str) -> Policy:
    return Policy.parse(text, kind, name=name, arn=arn)


def parse(document: str | Mapping[str, Any], kind: PolicyKind, name: str, arn: str = "") -> Policy:
    """The policy, parsed once for each text."""
    return _parsed(document if isinstance(document, str) else json.dumps(document), kind, name, arn)


def _queue_policy(client: Any, arn: Arn) -> str | None:
    url = client.get_queue_url(QueueName=arn.resource, QueueOwnerAWSAccountId=arn.account)["QueueUrl"]
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")


def _table_policy(client: Any, arn: Arn) -> str | None:
    table = arn.text.partition("/index/")[0]
    return client.get_resource_policy(ResourceArn=table).get("Policy")


def _function_policy(client: Any, arn: Arn) -> str | None:
    if arn.resource.startswith("layer:"):
        layer, _, version = arn.text.rpartition(":")
        return client.get_layer_version_policy(LayerName=layer, VersionNumber=int(version))["Policy"]
    return client.get_policy(FunctionName=arn.text.removesuffix(":$LATEST"))["Policy"]


_READERS: dict[str, tuple[str, Callable[[Any, Arn], str | None]]] = {
    "s3": ("bucket policy", lambda c, arn: c.get_bucket_policy(Bucket=arn.resource.partition("/")[0])["Policy"]),
    "sqs": ("queue policy", _queue_policy),
    "sns": ("topic policy", lambda c, arn: c.get_topic_attributes(TopicArn=arn.text)["Attributes"].get("Policy")),
    "kms": ("key policy", lambda c, arn: c.get_key_policy(KeyId=arn.text, PolicyName="default")["Policy"]),
    "kinesis": ("stream policy", lambda c, arn: c.get_resource_policy(ResourceARN=arn.text).get("Policy")),
    "dynamodb": ("table policy", _table_policy),
    "lambda": ("function policy", _function_policy),
}
"""Service -> what its resource-based policy is called, and how it is read. Services not listed have none in the lab."""


_POLICIED = re.compile(r"function:|layer:[^:]+:\d+")  # what of Lambda has a policy


class PolicyReader:
    """The policies in force, read when first needed and forgotten when something that holds them changes."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client_of = client_of
        self._iam: dict[str, dict[str, Any]] = {}
        self._resources: dict[str, Policy | None] = {}

    def forget(self, service: str) -> None:
        """Something in `service` changed: read what it holds again before it is next used."""
        if service == "iam":
            self._iam.clear()
        else:
            self._resources = {arn: p for arn, p in self._resources.items() if arn.split(":")[2] != service}

    def forget_everything(self) -> None:
        """All of the state changed."""
        self._iam.clear()
        self._resources.clear()

    def policy_set(self, caller: Caller, resource: str, resource_account: str, action: str) -> PolicySet:
        """All policies that have a say when `caller` asks for `action` on `resource` of `resource_account`."""
        identity, boundary = self._of_principal(caller.principal)
        assumed = action.lower().startswith("sts:") and ":role/" in resource
        return PolicySet(
            identity=identity,
            boundary=boundary,
            session=caller.session,
            resource=None if assumed else self.of_resource(resource, resource_account),
            trust=self.trust(resource) if assumed else None,
        )

    def trust(self, role_arn: str) -> Policy:
        """The trust policy of a role; an empty one where the role does not exist, as AWS hides which it is."""
        role = self._entity(Arn.parse(role_arn).account, role_arn)
        name = f"trust policy of {role_arn.rsplit('/', 1)[-1]}"
        if role is None:
            return Policy.empty(PolicyKind.TRUST, name)
        return parse(role["AssumeRolePolicyDocument"], PolicyKind.TRUST, name)

    def of_resource(self, resource: str, account: str) -> Policy | None:
        """The resource-based policy of `resource`, None where it has none."""
        if not resource.startswith("arn:"):
            return None
        arn = Arn.parse(resource)
        label, read = _READERS.get(arn.service, ("", None))
        if read is None or (arn.service == "lambda" and not _POLICIED.match(arn.resource)):
            return None
        key = resource.partition("/")[0] if arn.service == "s3" else resource
        if key not in self._resources:
            self._resources[key] = self._read_resource(arn, account, label, read)
        return self._resources[key]

    def _read_resource(
        self, arn: Arn, account: str, label: str, read: Callable[[Any, Arn], str | None]
    ) -> Policy | None:
        try:
            text = read(self._client_of(account, arn.service, arn.region), arn)
        except ClientError:  # no such resource, or no policy on it: nothing there allows or denies
            return None
        if not text or text == "{}":  # as moto answers for a stream without a policy
            return None
        name = arn.resource.partition("/")[0].removeprefix("function:")
        return parse(text, PolicyKind.RESOURCE, f"{label} of {name}")

    def knows(self, arn: str, accounts: Container[str]) -> bool:
        """Whether AWS would find the identity `arn`; those of accounts outside `accounts` are taken to be there."""
        principal = Principal.parse(arn)
        if principal.type is PrincipalType.ROOT or principal.account not in accounts:
            return True
        return principal.type is PrincipalType.FEDERATED_USER or self._holder(principal) is not None

    def tags(self, principal: Principal) -> dict[str, str]:
        """The tags of the user or role behind `principal`."""
        entity = self._holder(principal) or {}
        return {tag["Key"]: tag["Value"] for tag in entity.get("Tags", ())}

    def _holder(self, principal: Principal) -> dict[str, Any] | None:
        holder = principal.role_arn if principal.type is PrincipalType.ROLE_SESSION else principal.arn
        return self._entity(principal.account or "", holder or "")

    def _of_principal(self, principal: Principal) -> tuple[tuple[Policy, ...], Policy | None]:
        entity = self._holder(principal)
        if entity is None:
            return (), None
        groups = [self._iam[principal.account or ""][name] for name in entity.get("GroupList", ())]
        identity = tuple(policy for owner in (entity, *groups) for policy in self._attached(owner))
        boundary = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return identity, self.managed(principal.account or "", boundary) if boundary else None

    def _attached(self, entity: Mapping[str, Any]) -> list[Policy]:
        account = Arn.parse(entity["Arn"]).account
        inline = next(
            (entity[key] for key in ("UserPolicyList", "RolePolicyList", "GroupPolicyList") if key in entity), []
        )
        return [
            *(parse(p["PolicyDocument"], PolicyKind.IDENTITY, p["PolicyName"]) for p in inline),
            *(self.managed(account, p["PolicyArn"]) for p in entity.get("AttachedManagedPolicies", ())),
        ]

    def managed(self, account: str, arn: str) -> Policy:
        name = arn.rsplit("/", 1)[-1]
        if arn.startswith("arn:aws:iam::aws:"):
            return parse(catalog.managed_policy(name).document, PolicyKind.IDENTITY, name, arn)
        return parse(self._iam[account][arn], PolicyKind.IDENTITY, name, arn)

    def _entity(self, account: str, arn: str) -> dict[str, Any] | None:
        """The user, role or group with this ARN as GetAccountAuthorizationDetails describes it."""
        if not account:
            return None
        if account not in self._iam:
            self._iam[account] = self._read_account(account)
        return self._iam[account].get(arn)

    def _read_account(self, account: str) -> dict[str, Any]:
        iam = self._client_of(account, "iam", "us-east-1")
        pages = iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["User", "Role", "Group", "LocalManagedPolicy"]
        )
        found: dict[str, Any] = {}
        for page in pages:
            for kind in ("UserDetailList", "RoleDetailList"):
                found |= {entity["Arn"]: entity for entity in page[kind]}
            found |= {group["GroupName"]: group for group in page["GroupDetailList"]}
            for policy in page["Policies"]:
                default = next(v for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])
                found[policy["Arn"]] = default["Document"]
        return found
