"""The second, tracing pass: each policy, each statement, each element, whether it matched and if not why.

It runs the same compiled pieces as the decision, and all of them, where the decision stops at the first that
settles it.
"""

from __future__ import annotations

from collections.abc import Iterator

from perm_lab.iam.decision import ElementEvidence, PolicyEvidence, PolicySet, StatementEvidence
from perm_lab.iam.evaluate import layers
from perm_lab.iam.policy import Policy
from perm_lab.iam.request import Request
from perm_lab.iam.statement import Statement, as_list
from perm_lab.iam.variables import Context
from perm_lab.iam.vocabulary import MatchCode, PolicyType


def gather(request: Request, policies: PolicySet) -> tuple[PolicyEvidence, ...]:
    """The evidence of every policy that has a say in the request, in AWS's order."""
    context = request.keys()
    bounded = policies.boundary is not None
    return tuple(_of_policy(request, context, bounded, *layer) for layer in layers(request, policies))


def _of_policy(
    request: Request, context: Context, bounded: bool, type: PolicyType, level: int | None, policy: Policy
) -> PolicyEvidence:
    statements = (
        StatementEvidence(s.index, s.sid, s.effect, tuple(_elements(s, request, context, bounded)))
        for s in policy.statements
    )
    return PolicyEvidence(policy, type, tuple(statements), level)


def _elements(statement: Statement, request: Request, context: Context, bounded: bool) -> Iterator[ElementEvidence]:
    written = statement.written
    if statement.principal is not None:
        element = "NotPrincipal" if statement.negates_principal else "Principal"
        code = _code(statement.naming(request.principal, bounded) is not None, statement.negates_principal)
        asked = request.principal.service or request.principal.arn or "anonymous"
        yield ElementEvidence(element, code, _shown(written[element]), asked)
    element = "NotAction" if statement.negates_action else "Action"
    code = _code(statement.names_action(request.action.lower()), statement.negates_action)
    yield ElementEvidence(element, code, _shown(written[element]), request.action)
    if statement.resource is not None:
        element = "NotResource" if "NotResource" in written else "Resource"
        code = statement.resource(request.resource, context)
        yield ElementEvidence(element, code, _shown(written[element]), request.resource)
    for condition in statement.conditions:
        values = context.get(condition.key.lower(), ())
        yield ElementEvidence(
            "Condition",
            condition.test(context),
            f"{condition.operator} {condition.key} = {', '.join(condition.values)}",
            f"{condition.key} = {', '.join(values)}" if values else f"no {condition.key}",
            condition.operator,
            condition.key,
        )


def _code(matched: bool, negated: bool) -> MatchCode:
    if matched:
        return MatchCode.MATCH
    return MatchCode.EXCLUDED if negated else MatchCode.NOT_NAMED


def _shown(written: object) -> str:
    """An element as one line."""
    if isinstance(written, dict):
        return "; ".join(f"{key}: {_shown(value)}" for key, value in written.items())
    return ", ".join(map(str, as_list(written)))
