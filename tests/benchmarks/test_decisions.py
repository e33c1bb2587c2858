"""Decisions in a second: the engine on a thousand mixed requests, beside a few lines of `fnmatch`.

Every round has requests of its own; making them is not timed, but in the figure that says so.
"""

from collections import Counter
from fnmatch import fnmatchcase
from itertools import count

import pytest

from perm_lab.iam import Verdict, evaluate
from tests.benchmarks.workload import World

ROUNDS, WARM = 25, 2
EACH = 1_000


@pytest.fixture
def fresh_rounds(benchmark, notes):
    """Time `work` on the requests of one seed after the other; the cases and the answers of the last round."""

    def run(key, world, prepare, work):
        seeds, last = count(), []

        def draw():
            last[:] = world.cases(next(seeds), EACH)
            return ([prepare(case) for case in last],), {}

        answers = benchmark.pedantic(work, setup=draw, rounds=ROUNDS, warmup_rounds=WARM)
        notes.rate(key, EACH)
        return last, answers

    return run


def ready(case):
    return case.request, case.policies


def verdicts(pairs):
    return [evaluate(request, policies).verdict for request, policies in pairs]


def verdicts_of_new_requests(cases):
    return [evaluate(case.request, case.policies).verdict for case in cases]


def evidence(pairs):
    """The evidence of the last; of the others too, but nobody keeps it."""
    for request, policies in pairs:
        found = evaluate(request, policies).evidence
    return found


@pytest.mark.parametrize("statements", [5, 10, 100, 1000])
def test_bare_verdicts(fresh_rounds, statements):
    cases, answers = fresh_rounds(str(statements), World(statements), ready, verdicts)
    assert {(statements, 3)} == {sizes(case.policies) for case in cases}
    assert_mixed(cases)
    assert [case.expected for case in cases] == answers


def sizes(policies):
    return len(policies.identity[0].statements), len(policies.resource.statements)


def assert_mixed(cases):
    """About half is allowed, some requests of each kind of caller and some not; denials are of both sorts."""
    counts = Counter(case.expected for case in cases)
    assert set(Verdict) == set(counts)
    assert 0.45 <= counts[Verdict.ALLOW] / len(cases) <= 0.55
    kinds = {(case.kind, case.expected is Verdict.ALLOW) for case in cases}
    assert {(kind, allowed) for kind, _ in kinds for allowed in (True, False)} == kinds


def test_requests_made_anew(fresh_rounds):
    cases, answers = fresh_rounds("made", World(), lambda case: case, verdicts_of_new_requests)
    assert [case.expected for case in cases] == answers


def test_with_evidence(fresh_rounds):
    cases, last = fresh_rounds("evidence", World(), ready, evidence)
    assert evaluate(*ready(cases[-1])).evidence == last
    assert [] == [case for case in cases if not accounts_for(evaluate(*ready(case)).evidence, case.expected)]


def accounts_for(found, verdict):
    """Whether the verdict can follow from the evidence."""
    said = {policy.verdict for policy in found}
    if verdict is Verdict.IMPLICIT_DENY:
        return Verdict.EXPLICIT_DENY not in said and Verdict.IMPLICIT_DENY in said
    return verdict in said


def test_beside_a_few_lines_of_fnmatch(fresh_rounds):
    cases, answers = fresh_rounds("fnmatch", World(), written, fnmatch_allows_each)
    # Wildcards alone must allow it, too: none of the statements denies what is allowed on the function.
    allowed = [case.expected is Verdict.ALLOW and case.asked[1].startswith("lambda:") for case in cases]
    assert any(allowed)
    assert all(answer for answer, must in zip(answers, allowed, strict=True) if must)


def written(case):
    """Action and resource, and the statements as (whether it denies, actions, resources)."""
    policies = [*case.policies.identity, case.policies.resource]
    found = [statement.written for policy in policies for statement in policy.statements]
    plain = [(each["Effect"] == "Deny", as_list(each["Action"]), as_list(each["Resource"])) for each in found]
    return case.asked[1], case.asked[2], plain


def as_list(value):
    return value if isinstance(value, list) else [value]


def fnmatch_allows_each(requests):
    return [fnmatch_allows(*request) for request in requests]


def fnmatch_allows(action, resource, statements):
    allowed = False
    for denies, actions, resources in statements:
        if any(fnmatchcase(action, each) for each in actions) and any(
            fnmatchcase(resource, each) for each in resources
        ):
            if denies:
                return False
            allowed = True
    return allowed
