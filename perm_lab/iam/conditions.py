"""A statement's `Condition` element, compiled: each key under each operator is one test of the request's context.

All of them must hold. Follows "IAM JSON policy elements: Condition" and "Single-valued vs. multivalued context keys"
(IAM user guide). Where a key is absent from the request: a positive operator fails, a negated one holds, `…IfExists`
and `ForAllValues` hold, `ForAnyValue` fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from perm_lab.iam.operators import OPERATORS
from perm_lab.iam.pattern import Matcher
from perm_lab.iam.variables import Context, Template, has_variable
from perm_lab.iam.vocabulary import MatchCode

SET_OPERATORS = ("ForAllValues", "ForAnyValue")
IF_EXISTS = "IfExists"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator. `test` says how it compares with a request's context (keys in lower case).

    `wanted` is the key in lower case, `says` the condition on one line.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    test: Callable[[Context], MatchCode]
    wanted: str
    says: str


def split_operator(name: str) -> tuple[str, str, bool]:
    """The set operator (or ""), the plain operator and whether `IfExists` is there.

    >>> split_operator("ForAnyValue:StringLikeIfExists")
    ('ForAnyValue', 'StringLike', True)
    """
    quantifier, _, plain = name.rpartition(":")
    return quantifier, plain.removesuffix(IF_EXISTS), plain.endswith(IF_EXISTS)


def compile_condition(name: str, key: str, values: Sequence[str], variables: bool) -> Condition:
    """The condition, compiled. Raises KeyError for an unknown operator and ValueError for a value it cannot take.

    `variables` says whether the policy's version knows policy variables.

    >>> here = compile_condition("StringEqualsIfExists", "aws:RequestedRegion", ["us-east-1"], True)
    >>> here.says
    'StringEqualsIfExists aws:RequestedRegion = us-east-1'
    >>> here.test({"aws:requestedregion": ("eu-west-1",)}), here.test({})
    (<MatchCode.VALUE_DIFFERS: "the request's value differs">, <MatchCode.MATCH: 'matches'>)
    """
    wanted = key.lower()
    compiled = _test(name, wanted, values, variables)
    return Condition(name, key, tuple(values), compiled, wanted, f"{name} {key} = {', '.join(values)}")


def _test(name: str, key: str, values: Sequence[str], variables: bool) -> Callable[[Context], MatchCode]:
    quantifier, plain, if_exists = split_operator(name)
    row = OPERATORS[plain]
    if plain == "Null":
        return _null(key, [row.compile(value) for value in values])
    static = [row.compile(v) for v in values if not (variables and has_variable(v))]
    templates = [Template(v) for v in values if variables and has_variable(v)]
    holds = _QUANTIFIERS[quantifier](row.negated)
    spared = if_exists or quantifier == "ForAllValues" or (row.negated and not quantifier)
    absent = MatchCode.MATCH if spared else MatchCode.KEY_MISSING

    def test(context: Context) -> MatchCode:
        found = context.get(key)
        if not found:
            return absent
        tests, unknown = static, False
        if templates:
            filled = [row.filled(template, context) for template in templates]
            # a value with a variable that has no value equals nothing
            tests, unknown = static + [each for each in filled if each is not None], None in filled
        if holds(found, tests):
            return MatchCode.MATCH
        return MatchCode.VARIABLE_MISSING if unknown else MatchCode.VALUE_DIFFERS

    return test


def _null(key: str, wanted: Sequence[Matcher]) -> Callable[[Context], MatchCode]:
    def test(context: Context) -> MatchCode:
        absent = not context.get(key)
        if any(matches(str(absent)) for matches in wanted):
            return MatchCode.MATCH
        return MatchCode.KEY_MISSING if absent else MatchCode.VALUE_DIFFERS

    return test


Holds = Callable[[Sequence[str], Sequence[Matcher]], bool]


def _plain(negated: bool) -> Holds:
    def holds(found: Sequence[str], tests: Sequence[Matcher]) -> bool:
        for value in found:
            for test in tests:
                if test(value):
                    return not negated
        return negated

    return holds


def _of_each(combine: Callable[[Iterable[bool]], bool], negated: bool) -> Holds:
    return lambda found, tests: combine(any(test(value) for test in tests) is not negated for value in found)


_QUANTIFIERS: dict[str, Callable[[bool], Holds]] = {
    "": _plain,
    "ForAllValues": partial(_of_each, all),
    "ForAnyValue": partial(_of_each, any),
}
