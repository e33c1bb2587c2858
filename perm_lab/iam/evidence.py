"""The second, tracing pass: each policy, each statement, each element, whether it matched and if not why.

It runs the same compiled pieces as the decision, and all of them, where the decision stops at the first that
settles it.
"""

from __future__ import annotations

from perm_lab.iam.decision import ElementEvidence, PolicyEvidence, PolicySet, StatementEvidence
from perm_lab.iam.evaluate import layers
from perm_lab.iam.request import Request
from perm_lab.iam.statement import REMEMBERED_ACTIONS, Statement
from perm_lab.iam.vocabulary import MatchCode

MATCH, NOT_NAMED, EXCLUDED = MatchCode.MATCH, MatchCode.NOT_NAMED, MatchCode.EXCLUDED
_new = tuple.__new__  # a named tuple from its values at a third of the cost of calling its class


def gather(request: Request, policies: PolicySet) -> tuple[PolicyEvidence, ...]:
    """The evidence of every policy that has a say in the request, in AWS's order."""
    bounded = policies.boundary is not None
    return tuple(
        [
            PolicyEvidence(policy, type, tuple([_of_statement(s, request, bounded) for s in policy.statements]), level)
            for type, level, layer in layers(request, policies)
            for policy in layer
        ]
    )


def _of_statement(statement: Statement, request: Request, bounded: bool) -> StatementEvidence:
    action, resource, keys = request.action, request.resource, request.keys
    elements = [_principal(statement, request, bounded)] if statement.principal else []
    elements.append(statement.action_evidence.get(action) or _action(statement, action))
    if statement.resource:
        name, text = statement.says_resource
        elements.append(_new(ElementEvidence, (name, text, statement.resource(resource, keys), resource, None)))
    for each in statement.conditions:
        row = ("Condition", each.says, each.test(keys), keys.get(each.wanted), each)
        elements.append(_new(ElementEvidence, row))
    return _new(StatementEvidence, (statement.index, statement.sid, statement.effect, tuple(elements)))


def _principal(statement: Statement, request: Request, bounded: bool) -> ElementEvidence:
    who = request.principal
    named = statement.naming(who, bounded) is not None
    code = MATCH if named else EXCLUDED if statement.negates_principal else NOT_NAMED
    name, text = statement.says_principal
    return _new(ElementEvidence, (name, text, code, who.service or who.arn or "anonymous", None))


def _action(statement: Statement, action: str) -> ElementEvidence:
    """Worked out once for each action, as `Policy.about` does, and kept with the statement."""
    code = MATCH if statement.names_action(action.lower()) else EXCLUDED if statement.negates_action else NOT_NAMED
    if len(statement.action_evidence) >= REMEMBERED_ACTIONS:
        statement.action_evidence.clear()
    found = statement.action_evidence[action] = ElementEvidence(*statement.says_action, code, action)
    return found
