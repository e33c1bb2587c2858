"""The policy grammar: what AWS accepts in each kind of policy document.

Follows "Grammar of the IAM JSON policy language" and the pages of each element (IAM user guide).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from perm_lab.iam.arn import Arn
from perm_lab.iam.conditions import IF_EXISTS, SET_OPERATORS, compile_condition, split_operator
from perm_lab.iam.errors import ABSENT, PolicyError
from perm_lab.iam.operators import OPERATORS
from perm_lab.iam.vocabulary import PolicyKind

Source = str | bytes | Mapping[str, Any]
"""A policy document: JSON text, or what it stands for."""
VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPALS, _ACTIONS, _RESOURCES = ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")
_ELEMENTS = ("Sid", "Effect", *_PRINCIPALS, *_ACTIONS, *_RESOURCES, "Condition")
_PRINCIPAL_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")
_EFFECTS = ("Allow", "Deny")
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
_SERVICE_LEGAL = ("a service principal such as `lambda.amazonaws.com`",)
_TRUST_LEGAL = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession")
_OPERATOR_LEGAL = (
    *OPERATORS,
    f"each but Null with `{IF_EXISTS}` after it",
    *(f"`{each}:` before it" for each in SET_OPERATORS),
)

# kind -> (elements of which a statement has exactly one, elements that it must not have)
_SHAPES: dict[PolicyKind, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]] = {
    PolicyKind.IDENTITY: ((_ACTIONS, _RESOURCES), _PRINCIPALS),
    PolicyKind.SCP: ((_ACTIONS, _RESOURCES), _PRINCIPALS),
    PolicyKind.RESOURCE: ((_PRINCIPALS, _ACTIONS, _RESOURCES), ()),
    PolicyKind.RCP: ((("Principal",), _ACTIONS, _RESOURCES), ("NotPrincipal",)),
    PolicyKind.TRUST: ((_PRINCIPALS, _ACTIONS), _RESOURCES),
}


def document(source: Source) -> dict[str, Any]:
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
    _require(isinstance(found, dict), "", found, "is not a policy", ("a JSON object",))
    return dict(found)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        _require(key not in found, key, key, "stands twice in one object", ("each key once",))
        found[key] = value
    return found


def _require(met: object, path: str, found: object, problem: str, legal: tuple[str, ...] = ()) -> None:
    if not met:
        raise PolicyError(path, found, problem, legal)


def check(policy: Mapping[str, Any], kind: PolicyKind) -> None:
    """Raise `PolicyError` for the first place where `policy` breaks the grammar of its kind.

    >>> check({"Statement": {"Effect": "Allow", "Action": "s3:GetObject"}}, PolicyKind.IDENTITY)
    Traceback (most recent call last):
    ...
    perm_lab.iam.errors.PolicyError: Statement[0].Resource: is missing in a statement of an identity-based policy;
    legal: Resource, NotResource
    """
    _keys(policy, ("Version", "Id", "Statement"), "")
    version, id = policy.get("Version", VERSIONS[1]), policy.get("Id", "")
    _require(version in VERSIONS, "Version", version, "is no version of the policy language", VERSIONS)
    _require(isinstance(id, str), "Id", id, "is no id", ("a string",))
    _require("Statement" in policy, "Statement", ABSENT, "is missing", ("a statement", "a list of statements"))
    sids: set[str] = set()
    for path, statement in statements(policy):
        _check_statement(statement, kind, path, version == VERSIONS[0])
        if sid := statement.get("Sid"):
            _require(sid not in sids, f"{path}.Sid", sid, "names another statement already", ("a Sid of its own",))
            sids.add(sid)


def statements(policy: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each statement with its path: `Statement[0]`, and so on, for a single one as well. Raises `PolicyError`."""
    found = policy["Statement"]
    listed = found if isinstance(found, list) else [found]
    _require(listed, "Statement", found, "is empty", ("at least one statement",))
    for n, statement in enumerate(listed):
        path = f"Statement[{n}]"
        _require(isinstance(statement, Mapping), path, statement, "is not a statement", ("a JSON object",))
        yield path, statement


