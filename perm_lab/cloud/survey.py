"""What stands in a lab and what leads to what, as values: the state of every account, for a picture or in words.

Everything is read through public APIs and judged by the engine, and leaves nothing in the trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from perm_lab.cloud.account import Account
from perm_lab.cloud.core.callers import Caller
from perm_lab.cloud.core.records import Trail
from perm_lab.cloud.events.delivery import Source, service_session
from perm_lab.cloud.function_name import FunctionName
from perm_lab.cloud.functions.mappings import asked_on, creation_actions
from perm_lab.cloud.functions.roles import role_caller
from perm_lab.cloud.functions.state import Function
from perm_lab.cloud.functions.store import LAMBDA, LambdaStore
from perm_lab.cloud.gate.actions import Check
from perm_lab.cloud.internals import state
from perm_lab.iam import Arn, Principal, PrincipalType

_INVOKE = "lambda:InvokeFunction"


@dataclass(frozen=True, slots=True)
class Link:
    """What leads from one thing to another. `missing` says which permission lacks where one does; `lit` is whether the
    last run went this way."""

    start: str
    end: str
    label: str
    missing: str = ""
    lit: bool = False

    @property
    def word(self) -> str:
        """The label with its sign: whether the permission is there."""
        return f"✗ {self.label}: no {self.missing}" if self.missing else f"✓ {self.label}"


@dataclass(frozen=True, slots=True)
class Survey:
    """The accounts (id and name), the links between their things, and the things that nothing leads to or from.

    A thing is its ARN, or the name of a service.
    """

    accounts: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    alone: tuple[str, ...] = ()

    @property
    def things(self) -> tuple[str, ...]:
        """Everything that a link or the list of the lonely names, each once."""
        ends = (end for link in self.links for end in (link.start, link.end))
        return tuple(dict.fromkeys([*ends, *self.alone]))


def survey(lambdas: LambdaStore, accounts: Mapping[str, Account]) -> Survey:
    """What runs as which role in these accounts, who may call what, what sends or is polled, and what that lacks."""
    lit = _lit(lambdas.core.trail)
    found: dict[tuple[str, str, str], Link] = {}
    for link in _links(lambdas, accounts):
        way = (_whole(link.start), _whole(link.end))
        found[link.start, link.end, link.label] = replace(link, lit=way in lit)
    linked = {end for link in found.values() for end in (link.start, link.end)}
    alone = [function.name.arn for function in lambdas.functions.values() if function.name.arn not in linked]
    named = tuple((account.id, account.name) for account in accounts.values())
    return Survey(named, tuple(found.values()), tuple(alone))


def _links(lambdas: LambdaStore, accounts: Mapping[str, Account]) -> Iterator[Link]:
    for function in lambdas.functions.values():
        role = function.latest.role
        trusted = lambdas.core.decide(LAMBDA, lambdas.assume_check(role, function.name)).allowed
        yield Link(function.name.arn, role, "runs as", "" if trusted else "trust in Lambda")
        yield from _granted(function)
        yield from _callers(lambdas, accounts, function)
    for account in accounts.values():
        yield from _notifications(lambdas, account.id)
        yield from _subscriptions(lambdas, account.id)
        yield from _targets(lambdas, account.id)
    yield from _mappings(lambdas)


def _granted(function: Function) -> Iterator[Link]:
    """Who is let in by the policies of the function, its versions and its aliases."""
    for qualifier, policy in function.policies.items():
        end = replace(function.name, qualifier=qualifier).qualified_arn
        if qualifier:
            yield Link(end, function.name.arn, "version" if qualifier.isdigit() else "alias")
        for statement in policy.statements:
            words = ["let in" if statement["Effect"] == "Allow" else "kept out"]
            for key, value in (pair for tests in statement.get("Condition", {}).values() for pair in tests.items()):
                words.append(f"for {key.partition(':')[2]} {str(value).rpartition(':')[2]}")
            for who in _named(statement.get("Principal", "everybody but some")):
                yield Link(who, end, " ".join(words))


def _named(principal: Any) -> Iterator[str]:
    if isinstance(principal, str):
        yield "everybody" if principal == "*" else principal
        return
    for names in principal.values():
        yield from [names] if isinstance(names, str) else names


def _callers(lambdas: LambdaStore, accounts: Mapping[str, Account], function: Function) -> Iterator[Link]:
    """The users with a session, administrators aside, who may invoke the function."""
    check = Check(_INVOKE, function.name.arn, function.name.account)
    for account in accounts.values():
        for name in sorted(account.signed_in - {"admin"}):
            arn = state.user_arn(account.id, name)
            if lambdas.core.decide(Caller(Principal.user(arn)), check).allowed:
                yield Link(arn, function.name.arn, "may invoke")


def _pushes(lambdas: LambdaStore, kind: str, arn: str, account: str, function: str) -> Link:
    """What sends events to a function, and whether the function policy lets it."""
    source = Source.of(kind, arn, account)
    name = FunctionName.parse(function, account, "us-east-1")
    check = Check(_INVOKE, name.qualified_arn, name.account, source.context)
    allowed = lambdas.core.decide(source.principal, check).allowed
    return Link(arn, name.qualified_arn, "sends events", "" if allowed else "grant in the function policy")


def _notifications(lambdas: LambdaStore, account: str) -> Iterator[Link]:
    s3 = lambdas.core.system_client(account, "s3")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        rows = s3.get_bucket_notification_configuration(Bucket=bucket).get("LambdaFunctionConfigurations", ())
        yield from (_pushes(lambdas, "s3", f"arn:aws:s3:::{bucket}", account, row["LambdaFunctionArn"]) for row in rows)


def _subscriptions(lambdas: LambdaStore, account: str) -> Iterator[Link]:
    for each in lambdas.core.system_client(account, "sns").list_subscriptions()["Subscriptions"]:
        if each["Protocol"] == "lambda":
            yield _pushes(lambdas, "sns", each["TopicArn"], account, each["Endpoint"])


def _targets(lambdas: LambdaStore, account: str) -> Iterator[Link]:
    events = lambdas.core.system_client(account, "events")
    for bus in (each["Name"] for each in events.list_event_buses()["EventBuses"]):
        for rule in events.list_rules(EventBusName=bus)["Rules"]:
            for target in events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]:
                if ":lambda:" not in target["Arn"]:
                    continue
                if target.get("RoleArn"):
                    check = Check(_INVOKE, target["Arn"], Arn.parse(target["Arn"]).account)
                    allowed = lambdas.core.decide(service_session(target["RoleArn"]), check).allowed
                    yield Link(rule["Arn"], target["RoleArn"], "assumes")
                    yield Link(target["RoleArn"], target["Arn"], "sends events", "" if allowed else _INVOKE)
                else:
                    yield _pushes(lambdas, "eventbridge-rule", rule["Arn"], account, target["Arn"])


def _mappings(lambdas: LambdaStore) -> Iterator[Link]:
    """What is polled, and the first permission that the execution role lacks for it."""
    for mapping in lambdas.mappings.values():
        version = lambdas.find(mapping.name)
        if version is None or not mapping.source:
            continue
        source, owner = mapping.source, Arn.parse(mapping.source).account
        checks = tuple(Check(action, asked_on(action, source), owner) for action in creation_actions(mapping.kind))
        judged = lambdas.core.judge(role_caller(version), checks)
        denied = next((check.action for check, decision in judged if not decision.allowed), "")
        yield Link(source, mapping.shown["FunctionArn"], "is polled for", denied)


def _lit(trail: Trail) -> set[tuple[str, str]]:
    """The ways that the last run went: since the learner's own last call."""
    start = max((n for n, record in enumerate(trail) if not record.depth), default=len(trail))
    ways = set()
    for record in trail[start:]:
        if record.decision is None or not record.allowed:
            continue
        request, who = record.decision.request, record.decision.request.principal
        origin = request.context.get("aws:SourceArn") if who.type is PrincipalType.SERVICE else who.role_arn or who.arn
        resource = _whole(record.resource)
        for end in map(_whole, (str(origin or record.caller), record.caller)):
            ways |= {(end, resource), (resource, end)}
    return ways


