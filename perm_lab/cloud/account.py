"""One simulated account: its sessions, and the set-up that a lesson's world needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.cloud.core.core import Core
from perm_lab.cloud.internals.clients import session, sign_in
from perm_lab.iam import Policy, PolicyKind

Document = str | Mapping[str, Any]


def trust_policy(service: str) -> dict[str, Any]:
    """The trust policy that lets an AWS service assume a role.

    >>> trust_policy("lambda.amazonaws.com")["Statement"][0]["Principal"]
    {'Service': 'lambda.amazonaws.com'}
    """
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


class Account:
    """A simulated AWS account with its 12-digit `id` and a `name` for people. Its home region is us-east-1.

    The methods here are set-up: they need no permission and leave nothing in the trail. Everything a learner does goes
    through the boto3 sessions that they return.
    """

    def __init__(self, core: Core, account_id: str, name: str) -> None:
        self.id = account_id
        self.name = name
        self.region = "us-east-1"
        self._core = core
        self._sessions: dict[str, boto3.Session] = {}

    def admin(self) -> boto3.Session:
        """A session of the IAM user `admin`, who holds AdministratorAccess."""
        return self.user("admin", managed=("AdministratorAccess",))

    def user(
        self, name: str, *, managed: Iterable[str] = (), inline: Mapping[str, Document] | None = None
    ) -> boto3.Session:
        """A session of the IAM user `name`, who is created when missing and is given the policies named.

        `managed` are names of AWS managed policies; `inline` maps policy names to documents. Policies that the user
        holds already stay. Raises `PolicyError` for a document that AWS would refuse: nothing is then changed.
        """
        documents = _checked(inline or {})
        attachments = [catalog.managed_policy(policy).arn for policy in managed]
        iam = self._system("iam")
        if name not in self._sessions:
            _unless_there(iam.create_user, UserName=name)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            self._sessions[name] = self.session(key["AccessKeyId"], key["SecretAccessKey"])
        for policy, text in documents.items():
            iam.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=text)
        for arn in attachments:
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        return self._sessions[name]

    def role(
        self,
        name: str,
        trust: Document = "lambda.amazonaws.com",
        *,
        managed: Iterable[str] = (),
        inline: Mapping[str, Document] | None = None,
    ) -> str:
        """ARN of the role `name`, which is created when missing and is given the trust and the policies named.

        `trust` is a trust policy, or the name of the one service that may assume the role. Raises `PolicyError` as
        `user` does.
        """
        if isinstance(trust, str) and trust.endswith((".amazonaws.com", ".amazon.com")):
            trust = trust_policy(trust)
        trusted = _checked({"trust": trust}, PolicyKind.TRUST)["trust"]
        documents = _checked(inline or {})
        attachments = [catalog.managed_policy(policy).arn for policy in managed]
        iam = self._system("iam")
        if not _unless_there(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trusted):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusted)
        for policy, text in documents.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
        for arn in attachments:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])

    @property
    def organization(self) -> str:
        """Its path in an AWS organization (`o-…/r-…/`), empty outside; `Lab.organization` puts it there."""
        return self._core.accounts[self.id]

    @property
    def signed_in(self) -> frozenset[str]:
        """The users that have a session."""
        return frozenset(self._sessions)

    def sign_out(self, keep: Iterable[str]) -> None:
        """Forget the sessions of all users but these."""
        self._sessions = {name: session for name, session in self._sessions.items() if name in keep}

    def session(self, access_key: str, secret_key: str, token: str | None = None) -> boto3.Session:
        """A boto3 session with these credentials in the account's home region."""
        return session(access_key, secret_key, token, region=self.region)

    def assume(self, role: str, session_name: str) -> boto3.Session:
        """A session of the role `role` (its ARN), whatever its trust policy says."""
        answer = self._system("sts").assume_role(RoleArn=role, RoleSessionName=session_name)
        keys = answer["Credentials"]
        return self.session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def sign_in(self, who: str | boto3.Session) -> boto3.Session:
        """Make plain `boto3.client(…)` act as the user `who`, as `aws configure` does on a laptop; the session."""
        chosen = self.user(who) if isinstance(who, str) else who
        sign_in(chosen)
        return chosen

    def _system(self, service: str) -> Any:
        return self._core.system_client(self.id, service)

    def __repr__(self) -> str:
        return f"<Account {self.name}: {self.id}, {self.region}>"


def _checked(documents: Mapping[str, Document], kind: PolicyKind = PolicyKind.IDENTITY) -> dict[str, str]:
    """The documents as text, each one that AWS would accept."""
    texts = {}
    for name, document in documents.items():
        Policy.parse(document, kind, name=name)
        texts[name] = document if isinstance(document, str) else json.dumps(document)
    return texts


def _unless_there(create: Any, **params: Any) -> bool:
    """Call `create`; False when what it makes is there already."""
    try:
        create(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        return False
    return True
