"""The second, tracing pass: each policy, each statement, each element, whether it matched and if not why.

It runs the same compiled pieces as the decision, and all of them, where the decision stops at the first that
settles it.
"""

from __future__ import annotations

from functools import lru_cache

from perm_lab.iam.decision import ElementEvidence, PolicyEvidence, PolicySet, StatementEvidence
from perm_lab.iam.evaluate import layers
from perm_lab.iam.request import Request
from perm_lab.iam.statement import Statement
from perm_lab.iam.vocabulary import MatchCode

MATCH, NOT_NAMED, EXCLUDED = MatchCode.MATCH, MatchCode.NOT_NAMED, MatchCode.EXCLUDED
_new = tuple.__new__  # a named tuple from its values at a third of the cost of calling its class


def gather(request: Request, policies: PolicySet) -> tuple[PolicyEvidence, ...]:
    """The evidence of every policy that has a say in the request, in AWS's order."""
    bounded = policies.boundary is not None
    return tuple(
        PolicyEvidence(policy, type, tuple([_of_statement(s, request, bounded) for s in policy.statements]), level)
        for type, level, layer in layers(request, policies)
        for policy in layer
    )


def _of_statement(statement: Statement, request: Request, bounded: bool) -> StatementEvidence:
    keys = request.keys
    elements = [_action(statement, request.action)]
    if statement.principal:
        elements.insert(0, _principal(statement, request, bounded))
    if statement.resource:
        code = statement.resource(request.resource, keys)
        elements.append(_new(ElementEvidence, (*statement.says_resource, code, request.resource, None)))
    for condition in statement.conditions:
        row = ("Condition", condition.says, condition.test(keys), keys.get(condition.wanted), condition)
        elements.append(_new(ElementEvidence, row))
    return _new(StatementEvidence, (statement.index, statement.sid, statement.effect, tuple(elements)))


def _principal(statement: Statement, request: Request, bounded: bool) -> ElementEvidence:
    named = statement.naming(request.principal, bounded) is not None
    code = MATCH if named else EXCLUDED if statement.negates_principal else NOT_NAMED
    asked = request.principal.service or request.principal.arn or "anonymous"
    return _new(ElementEvidence, (*statement.says_principal, code, asked, None))


@lru_cache(maxsize=16384)
def _action(statement: Statement, action: str) -> ElementEvidence:
    named = statement.names_action(action.lower())
    code = MATCH if named else EXCLUDED if statement.negates_action else NOT_NAMED
    return ElementEvidence(*statement.says_action, code, action)
