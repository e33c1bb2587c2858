"""One statement of a policy, compiled when the policy is parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perm_lab.iam.arn import Arn
from perm_lab.iam.conditions import Condition, compile_condition
from perm_lab.iam.grammar import text
from perm_lab.iam.pattern import Matcher, compile_arn, compile_pattern
from perm_lab.iam.principal import Naming, Principal, PrincipalMatcher
from perm_lab.iam.variables import Context, Template, has_variable
from perm_lab.iam.vocabulary import MatchCode, PrincipalType

REMEMBERED_ACTIONS = 4096  # of what is worked out once for each action
ResourceTest = Callable[[str, Context], MatchCode]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement: its effect and, compiled, what each element says of a request.

    `principal` is None in policies that name none. `negates_…` is true for `NotPrincipal`, `NotAction` and
    `NotResource`. `says_…` is the element's name and its text on one line.
    """

    index: int
    sid: str
    denies: bool
    written: Mapping[str, Any]
    principal: PrincipalMatcher | None
    negates_principal: bool
    actions: tuple[Matcher, ...]
    negates_action: bool
    resource: ResourceTest | None
    conditions: tuple[Condition, ...]
    says_principal: tuple[str, str]
    says_action: tuple[str, str]
    says_resource: tuple[str, str]
    action_evidence: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def effect(self) -> str:
        """`Allow` or `Deny`."""
        return "Deny" if self.denies else "Allow"

    def names_action(self, action: str) -> bool:
        """Whether the statement is about `action` (in lower case): its `Action` matches it or its `NotAction` not."""
        return any(matches(action) for matches in self.actions) is not self.negates_action

    def naming(self, principal: Principal, bounded: bool = False) -> Naming | None:
        """How the statement names the principal, None when it does not. `bounded` says whether the principal has a
        permissions boundary: `NotPrincipal` with Deny spares nobody who has one."""
        if self.principal is None:
            return Naming.DIRECT
        if not self.negates_principal:
            return self.principal.naming(principal)
        spared = _exempt(self.principal, principal) and not (bounded and self.denies)
        return None if spared else Naming.DIRECT

    def applies(self, resource: str, context: Context) -> bool:
        """Whether resource and conditions match; the action and the principal are asked for on their own."""
        if self.resource is not None and self.resource(resource, context) is not MatchCode.MATCH:
            return False
        return not self.conditions or all(each.test(context) is MatchCode.MATCH for each in self.conditions)


def compile_statement(index: int, written: Mapping[str, Any], variables: bool) -> Statement:
    """The statement, compiled. `variables` says whether the policy's version knows policy variables."""
    says_principal, principal = _element("Principal", written)
    says_action, actions = _element("Action", written)
    says_resource, resources = _element("Resource", written)
    return Statement(
        index=index,
        sid=written.get("Sid", ""),
        denies=written["Effect"] == "Deny",
        written=written,
        principal=None if principal is None else _principal(principal),
        negates_principal="NotPrincipal" in written,
        actions=tuple(compile_pattern(action.lower()) for action in as_list(actions)),
        negates_action="NotAction" in written,
        resource=None if resources is None else _resource(as_list(resources), "NotResource" in written, variables),
        conditions=tuple(
            compile_condition(name, key, [text(value) for value in as_list(values)], variables)
            for name, keys in written.get("Condition", {}).items()
            for key, values in keys.items()
        ),
        says_principal=says_principal,
        says_action=says_action,
        says_resource=says_resource,
    )


def _element(name: str, written: Mapping[str, Any]) -> tuple[tuple[str, str], Any]:
    """What stands in a statement for an element or its negation: name and text, and the value, None for neither."""
    name = f"Not{name}" if f"Not{name}" in written else name
    value = written.get(name)
    return (name, _shown(value)), value


def _shown(value: Any) -> str:
    """An element as one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_shown(each)}" for key, each in value.items())
    return ", ".join(map(str, as_list(value)))


def as_list(value: Any) -> list[Any]:
    """`value`, or the one item list of it: the grammar takes both alike.

    >>> as_list("s3:GetObject"), as_list(["s3:GetObject", "s3:PutObject"])
    (['s3:GetObject'], ['s3:GetObject', 's3:PutObject'])
    """
    return value if isinstance(value, list) else [value]


def _exempt(matcher: PrincipalMatcher, principal: Principal) -> bool:
    """Whether a `NotPrincipal` leaves the principal out.

    AWS compares every principal in the caller's context, so that a role session is exempt only where session, role and
    account are all listed, and a user only where its account is listed too.
    """
    if matcher.everyone or principal.service:
        return matcher.naming(principal) is not None
    if principal.type is PrincipalType.ANONYMOUS:
        return False
    own = [principal.arn] + ([principal.role_arn] if principal.type is PrincipalType.ROLE_SESSION else [])
    names = matcher.names | {f"arn:aws:iam::{account}:root" for account in matcher.accounts}
    return principal.account in matcher.accounts and all(name in names for name in own)


def _principal(written: Any) -> PrincipalMatcher:
    """Whom the element names; an account is named by its id or as its root. `"*"` is short for `{"AWS": "*"}`."""
    named = {key: as_list(value) for key, value in ({"AWS": "*"} if written == "*" else written).items()}
    aws = named.get("AWS", [])
    whole = {name for name in aws if name.isdigit() or name.endswith(":root")}
    accounts = {name if name.isdigit() else Arn.parse(name).account for name in whole}
    names = {*aws, *named.get("Federated", []), *named.get("CanonicalUser", [])} - whole - {"*"}
    return PrincipalMatcher("*" in aws, frozenset(names), frozenset(accounts), frozenset(named.get("Service", [])))


def _resource(patterns: list[str], negated: bool, variables: bool) -> ResourceTest:
    static = tuple(compile_arn(p) for p in patterns if not (variables and has_variable(p)))
    templates = tuple(Template(p) for p in patterns if variables and has_variable(p))
    hit, miss = (MatchCode.EXCLUDED, MatchCode.MATCH) if negated else (MatchCode.MATCH, MatchCode.NOT_NAMED)
    if not templates and len(static) == 1:
        only = static[0]
        return lambda resource, _: hit if only(resource) else miss

    def test(resource: str, context: Context) -> MatchCode:
        for matches in static:
            if matches(resource):
                return hit
        filled = [template.arn_matcher(context) for template in templates]
        for found in filled:
            if found is not None and found(resource):
                return hit
        return MatchCode.VARIABLE_MISSING if None in filled and not negated else miss

    return test
