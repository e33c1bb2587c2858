"""A task: write the policy that lets exactly this through. Judged by running requests in a lab, never by the text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from perm_lab import catalog
from perm_lab.challenges.bench import Bench, Event, Holder, bench, opened
from perm_lab.challenges.judgement import Judgement, Tone
from perm_lab.challenges.neighbours import neighbours
from perm_lab.cloud import Record
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Policy, PolicyError, PolicyKind, Request, Verdict
from perm_lab.iam.findings import Severity
from perm_lab.scenarios.api import ApiCall

BLANK = "___"


@dataclass(frozen=True, slots=True)
class Slip:
    """A known misconception, with the reply to it.

    An answer shows it when it allows each of `allows`, none of `denies`, and denies each of `forbids` explicitly; or,
    for a document that AWS refuses, when the refused place ends in `refused`.
    """

    name: str
    reply: str
    allows: tuple[Request, ...] = ()
    denies: tuple[Request, ...] = ()
    forbids: tuple[Request, ...] = ()
    refused: str = ""

    @property
    def of_a_name(self) -> bool:
        """Whether it is about an action that there is not."""
        actions = (request.action.lower().partition(":") for request in self.allows)
        return any(name not in catalog.actions(service) for service, _, name in actions)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that must not pass: with which tone, which slip (if one has a name), and what the message says."""

    answer: Any
    tone: Tone
    slip: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Solution(Displayable):
    """One right answer to a task, and why it is right."""

    document: Mapping[str, Any]
    reasoning: str

    def __str__(self) -> str:
        return f"{json.dumps(self.document, indent=2)}\n\n{self.reasoning}"