def items(value: Any, path: str, legal: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each string of `value`, a string or a list of strings, with its path. Raises `PolicyError` for all else.

    >>> list(items(["s3:GetObject", "s3:PutObject"], "Statement[0].Action", ()))
    [('Statement[0].Action[0]', 's3:GetObject'), ('Statement[0].Action[1]', 's3:PutObject')]
    """
    if isinstance(value, str):
        yield path, value
        return
    _require(isinstance(value, list) and value, path, value, "is neither a string nor a list of strings", legal)
    for n, item in enumerate(value):
        _require(isinstance(item, str), f"{path}[{n}]", item, "is not a string", legal)
        yield f"{path}[{n}]", item


def _keys(found: Mapping[str, Any], legal: tuple[str, ...], path: str) -> None:
    for key in found:
        _require(key in legal, f"{path}.{key}".strip("."), key, "is not an element that may stand here", legal)


def _check_statement(statement: Mapping[str, Any], kind: PolicyKind, path: str, variables: bool) -> None:
    _keys(statement, _ELEMENTS, path)
    needed, forbidden = _SHAPES[kind]
    here = f"in a statement of {'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"
    for element in forbidden:
        _require(element not in statement, f"{path}.{element}", element, f"may not stand {here}")
    for choice in needed:
        first, last = choice[0], choice[-1]
        present = [element for element in choice if element in statement]
        _require(present, f"{path}.{first}", ABSENT, f"is missing {here}", choice)
        one = (f"one of {' and '.join(choice)}",)
        _require(len(present) == 1, f"{path}.{last}", last, f"stands beside {first}", one)
    effect = statement.get("Effect", ABSENT)
    problem = "is missing" if effect is ABSENT else "is not an effect"
    _require(effect in _EFFECTS, f"{path}.Effect", effect, problem, _EFFECTS)
    for element, check_element in _CHECKS.items():
        if element in statement:
            check_element(statement[element], f"{path}.{element}", kind)
    _check_condition(statement.get("Condition", {}), f"{path}.Condition", variables)


def _check_sid(value: Any, path: str, kind: PolicyKind) -> None:
    _require(isinstance(value, str), path, value, "is no statement id", ("a string",))
    if kind in (PolicyKind.IDENTITY, PolicyKind.SCP):
        _require(_SID.fullmatch(value), path, value, "is no statement id", ("letters and digits",))


def _check_actions(value: Any, path: str, kind: PolicyKind) -> None:
    for place, action in items(value, path, _ACTION_LEGAL):
        _require(action == "*" or _ACTION.fullmatch(action), place, action, "is not an action", _ACTION_LEGAL)
        if kind is PolicyKind.TRUST:
            problem = "is not an action of STS, and a trust policy grants no other"
            _require(action.lower().startswith("sts:"), place, action, problem, _TRUST_LEGAL)


def _check_resources(value: Any, path: str, kind: PolicyKind) -> None:
    for place, resource in items(value, path, _RESOURCE_LEGAL):
        _require(resource == "*" or Arn.maybe(resource), place, resource, "is not a resource", _RESOURCE_LEGAL)


def _check_principal(value: Any, path: str, kind: PolicyKind) -> None:
    if value == "*":
        return
    legal = ('`"*"`', *(f'`{{"{key}": …}}`' for key in _PRINCIPAL_KEYS))
    _require(isinstance(value, Mapping) and value, path, value, "names no principal", legal)
    _keys(value, _PRINCIPAL_KEYS, path)
    for key, found in value.items():
        for place, name in items(found, f"{path}.{key}", ("a string", "a list of strings")):
            if key == "AWS":
                _require(_AWS_PRINCIPAL.fullmatch(name), place, name, "names no AWS principal", _PRINCIPAL_LEGAL)
            if key == "Service":
                _require(_SERVICE.fullmatch(name), place, name, "names no service", _SERVICE_LEGAL)


_CHECKS: dict[str, Callable[[Any, str, PolicyKind], None]] = {
    "Sid": _check_sid,
    **dict.fromkeys(_PRINCIPALS, _check_principal),
    **dict.fromkeys(_ACTIONS, _check_actions),
    **dict.fromkeys(_RESOURCES, _check_resources),
}


def _check_condition(value: Any, path: str, variables: bool) -> None:
    _require(isinstance(value, Mapping), path, value, "is not a condition", ('`{"Operator": {"key": value}}`',))
    for name, keys in value.items():
        _require(isinstance(name, str), path, name, "is not a string", ("a condition operator",))
        place = f"{path}.{name}"
        quantifier, plain, if_exists = split_operator(name)
        known = plain in OPERATORS and quantifier in ("", *SET_OPERATORS)
        bare = not quantifier and not if_exists
        _require(known and (plain != "Null" or bare), place, name, "is not a condition operator", _OPERATOR_LEGAL)
        _require(isinstance(keys, Mapping) and keys, place, keys, "has no condition key", ('`{"key": value}`',))
        for key, values in keys.items():
            _require(isinstance(key, str), place, key, "is not a string", ("a condition key",))
            _check_values(name, key, values, f"{place}.{key}", variables)


def _check_values(name: str, key: str, values: Any, path: str, variables: bool) -> None:
    legal = (OPERATORS[split_operator(name)[1]].legal,)
    places = {f"{path}[{n}]": each for n, each in enumerate(values)} if isinstance(values, list) else {path: values}
    for place, value in places.items():
        _require(isinstance(value, str | int | float | bool), place, value, "is not a value to compare with", legal)
        try:
            compile_condition(name, key, (text(value),), variables)
        except ValueError:
            raise PolicyError(place, value, f"is not what {name} compares with", legal) from None


def text(value: Any) -> str:
    """A condition value as the string that AWS compares: `true` for True, digits for a number.

    >>> text(True), text(300)
    ('true', '300')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)
