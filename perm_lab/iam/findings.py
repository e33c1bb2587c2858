"""What is wrong or unwise in a policy that AWS would take: findings, in the manner of IAM Access Analyzer.

Follows "IAM policy validation check reference" (IAM user guide) for the checks that matter to Lambda's permissions.
What the catalogue does not know (a service, most of EC2) is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import partial
from itertools import chain, product
from typing import Any, TypeVar

from perm_lab import catalog
from perm_lab.iam import grammar
from perm_lab.iam.conditions import split_operator
from perm_lab.iam.errors import PolicyError
from perm_lab.iam.pattern import compile_pattern, meet
from perm_lab.iam.statement import as_list
from perm_lab.iam.vocabulary import PolicyKind

_T = TypeVar("_T")


class Severity(Enum):
    """How much a finding matters."""

    ERROR = "error"
    SECURITY_WARNING = "security warning"
    WARNING = "warning"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: how bad, its code, the place in the document, and what to know about it.

    `path` is empty for a finding about the whole document.
    """

    severity: Severity
    code: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity.value} at {self.path or 'the policy'}: {self.message}"


_error, _security_warning = partial(Finding, Severity.ERROR), partial(Finding, Severity.SECURITY_WARNING)
_warning, _suggestion = partial(Finding, Severity.WARNING), partial(Finding, Severity.SUGGESTION)
# the most characters, white space apart; of an identity policy for a managed one, of a trust policy as accounts start
_MOST = {
    PolicyKind.IDENTITY: (6_144, "a managed policy; an inline one of a role may have 10,240, of a user 2,048"),
    PolicyKind.RESOURCE: (20_480, "a function policy or a bucket policy"),
    PolicyKind.TRUST: (2_048, "a trust policy, unless the account's quota was raised (to 4,096 at most)"),
    PolicyKind.SCP: (5_120, "a service control policy"),
    PolicyKind.RCP: (5_120, "a resource control policy"),
}
_SOURCE_KEYS = {
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "lambda:eventsourcetoken",
}
_WILD = "\0" * 64  # stands for a `*` where one pattern is held against another
# the beginning of an operator's name -> the types of keys that it is for; an operator for text takes every type
_FOR = {"Numeric": {"Numeric"}, "Date": {"Date"}, "Bool": {"Bool"}, "IpAddress": {"IPAddress"}, "NotIp": {"IPAddress"}}


def check(source: grammar.Source, kind: PolicyKind) -> tuple[Finding, ...]:
    """Everything found in the document as a policy of this kind, errors first.

    A document that breaks the grammar, or is far too long, has that one finding: fix it before the rest.

    >>> wide = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}
    >>> print(*check(wide, PolicyKind.IDENTITY))
    security warning at Statement[0].Action: `iam:PassRole` on every resource lets its holder give any role of the
    account to a service
    """
    try:
        document = grammar.document(source)
        grammar.check(document, kind)
    except PolicyError as error:
        return (_error("GRAMMAR", error.path, error.message),)
    found = [*_document(document, kind)]
    if any(each.code == "TOO_LONG" for each in found):
        return tuple(found)
    statements = list(grammar.statements(document))
    within = _covered(statements, _within)
    found += (_suggestion("REDUNDANT_STATEMENT", path, f"is covered by {other}") for path, other in within)
    for path, statement in statements:
        found += chain.from_iterable(each(statement, path, kind) for each in _CHECKS)
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def _document(document: Mapping[str, Any], kind: PolicyKind) -> Iterator[Finding]:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    most, of = _MOST[kind]
    if len(text) > most:
        yield _error("TOO_LONG", "", f"{len(text):,} characters; {most:,} is the most for {of}")
    if "Version" not in document:
        yield _warning("MISSING_VERSION", "Version", "is missing, and then 2008-10-17 counts; write 2012-10-17")
    if document.get("Version") != grammar.VERSIONS[0] and "${" in text:
        yield _warning("VARIABLES_NEED_2012", "Version", "`${…}` is a variable only with Version 2012-10-17")