@dataclass(frozen=True, slots=True)
class Task(Displayable):
    """A policy to write, and how it is judged: in a lab in which `world` was built, with the answer in its place.

    An answer is right when it allows every request of `must_allow`, none of `must_deny`, forbids each of
    `must_forbid` explicitly, allows no neighbour of `must_allow` but of the kinds in `spares` (keys of `NEIGHBOURS`),
    and each of `events` then ends as it must. `places` says where the answer's documents stand: one under an empty
    name, or several, and an answer is then an object with a document under each name. `accepted` and `rejected` are
    sample answers: the task's own tests. `reference` is the answer that `solution` shows.
    """

    name: str
    title: str
    story: str
    places: Mapping[str, Holder]
    must_allow: tuple[Request, ...]
    world: tuple[tuple[str, ApiCall], ...] = ()
    must_deny: tuple[Request, ...] = ()
    must_forbid: tuple[Request, ...] = ()
    spares: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    slips: tuple[Slip, ...] = ()
    hints: tuple[str, ...] = ()
    reference: Mapping[str, Any] = field(default_factory=dict)
    reasoning: str = ""
    starter: str = ""
    accepted: tuple[Any, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    def hint(self, number: int = 1) -> str:
        """The hint of this number, from 1, each one telling more; the last when there are not so many."""
        return self.hints[min(max(number, 1), len(self.hints)) - 1]

    def solution(self) -> Solution:
        """One right answer with its reasoning. Others pass as well."""
        return Solution(self.reference, self.reasoning)

    def check(self, answer: str | Mapping[str, Any]) -> Judgement:
        """How far `answer` is: a policy document, or one under each name of `places`, as JSON text or as a dict."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        if not text.strip() or BLANK in text or _same(text, self.starter):
            return Judgement(self.name, Tone.NOT_YET, self._not_yet(text))
        try:
            documents = self._documents(text)
        except PolicyError as error:
            return self._refused(text, error)
        except ValueError as error:
            return Judgement(self.name, Tone.KEEP_GOING, str(error))
        with bench(self.world, self.events) as tried:
            try:
                for name, place in self.places.items():
                    place.put(tried, documents[name].document)
            except ClientError as error:
                return Judgement(self.name, Tone.KEEP_GOING, f"AWS would refuse this document: {error}")
            return self._judged(tried, documents)

    def _documents(self, text: str) -> dict[str, Policy]:
        """The documents of an answer under the names of their places, each one that AWS would take.

        Raises PolicyError for a document that it would not, ValueError where a document has no name or is missing.
        """
        only = self.places.get("")
        if only:
            return {"": Policy.parse(text, only.kind)}
        try:
            content = json.loads(text)
        except ValueError:
            raise PolicyError("", text, "is not JSON") from None
        if not isinstance(content, dict) or set(content) != set(self.places):
            names = " and ".join(f"`{name}`" for name in self.places)
            raise ValueError(f"the answer is one JSON object with a policy document under each of {names}")
        return {name: _parsed(name, content[name], place.kind) for name, place in self.places.items()}

    def _judged(self, bench: Bench, documents: Mapping[str, Policy]) -> Judgement:
        allowed = [bench.decide(request) for request in self.must_allow]
        missing = [decision for decision in allowed if not decision.allowed]
        look, misspelt = _look(documents) if missing else ("", False)
        slips = (slip for slip in self.slips if slip.of_a_name or not misspelt)
        slip = next((slip for slip in slips if _shows(slip, bench)), None)
        found, tried = self._excess(bench)
        excess = tuple(request for request, _ in found)
        evidence = missing[0] if missing else found[0][1] if found else None
        if slip:
            return Judgement(self.name, Tone.ALMOST, slip.reply, slip.name, evidence, excess, tried)
        if missing:
            return Judgement(self.name, Tone.KEEP_GOING, self._missing(missing) + look, "", evidence)
        if excess:
            return Judgement(self.name, Tone.ALMOST, _too_much(found, tried), "", evidence, excess, tried)
        for request in self.must_forbid:
            decision = bench.decide(request)
            if decision.verdict is not Verdict.EXPLICIT_DENY:
                only = "is denied only because nothing allows it yet; it must be denied explicitly"
                return Judgement(self.name, Tone.ALMOST, f"{_words(request)} {only}", "", decision)
        return self._run(bench, tried)

    def _run(self, bench: Bench, tried: int) -> Judgement:
        """Set off the events; the outcome of an answer to which every request says the right thing."""
        records: tuple[Record, ...] = ()
        for event in self.events:
            records, stopped = bench.run(event)
            if bool(stopped) == event.works:
                why = f"it stops: {stopped}" if stopped else "nothing stops it"
                decision = next((record.decision for record in records if not record.allowed), None)
                message = f"every request gets the right verdict; but run {event.says}, and {why}"
                return Judgement(self.name, Tone.KEEP_GOING, message, "", decision, records=records)
        return Judgement(self.name, Tone.RIGHT, self.reasoning, tried=tried, records=records)

    def _excess(self, bench: Bench) -> tuple[list[tuple[Request, Decision]], int]:
        """Which of the requests that must not pass do, each with the decision that says so; and how many were tried."""
        needed = {_key(request) for request in self.must_allow}
        probes = (*self.must_deny, *self.must_forbid, *neighbours(self.must_allow, self.spares))
        tried = {_key(probe): probe for probe in reversed(probes) if _key(probe) not in needed}
        owned = any(place.kind is not PolicyKind.IDENTITY for place in self.places.values())
        found = ((probe, bench.lets(probe, owned=owned)) for probe in reversed(tried.values()))
        return [(probe, decision) for probe, decision in found if decision], len(tried)

    def _missing(self, missing: list[Decision]) -> str:
        passed = len(self.must_allow) - len(missing)
        request = missing[0].request
        return (
            f"{passed} of {len(self.must_allow)} requests that must pass do. {_words(request)} is still "
            f"{missing[0].verdict.word} for `{_who(request)}`"
        )

    def _not_yet(self, text: str) -> str:
        if BLANK in text:
            return f"fill in each `{BLANK}`"
        if self.starter:
            return "change the document, then check it again"
        return "nothing is written yet; the first hint helps"

    def _refused(self, text: str, error: PolicyError) -> Judgement:
        slip = next((slip for slip in self.slips if slip.refused and error.path.endswith(slip.refused)), None)
        if slip:
            return Judgement(self.name, Tone.ALMOST, slip.reply, slip.name)
        return Judgement(self.name, Tone.KEEP_GOING, _place(text) or f"AWS would refuse this document: {error}")

    def __str__(self) -> str:
        return f"{self.title}\n\n{self.story}"


def _look(documents: Mapping[str, Policy]) -> tuple[str, bool]:
    """What is wrong in an answer that AWS would take, in a sentence that is empty where nothing is; and whether a name
    in it is misspelt, which tells of no belief."""
    found = [(name, finding) for name, policy in documents.items() for finding in policy.check()]
    worth = [row for row in found if row[1].severity in _WORTH and row[1].code != "MISSING_VERSION"]
    if not worth:
        return "", False
    name, finding = min(worth, key=lambda row: _WORTH.index(row[1].severity))
    where = f"{name}.{finding.path}" if name else finding.path
    return f". Look at {where}: {finding.message}", finding.code.startswith("UNKNOWN_")


_WORTH = (Severity.ERROR, Severity.WARNING)


def _parsed(name: str, document: Any, kind: PolicyKind) -> Policy:
    """The document under this name of an answer. Raises PolicyError whose place begins with the name."""
    try:
        return Policy.parse(json.dumps(document), kind)
    except PolicyError as error:
        error.path = f"{name}.{error.path}" if error.path else name
        error.args = (f"{error.path}: {error.message}",)
        raise


def _shows(slip: Slip, bench: Bench) -> bool:
    """Whether the answer on the bench makes this slip."""
    signs = [bench.decide(request).allowed for request in slip.allows]
    signs += [not bench.decide(request).allowed for request in slip.denies]
    signs += [bench.decide(request).verdict is Verdict.EXPLICIT_DENY for request in slip.forbids]
    return bool(signs) and all(signs)


def _place(text: str) -> str:
    """Where `text` stops being JSON, with the line shown; empty when it is JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if text.splitlines()[error.lineno - 1 :] else ""
        shown = f"\n\n`{line.strip()}`" if line.strip() else ""
        advice = "; JSON strings take double quotes" if "'" in line else ""
        advice = advice or ("; JSON allows no comma before a closing bracket" if line.strip()[:1] in "]}" else "")
        what = error.msg[:1].lower() + error.msg[1:]
        return f"this is not JSON yet: line {error.lineno}, column {error.colno}: {what}{advice}{shown}"
    return ""


def _same(text: str, starter: str) -> bool:
    """Whether `text` is the document that the learner was given, spaces aside."""
    try:
        return bool(starter) and json.loads(text) == json.loads(starter)
    except ValueError:
        return False


def _key(request: Request) -> tuple[object, ...]:
    who = request.principal.service or request.principal.arn
    return who, request.action.lower(), request.resource, *sorted(request.context.items())


def _who(request: Request) -> str:
    return request.principal.service or request.principal.arn.rpartition(":")[2].removeprefix("assumed-role/")


def _words(request: Request) -> str:
    return f"`{request.action}` on `{request.resource}`"


def _too_much(excess: list[tuple[Request, Decision]], tried: int) -> str:
    first, decision = excess[0]
    given = ", ".join(f"{key} `{value}`" for key, value in first.context.items() if value)
    more = f" (with {given})" if given else ""
    once = ", as soon as the other account allows it as well" if opened(decision) else ""
    return (
        f"all that must pass does. But this also lets `{_who(first)}` do {_words(first)}{more}{once}. "
        f"Of {tried} requests tried that must not pass, {len(excess)} {'does' if len(excess) == 1 else 'do'}"
    )