def _whole(arn: str) -> str:
    """A bucket where `arn` is one of its objects; anything else as it is."""
    return arn.partition("/")[0] if arn.startswith("arn:aws:s3:::") else arn


def words(found: Survey) -> str:
    """The survey as text, each link on a line, under the account that it begins in."""
    lines = []
    for number, name in (*found.accounts, ("", "services and everybody")):
        mine = [link for link in found.links if owner(link.start, found) == number]
        lone = [thing for thing in found.alone if owner(thing, found) == number]
        if number or mine:
            lines.append(f"{name} ({number})" if number else name)
        for link in mine:
            lit = "  ← the last run" if link.lit else ""
            lines.append(f"  {_name(link.start)} → {_name(link.end)}: {link.word}{lit}")
        lines += [f"  {_name(thing)}" for thing in lone]
    return "\n".join(lines) or "no accounts yet"


def owner(thing: str, found: Survey) -> str:
    """Id of the account that a thing stands in, empty for services; a bucket is found by what it leads to."""
    arn = Arn.maybe(thing)
    if arn and arn.account in dict(found.accounts):
        return arn.account
    if thing.startswith("arn:aws:s3:::"):
        return next((owner(link.end, found) for link in found.links if link.start == thing), "")
    return ""


def _name(thing: str) -> str:
    return thing.split(":", 5)[5] if thing.count(":") > 4 else thing


__all__ = ["Link", "Survey", "owner", "survey", "words"]
