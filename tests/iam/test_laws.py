"""What holds for every request and every set of policies."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from perm_lab.iam import (
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    Reason,
    Verdict,
    apply,
    aws_message,
    evaluate,
    explain,
    what_would_change,
)
from tests.iam.generated import OWN, PEOPLE, policies, requests, sets

LIMITS = {
    "boundary": policies(),
    "session": policies().map(lambda one: (one,)),
    "scps": policies(PolicyKind.SCP).map(lambda one: ((one,),)),
    "rcps": policies(PolicyKind.RCP).map(lambda one: ((one,),)),
    "vpc_endpoint": policies(PolicyKind.RESOURCE),
}


def verdict(request, policies):
    return evaluate(request, policies).verdict


def alone(request, **policies):
    return evaluate(request, PolicySet(**policies)).allowed


@given(requests(), sets())
def test_a_deny_that_applies_wins(request, policies):
    denied = any(evidence.verdict is Verdict.EXPLICIT_DENY for evidence in evaluate(request, policies).evidence)
    assert denied == (verdict(request, policies) is Verdict.EXPLICIT_DENY)


@given(requests(), sets(), policies(effects=("Allow",)))
def test_one_more_allow_never_takes_away(request, policies, more):
    before = verdict(request, policies)
    assert verdict(request, replace(policies, identity=(*policies.identity, more))) <= before


@given(requests(), sets(), policies(effects=("Deny",)))
def test_one_more_deny_never_gives(request, policies, more):
    before = verdict(request, policies)
    assert verdict(request, replace(policies, identity=(*policies.identity, more))) >= before


@given(requests(), sets(), st.data())
def test_a_limit_never_gives(request, policies, data):
    name = data.draw(st.sampled_from(sorted(LIMITS)))
    empty = replace(policies, **{name: () if isinstance(getattr(policies, name), tuple) else None})
    limited = replace(policies, **{name: data.draw(LIMITS[name])})
    assert verdict(request, limited) >= verdict(request, empty)


@given(requests(), sets(), st.randoms(use_true_random=False))
def test_the_order_of_policies_and_statements_does_not_matter(request, policies, chance: random.Random):
    def shuffled(policy):
        statements = list(policy.document["Statement"])
        chance.shuffle(statements)
        return Policy.parse({**policy.document, "Statement": statements}, policy.kind)

    identity = [shuffled(policy) for policy in policies.identity]
    chance.shuffle(identity)
    resource = policies.resource and shuffled(policies.resource)
    again = replace(policies, identity=tuple(identity), resource=resource)
    assert verdict(request, policies) == verdict(request, again)


@given(requests(PEOPLE), policies(effects=("Allow",)), policies(PolicyKind.RESOURCE, effects=("Allow",)))
def test_one_account_takes_the_union_two_accounts_the_intersection(request, identity, resource):
    own = alone(replace(request, resource_account=request.principal.account), identity=(identity,))
    both = evaluate(request, PolicySet((identity,), resource)).allowed
    granted = evaluate(request, PolicySet(resource=resource)).evidence[0].verdict is Verdict.ALLOW
    if request.principal.account == OWN:
        assert own <= both <= (own or granted)  # a grant to the account itself is none to the caller
    else:
        assert both == (own and granted)


@given(requests(), sets())
def test_the_evidence_agrees_with_the_verdict(request, policies):
    decision = evaluate(request, policies)
    says = {Verdict.ALLOW: "Allow", Verdict.EXPLICIT_DENY: "Deny"}
    found = {(id(e.policy), s.index): s for e in decision.evidence for s in e.statements if s.applies}
    for policy, index in decision.deciding:
        assert found[id(policy), index].effect == says[decision.verdict]
    assert bool(decision.deciding) == (decision.reason not in (Reason.NO_ALLOW, Reason.ALLOWED_TO_ROOT)) or (
        decision.reason is Reason.ALLOWED_BY_BOTH
    )


@given(requests(), sets())
def test_every_decision_has_words(request, policies):
    decision = evaluate(request, policies)
    assert decision.allowed == (aws_message(decision) == "")
    assert explain(decision).startswith(f"{decision.verdict.sign} {decision.verdict.word}: ")
    assert decision == evaluate(request, policies)


@given(requests(), sets())
def test_what_would_change_the_verdict_does(request, policies):
    decision = evaluate(request, policies)
    changes = what_would_change(decision)
    assert changes
    assert decision.allowed != evaluate(request, apply(policies, *changes)).allowed
    for change in changes:
        assert str(change) in explain(decision)


@given(requests(), sets())
def test_printing_and_parsing_change_nothing(request, policies):
    def again(policy):
        return Policy.parse(policy.to_json(), policy.kind, name=policy.name, arn=policy.arn)

    assert policies.identity == tuple(map(again, policies.identity))
    reread = replace(policies, identity=tuple(map(again, policies.identity)))
    assert verdict(request, policies) == verdict(request, reread)


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_a_clear_error(text):
    try:
        Policy.parse(text)
    except ValueError as error:
        assert str(error)


@given(st.sampled_from([*PEOPLE, Principal.aws_service("s3.amazonaws.com")]))
def test_a_principal_reads_as_it_is_written(principal):
    assert principal == Principal.parse(principal.arn or principal.service)
