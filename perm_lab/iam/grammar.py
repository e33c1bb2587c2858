"""The policy grammar: what AWS accepts in each kind of policy document.

Follows "Grammar of the IAM JSON policy language" and the pages of each element (IAM user guide).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from perm_lab.iam.conditions import IF_EXISTS, SET_OPERATORS, compile_condition, split_operator
from perm_lab.iam.errors import ABSENT, PolicyError
from perm_lab.iam.operators import OPERATORS
from perm_lab.iam.vocabulary import PolicyKind

VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPAL_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACTION = re.compile(r"[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
_AWS_PRINCIPAL = re.compile(
    r"\*|\d{12}|A(IDA|ROA|GPA|IPA|NPA|NVA|SIA)[A-Z0-9]{12,}"
    r"|arn:[a-z-]+:iam::\d{12}:(root|(user|role)/[^*?]+)"
    r"|arn:[a-z-]+:sts::\d{12}:(assumed-role/[^*?/]+/[^*?]+|federated-user/[^*?]+)"
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com)")
_SID = re.compile(r"[a-zA-Z0-9]*")
_ACTION_LEGAL = ("`service:Action` such as `lambda:InvokeFunction`, with `*` and `?` in the action's name", "`*`")
_RESOURCE_LEGAL = ("an ARN (arn:partition:service:region:account:resource, with `*` and `?`)", "`*`")
_PRINCIPAL_LEGAL = (
    "`*`",
    "a 12-digit account id",
    "the ARN of an account root, user, role, role session or federated user, without wildcards",
)

# kind -> (elements of which a statement has exactly one, elements that it must not have)
_SHAPES: dict[PolicyKind, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]] = {
    PolicyKind.IDENTITY: ((("Action", "NotAction"), ("Resource", "NotResource")), ("Principal", "NotPrincipal")),
    PolicyKind.SCP: ((("Action", "NotAction"), ("Resource", "NotResource")), ("Principal", "NotPrincipal")),
    PolicyKind.RESOURCE: (
        (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")),
        (),
    ),
    PolicyKind.RCP: (
        (("Principal",), ("Action", "NotAction"), ("Resource", "NotResource")),
        ("NotPrincipal",),
    ),
    PolicyKind.TRUST: ((("Principal", "NotPrincipal"), ("Action", "NotAction")), ("Resource", "NotResource")),
}


def document(source: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    """The policy document in `source`. Raises `PolicyError` for text that is not JSON or repeats a key.

    >>> document('{"Effect": "Allow", "Effect": "Deny"}')
    Traceback (most recent call last):
    ...
    perm_lab.iam.errors.PolicyError: Effect: `Effect` stands twice in one object; legal: each key once
    """
    if isinstance(source, Mapping):
        return dict(source)
    try:
        found = json.loads(source, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        rest = error.doc[error.pos : error.pos + 20] or ABSENT
        problem = "the text ends here" if rest is ABSENT else "is not JSON here"
        raise PolicyError(where, rest, f"{problem} ({error.msg.lower()})") from None
    except UnicodeDecodeError as error:
        raise PolicyError("", source, f"is not text ({error.reason})", ("JSON in UTF-8",)) from None
    except RecursionError:
        raise PolicyError("", str(source)[:20], "is nested too deeply for a policy") from None
    if not isinstance(found, dict):
        raise PolicyError("", found, "is not a policy", ("a JSON object",))
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise PolicyError(key, key, "stands twice in one object", ("each key once",))
        found[key] = value
    return found


def check(policy: Mapping[str, Any], kind: PolicyKind) -> None:
    """Raise `PolicyError` for the first place where `policy` breaks the grammar of its kind.

    >>> check({"Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}, PolicyKind.IDENTITY)
    Traceback (most recent call last):
    ...
    perm_lab.iam.errors.PolicyError: Statement[0].Resource: is missing in a statement of an identity-based policy;
    legal: Resource, NotResource
    """
    _keys(policy, ("Version", "Id", "Statement"), "")
    if "Version" in policy and policy["Version"] not in VERSIONS:
        raise PolicyError("Version", policy["Version"], "is no version of the policy language", VERSIONS)
    if "Id" in policy and not isinstance(policy["Id"], str):
        raise PolicyError("Id", policy["Id"], "is no id", ("a string",))
    if "Statement" not in policy:
        raise PolicyError("Statement", ABSENT, "is missing", ("a statement", "a list of statements"))
    sids: set[str] = set()
    for path, statement in statements(policy):
        _check_statement(statement, kind, path, policy.get("Version") == VERSIONS[0])
        if sid := statement.get("Sid"):
            if sid in sids:
                raise PolicyError(f"{path}.Sid", sid, "names another statement already", ("a Sid of its own",))
            sids.add(sid)


def statements(policy: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each statement with its path: `Statement[0]`, and so on, for a single one as well. Raises `PolicyError`."""
    found = policy["Statement"]
    listed = found if isinstance(found, list) else [found]
    if not listed:
        raise PolicyError("Statement", found, "is empty", ("at least one statement",))
    for n, statement in enumerate(listed):
        path = f"Statement[{n}]"
        if not isinstance(statement, Mapping):
            raise PolicyError(path, statement, "is not a statement", ("a JSON object",))
        yield path, statement


def items(value: Any, path: str, legal: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each string of `value`, a string or a list of strings, with its path. Raises `PolicyError` for all else.

    >>> list(items(["s3:GetObject", "s3:PutObject"], "Statement[0].Action", ()))
    [('Statement[0].Action[0]', 's3:GetObject'), ('Statement[0].Action[1]', 's3:PutObject')]
    """
    if isinstance(value, str):
        yield path, value
        return
    if not isinstance(value, list) or not value:
        raise PolicyError(path, value, "is neither a string nor a list of strings", legal)
    for n, item in enumerate(value):
        if not isinstance(item, str):
            raise PolicyError(f"{path}[{n}]", item, "is not a string", legal)
        yield f"{path}[{n}]", item


def _keys(found: Mapping[str, Any], legal: tuple[str, ...], path: str) -> None:
    for key in found:
        if key not in legal:
            raise PolicyError(f"{path}.{key}".strip("."), key, "is not an element that may stand here", legal)


def _check_statement(statement: Mapping[str, Any], kind: PolicyKind, path: str, variables: bool) -> None:
    _keys(statement, _ELEMENTS, path)
    needed, forbidden = _SHAPES[kind]
    for element in forbidden:
        if element in statement:
            raise PolicyError(f"{path}.{element}", element, f"may not stand in a statement of {_article(kind)}")
    for pair in needed:
        present = [element for element in pair if element in statement]
        if not present:
            raise PolicyError(f"{path}.{pair[0]}", ABSENT, f"is missing in a statement of {_article(kind)}", pair)
        if len(present) == 2:
            raise PolicyError(
                f"{path}.{pair[1]}", pair[1], f"stands beside {pair[0]}", (f"one of {' and '.join(pair)}",)
            )
    if "Effect" not in statement:
        raise PolicyError(f"{path}.Effect", ABSENT, "is missing", ("Allow", "Deny"))
    if statement["Effect"] not in ("Allow", "Deny"):
        raise PolicyError(f"{path}.Effect", statement["Effect"], "is not an effect", ("Allow", "Deny"))
    for element, check_element in _CHECKS.items():
        if element in statement:
            check_element(statement[element], f"{path}.{element}", kind)
    _check_condition(statement.get("Condition", {}), f"{path}.Condition", variables)


def _article(kind: PolicyKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"


def _check_sid(value: Any, path: str, kind: PolicyKind) -> None:
    if not isinstance(value, str):
        raise PolicyError(path, value, "is no statement id", ("a string",))
    if kind in (PolicyKind.IDENTITY, PolicyKind.SCP) and not _SID.fullmatch(value):
        raise PolicyError(path, value, "is no statement id", ("letters and digits",))


def _check_actions(value: Any, path: str, kind: PolicyKind) -> None:
    for place, action in items(value, path, _ACTION_LEGAL):
        if action != "*" and not _ACTION.fullmatch(action):
            raise PolicyError(place, action, "is not an action", _ACTION_LEGAL)
        if kind is PolicyKind.TRUST and not action.lower().startswith("sts:"):
            legal = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession")
            raise PolicyError(place, action, "is not an action of STS, and a trust policy grants no other", legal)


def _check_resources(value: Any, path: str, kind: PolicyKind) -> None:
    for place, resource in items(value, path, _RESOURCE_LEGAL):
        if resource != "*" and not (resource.startswith("arn:") and resource.count(":") >= 5):
            raise PolicyError(place, resource, "is not a resource", _RESOURCE_LEGAL)


def _check_principal(value: Any, path: str, kind: PolicyKind) -> None:
    if value == "*":
        return
    if not isinstance(value, Mapping) or not value:
        legal = ('`"*"`', *(f'`{{"{key}": …}}`' for key in _PRINCIPAL_KEYS))
        raise PolicyError(path, value, "names no principal", legal)
    _keys(value, _PRINCIPAL_KEYS, path)
    for key, found in value.items():
        for place, name in items(found, f"{path}.{key}", ("a string", "a list of strings")):
            if key == "AWS" and not _AWS_PRINCIPAL.fullmatch(name):
                raise PolicyError(place, name, "names no AWS principal", _PRINCIPAL_LEGAL)
            if key == "Service" and not _SERVICE.fullmatch(name):
                raise PolicyError(
                    place, name, "names no service", ("a service principal such as `lambda.amazonaws.com`",)
                )


_CHECKS: dict[str, Callable[[Any, str, PolicyKind], None]] = {
    "Sid": _check_sid,
    "Principal": _check_principal,
    "NotPrincipal": _check_principal,
    "Action": _check_actions,
    "NotAction": _check_actions,
    "Resource": _check_resources,
    "NotResource": _check_resources,
}


def _check_condition(value: Any, path: str, variables: bool) -> None:
    if not isinstance(value, Mapping):
        raise PolicyError(path, value, "is not a condition", ('`{"Operator": {"key": value}}`',))
    for name, keys in value.items():
        _check_key(name, path, "a condition operator")
        quantifier, plain, if_exists = split_operator(name)
        if (
            plain not in OPERATORS
            or quantifier not in ("", *SET_OPERATORS)
            or (plain == "Null" and (if_exists or quantifier))
        ):
            legal = (
                *OPERATORS,
                f"each but Null with `{IF_EXISTS}` after it",
                *(f"`{q}:` before it" for q in SET_OPERATORS),
            )
            raise PolicyError(f"{path}.{name}", name, "is not a condition operator", legal)
        if not isinstance(keys, Mapping) or not keys:
            raise PolicyError(f"{path}.{name}", keys, "has no condition key", ('`{"key": value}`',))
        for key, values in keys.items():
            _check_key(key, f"{path}.{name}", "a condition key")
            _check_values(name, key, values, f"{path}.{name}.{key}", variables)


def _check_key(found: Any, path: str, legal: str) -> None:
    if not isinstance(found, str):
        raise PolicyError(path, found, "is not a string", (legal,))


def _check_values(name: str, key: str, values: Any, path: str, variables: bool) -> None:
    legal = OPERATORS[split_operator(name)[1]].legal
    for n, value in enumerate(values if isinstance(values, list) else [values]):
        place = f"{path}[{n}]" if isinstance(values, list) else path
        if not isinstance(value, str | int | float | bool):
            raise PolicyError(place, value, "is not a value to compare with", (legal,))
        try:
            compile_condition(name, key, (text(value),), variables)
        except ValueError:
            raise PolicyError(place, value, f"is not what {name} compares with", (legal,)) from None


def text(value: Any) -> str:
    """A condition value as the string that AWS compares: `true` for True, digits for a number.

    >>> text(True), text(300)
    ('true', '300')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)
