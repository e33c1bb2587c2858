"""Lesson 3: the AWS managed policies for functions, what each allows, what each lacks, and what each allows besides.

What a function needs comes from the catalogue of event sources; whether a policy grants it, from the engine. Follows
"AWS managed policies for Lambda features" (Lambda developer guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from perm_lab import catalog
from perm_lab.catalog import event_source
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Policy, PolicySet, Principal, Request, evaluate
from perm_lab.iam.statement import as_list
from perm_lab.scenarios.data import read

_TOLD = read(files("perm_lab.scenarios").joinpath("managed_policies.toml"))
_SESSION = Principal.parse("arn:aws:sts::111111111111:assumed-role/worker/work")
# what no function of the lesson needs: actions, each with its resource
_ELSEWHERE: tuple[tuple[str, str], ...] = tuple((action, on) for action, on in _TOLD["elsewhere"])


@dataclass(frozen=True, slots=True)
class Need:
    """What the role of one kind of function has to be allowed: actions, each with its resource."""

    key: str
    label: str
    actions: Mapping[str, str]


def _read(source: str, arn: str) -> dict[str, str]:
    """What the execution role needs to be fed by a source. `SubscribeToShard` is for enhanced fan-out only."""
    actions = event_source(source).role_actions
    wanted = (action for action in actions if action != "kinesis:SubscribeToShard" and not action.startswith("logs:"))
    return {action: "*" if action.startswith("ec2:") else arn for action in wanted}


@cache
def needs() -> tuple[Need, ...]:
    """The functions of the lesson, each by what starts it or where it runs. All of them write a log."""
    found = []
    for row in _TOLD["need"]:
        actions = _read(row["source"], row["on"]) if "source" in row else row.get("actions", {})
        found.append(Need(row["key"], row["label"], {**_TOLD["log"], **actions}))
    return tuple(found)


@cache
def policies() -> Mapping[str, catalog.ManagedPolicy]:
    """The AWS managed policies that have to do with Lambda, by name."""
    known = catalog.managed_policies()
    return {name: known[name] for name in sorted(known) if "Lambda" in name or name in _TOLD["related"]}


@cache
def parsed(name: str) -> Policy:
    """The document of an AWS managed policy, parsed."""
    found = catalog.managed_policy(name)
    return Policy.parse(found.document, name=name, arn=found.arn)


def decide(name: str, action: str, resource: str) -> Decision:
    """What AWS would say to a role that holds this managed policy and nothing else."""
    return evaluate(Request(_SESSION, action, resource, "111111111111"), PolicySet(identity=(parsed(name),)))


@dataclass(frozen=True, slots=True)
class Fit(Displayable):
    """How a managed policy fits a function: what it grants of the need, what it lacks, what it grants besides.

    `beyond` holds requests (action, resource) of a fixed list that no function of the lesson needs.
    """

    policy: str
    need: Need
    granted: tuple[str, ...]
    missing: tuple[str, ...]
    beyond: tuple[tuple[str, str], ...]

    @property
    def enough(self) -> bool:
        return not self.missing

    @property
    def sentence(self) -> str:
        """The verdict in one line."""
        if self.enough:
            return f"{self.policy} is enough for a function that {self.need.label}"
        lacks = f"{', '.join(self.missing[:2])}{f' and {len(self.missing) - 2} more' if len(self.missing) > 2 else ''}"
        return f"{self.policy} is not enough for a function that {self.need.label}: it lacks {lacks}"

    def __str__(self) -> str:
        extra = "".join(f"\n  besides, it allows {action} on {resource}" for action, resource in self.beyond)
        return f"{'✓' if self.enough else '✗'} {self.sentence}{extra}"


def fit(name: str, need: str) -> Fit:
    """How the managed policy `name` fits the function with the key `need`.

    Raises `catalog.UnknownPolicy` for a policy that the catalogue lacks, LookupError for an unknown function.

    >>> fit("AWSLambdaKinesisExecutionRole", "kinesis").enough, fit("AWSLambdaRole", "kinesis").enough
    (True, False)
    """
    found = next((each for each in needs() if each.key == need), None)
    if found is None:
        raise LookupError(f"`{need}` is no function of the lesson; there are: {', '.join(n.key for n in needs())}")
    granted = tuple(action for action, resource in found.actions.items() if decide(name, action, resource).allowed)
    missing = tuple(action for action in found.actions if action not in granted)
    beyond = tuple(each for each in _ELSEWHERE if each not in found.actions.items() and decide(name, *each).allowed)
    return Fit(name, found, granted, missing, beyond)


@dataclass(frozen=True, slots=True)
class Matrix(Displayable):
    """Which of some managed policies are enough for which functions: a row for each policy, a `Fit` in each cell."""

    rows: tuple[tuple[str, tuple[Fit, ...]], ...]

    def __str__(self) -> str:
        head = " ".join(f"{need.key:>8}" for need in needs())
        width = max(len(name) for name, _ in self.rows)
        lines = [f"{'':{width}} {head}"]
        lines += [f"{name:{width}} {' '.join(f'{_cell(each):>8}' for each in cells)}" for name, cells in self.rows]
        return "\n".join(lines)


def _cell(found: Fit) -> str:
    return "✓" if found.enough else f"{len(found.granted)}/{len(found.need.actions)}"


def matrix(names: Sequence[str] = ()) -> Matrix:
    """The policies `names`, or all that have to do with Lambda, against the functions of the lesson."""
    return Matrix(tuple((name, tuple(fit(name, need.key) for need in needs())) for name in names or policies()))


def in_words(policy: Policy) -> tuple[str, ...]:
    """Each statement of a policy in a line: effect, actions by service, resources, and whether it has conditions."""
    lines = []
    for statement in policy.document["Statement"]:
        by_service: dict[str, list[str]] = {}
        for action in as_list(statement.get("Action", statement.get("NotAction"))):
            service, _, verb = action.partition(":")
            by_service.setdefault(service, []).append(verb or "everything")
        told = "; ".join(f"{service}: {', '.join(verbs)}" for service, verbs in by_service.items())
        resources = as_list(statement.get("Resource", statement.get("NotResource")))
        where = "every resource" if resources == ["*"] else ", ".join(resources)
        but = "all but " if "NotAction" in statement else ""
        when = ", under conditions" if "Condition" in statement else ""
        verb = {"Allow": "Allows", "Deny": "Denies"}[statement["Effect"]]
        lines.append(f"{verb} {but}{told} on {where}{when}")
    return tuple(lines)