def _texts(statement: Mapping[str, Any], element: str, path: str) -> list[tuple[str, str]]:
    return list(grammar.items(statement[element], f"{path}.{element}", ())) if element in statement else []


def _actions(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    """Actions that there are not."""
    for place, name in _texts(statement, "Action", path) + _texts(statement, "NotAction", path):
        service, _, action = name.lower().partition(":")
        known = catalog.actions(service)
        if name == "*" or any(_expanded(name)):
            continue
        if known and not catalog.is_partial(service):
            near = get_close_matches(action, known, 1, 0.6)
            hint = f"; did you mean `{service}:{known[near[0]].name}`?" if near else ""
            yield _error("UNKNOWN_ACTION", place, f"`{name}` is no action of {service}{hint}")
        elif not known and (near := get_close_matches(service, catalog.services(), 1, 0.75)):
            message = f"`{service}` is no service that the catalogue knows; did you mean `{near[0]}`?"
            yield _warning("UNKNOWN_SERVICE", place, message)


def _expanded(name: str) -> Iterator[catalog.Action]:
    """The actions of the catalogue that a pattern stands for."""
    service, _, rest = name.lower().partition(":")
    matches = compile_pattern(rest)
    return (action for lower, action in catalog.actions(service).items() if matches(lower))


def _resources(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    """Actions and resources that never meet."""
    patterns = [text for _, text in _texts(statement, "Resource", path)]
    if not patterns or "*" in patterns:
        return
    for place, name in _texts(statement, "Action", path):
        actions = list(_expanded(name))
        wanted = {catalog.resource_type(each.service, type) for each in actions for type in each.resource_types}
        if not actions or any(meet(pattern, template) for pattern, template in product(patterns, wanted)):
            continue
        why = f"works on {' or '.join(sorted(wanted))}, which no Resource here covers"
        if not wanted:
            why = 'takes no resource and is granted on `"*"` only'
        yield _error("ACTION_AND_RESOURCE_NEVER_MEET", place, f"`{name}` {why}")


def _conditions(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    """Keys that there are not, that the actions do not have, or that the operator is not for."""
    actions = [action for _, name in _texts(statement, "Action", path) for action in _expanded(name)]
    tests = [(name, *test) for name, keys in statement.get("Condition", {}).items() for test in keys.items()]
    for operator, key, values in tests:
        place = f"{path}.Condition.{operator}.{key}"
        service = key.partition(":")[0].lower()
        if catalog.condition_key_type(key) is None and service in ("aws", *catalog.services()):
            spelled = {name.lower(): name for name in catalog.condition_keys()}
            near = get_close_matches(key.lower(), spelled, 1, 0.75)
            hint = f"; did you mean `{spelled[near[0]]}`?" if near else ""
            yield _error("UNKNOWN_CONDITION_KEY", place, f"`{key}` is no condition key{hint}")
        elif service != "aws" and actions and not any(catalog.is_key(key, each.condition_keys) for each in actions):
            names = ", ".join(sorted({f"{each.service}:{each.name}" for each in actions})[:3])
            message = f"`{key}` is never sent with {names}: a condition on it tests a key that is absent"
            yield _error("KEY_NOT_OF_THE_ACTION", place, message)
        yield from (_warning(code, place, text) for code, text in misuse_of(operator, key, as_list(values)))


def misuse_of(operator: str, key: str, values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """How an operator is not meant for a key of its documented type, as code and message."""
    type = catalog.condition_key_type(key)
    if type is None:
        return
    quantifier, plain, _ = split_operator(operator)
    several = type.startswith("ArrayOf")
    if several and not quantifier and plain != "Null":
        message = f"`{key}` may have several values: put ForAllValues or ForAnyValue before {plain}"
        yield "KEY_HAS_SEVERAL_VALUES", message
    if quantifier and not several:
        lenient = ", and lets a request without the key pass" if quantifier == "ForAllValues" else ""
        yield "KEY_HAS_ONE_VALUE", f"`{key}` has one value: {quantifier} is for keys with several{lenient}"
    for start, types in _FOR.items():
        if plain.startswith(start) and type.removeprefix("ArrayOf") not in types:
            yield "OPERATOR_NOT_FOR_KEY", f"`{key}` is of type {type}, and {plain} is for {', '.join(types)}"
    if plain in ("StringEquals", "StringNotEquals") and any("*" in str(v).replace("${*}", "") for v in values):
        like = plain.replace("Equals", "Like")
        yield "WILDCARD_TAKEN_LITERALLY", f"{plain} takes `*` literally; {like} knows wildcards"


def _pass_role(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    if statement["Effect"] != "Allow" or "*" not in as_list(statement.get("Resource")):
        return
    for place, name in _texts(statement, "Action", path):
        if compile_pattern(name.lower())("iam:passrole"):
            message = f"`{name}` on every resource lets its holder give any role of the account to a service"
            yield _security_warning("PASS_ROLE_ON_EVERYTHING", place, message)


def _principals(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    if statement["Effect"] != "Allow":
        return
    if "NotPrincipal" in statement:
        message = "an Allow with NotPrincipal lets everybody else in, strangers included"
        yield _security_warning("ALLOW_WITH_NOT_PRINCIPAL", f"{path}.NotPrincipal", message)
    named = statement.get("Principal")
    everybody = named == "*" or (isinstance(named, Mapping) and "*" in as_list(named.get("AWS")))
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST) and not keys and everybody:
        message = "everybody, in every account and without one, is let in; name principals or add a condition"
        yield _security_warning("PUBLIC", f"{path}.Principal", message)
    if kind is PolicyKind.RESOURCE and isinstance(named, Mapping) and "Service" in named and not keys & _SOURCE_KEYS:
        message = "the service is let in for whomever it acts; ask for aws:SourceArn or aws:SourceAccount"
        yield _security_warning("SERVICE_WITHOUT_SOURCE", f"{path}.Principal.Service", message)


def _repeated(statement: Mapping[str, Any], path: str, kind: PolicyKind) -> Iterator[Finding]:
    """Items of a list that another item of it covers."""
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        items = [(place, _folded(element, text)) for place, text in _texts(statement, element, path)]
        for place, other in _covered(items, _narrower):
            yield _suggestion("REDUNDANT_ITEM", place, f"is covered by {other}")


def _covered(items: Sequence[tuple[str, _T]], within: Callable[[_T, _T], bool]) -> Iterator[tuple[str, str]]:
    """The places of items that lie within another, each with that other's; of two that are alike, the second's."""
    for n, (place, item) in enumerate(items):
        for m, (other, wider) in enumerate(items):
            if n != m and within(item, wider) and not (within(wider, item) and n < m):
                yield place, other
                break


def _within(statement: Mapping[str, Any], wider: Mapping[str, Any]) -> bool:
    alike = ("Effect", "Principal", "NotPrincipal", "NotAction", "NotResource")
    if any(statement.get(element) != wider.get(element) for element in alike):
        return False
    if wider.get("Condition") and wider["Condition"] != statement.get("Condition"):
        return False
    return all(
        any(_narrower(_folded(element, s), _folded(element, w)) for w in as_list(wider.get(element, [])))
        for element in ("Action", "Resource")
        for s in as_list(statement.get(element, []))
    )


def _folded(element: str, text: str) -> str:
    return text.lower() if element.endswith("Action") else text


def _narrower(text: str, wider: str) -> bool:
    """Whether every text that `text` matches as a pattern is matched by `wider` too."""
    matches = compile_pattern(wider)
    return matches(text.replace("*", _WILD).replace("?", "\0")) and matches(text.replace("*", "").replace("?", "\0"))


_CHECKS = (_actions, _resources, _conditions, _pass_role, _principals, _repeated)
