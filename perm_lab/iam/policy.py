"""A policy document as a value: checked and compiled once, when it is parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perm_lab.display import Displayable
from perm_lab.iam import grammar
from perm_lab.iam.statement import REMEMBERED_ACTIONS, Statement, compile_statement
from perm_lab.iam.vocabulary import PolicyKind

if TYPE_CHECKING:
    from perm_lab.iam.findings import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Policy(Displayable):
    """A policy. `name` is how people call it, `arn` is empty for one that is written into its holder (inline).

    Two policies are equal when name, ARN, kind and document are.

    >>> read = {"Version": "2012-10-17",
    ...         "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}}
    >>> Policy.parse(read, name="read-photos").statements[0].effect
    'Allow'
    >>> Policy.parse(read | {"Version": "2012-10-71"})
    Traceback (most recent call last):
    ...
    perm_lab.iam.errors.PolicyError: Version: `2012-10-71` is no version of the policy language; did you mean
    2012-10-17?; legal: 2012-10-17, 2008-10-17
    """

    name: str
    arn: str
    kind: PolicyKind
    document: Mapping[str, Any]
    statements: tuple[Statement, ...]
    _about: dict[str, tuple[Statement, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(
        cls, source: grammar.Source, kind: PolicyKind = PolicyKind.IDENTITY, *, name: str = "", arn: str = ""
    ) -> Policy:
        """The policy in `source`, JSON text or a dict. Raises `PolicyError` where AWS would refuse the document.

        Follows "Grammar of the IAM JSON policy language" (IAM user guide).
        """
        document = grammar.document(source)
        grammar.check(document, kind)
        variables = document.get("Version") == grammar.VERSIONS[0]
        statements = (compile_statement(n, s, variables) for n, (_, s) in enumerate(grammar.statements(document)))
        return cls(name, arn, kind, document, tuple(statements))

    @classmethod
    def empty(cls, kind: PolicyKind, name: str = "") -> Policy:
        """A policy that says nothing: what stands where AWS needs a policy and there is none."""
        return cls(name, "", kind, {"Version": grammar.VERSIONS[0], "Statement": []}, ())

    @property
    def version(self) -> str:
        """The version of the policy language: 2012-10-17, or 2008-10-17, which counts where none is written."""
        return str(self.document.get("Version", grammar.VERSIONS[1]))

    @property
    def id(self) -> str:
        """The document's own `Id`, empty where it has none."""
        return str(self.document.get("Id", ""))

    def about(self, action: str) -> tuple[Statement, ...]:
        """The statements that name `action`. Worked out once for each action, so a request never looks at others."""
        found = self._about.get(action)
        if found is None:
            lower = action.lower()
            found = tuple(statement for statement in self.statements if statement.names_action(lower))
            if len(self._about) >= REMEMBERED_ACTIONS:
                self._about.clear()
            self._about[action] = found
        return found

    def check(self, kind: PolicyKind | None = None) -> tuple[Finding, ...]:
        """What is wrong or unwise in it, as a policy of its own kind or of another: errors first, then warnings.

        >>> [finding.code for finding in Policy.parse({"Version": "2012-10-17",
        ...     "Statement": {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}}).check()]
        ['UNKNOWN_ACTION']

        Follows "IAM policy validation check reference" (IAM user guide).
        """
        from perm_lab.iam.findings import check  # reads the catalogue, which judging a request does not need

        return check(self.document, kind or self.kind)

    def to_json(self, indent: int | None = 2) -> str:
        """The document as JSON text; parsing it gives an equal policy. `indent` None puts it on one line."""
        return json.dumps(self.document, indent=indent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash((self.name, self.arn, self.kind, len(self.statements)))

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.name, self.arn, self.kind, self.document

    def __str__(self) -> str:
        return f"{self.name or self.kind.value}\n{self.to_json()}"
