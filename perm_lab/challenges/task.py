"""A task: write the policy that lets exactly this through. Judged by the engine, never by the text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from perm_lab.challenges.neighbours import neighbours
from perm_lab.display import Displayable
from perm_lab.iam import Decision, Policy, PolicyError, PolicyKind, PolicySet, Request, Verdict, evaluate

BLANK = "___"
_MAY_ASSUME = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]},
    name="the caller's own permission",
)


class Tone(Enum):
    """How far an answer is. Nothing attempted is not wrong."""

    NOT_YET = "not yet"
    KEEP_GOING = "keep going"
    ALMOST = "almost"
    RIGHT = "right"

    @property
    def sign(self) -> str:
        return {"not yet": "○", "keep going": "✗", "almost": "≈", "right": "✓"}[self.value]


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


@dataclass(frozen=True, slots=True)
class Outcome(Displayable):
    """What an answer was worth: the tone, what to say, and the evidence.

    `slip` names the misconception where one was recognised. `decision` is the verdict the message speaks of. `excess`
    holds the requests that the answer allows beyond what was asked.
    """

    task: str
    tone: Tone
    message: str
    slip: str = ""
    decision: Decision | None = None
    excess: tuple[Request, ...] = ()

    @property
    def right(self) -> bool:
        return self.tone is Tone.RIGHT

    def __str__(self) -> str:
        return f"{self.tone.sign} {self.tone.value}: {self.message}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that must not pass: with which tone, which slip (if one has a name), and what the message says."""

    answer: Any
    tone: Tone
    slip: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Task(Displayable):
    """A policy to write, and how it is judged.

    An answer is right when it allows every request of `must_allow`, none of `must_deny`, forbids each of
    `must_forbid` explicitly, and allows no neighbour of `must_allow` of the kinds in `beyond` (keys of `NEIGHBOURS`).
    `accepted` and `rejected` are sample answers: the task's own tests.
    """

    name: str
    title: str
    story: str
    kind: PolicyKind
    must_allow: tuple[Request, ...]
    must_deny: tuple[Request, ...] = ()
    must_forbid: tuple[Request, ...] = ()
    beyond: tuple[str, ...] = ()
    slips: tuple[Slip, ...] = ()
    hints: tuple[str, ...] = ()
    solution: Mapping[str, Any] | None = None
    reasoning: str = ""
    starter: str = ""
    accepted: tuple[Any, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    def hint(self, number: int = 1) -> str:
        """The hint of this number, from 1, each one telling more; the last when there are not so many."""
        return self.hints[min(max(number, 1), len(self.hints)) - 1]

    def decide(self, request: Request, policy: Policy) -> Decision:
        """What AWS would say to `request` with `policy` as the answer."""
        if self.kind is PolicyKind.TRUST:
            return evaluate(request, PolicySet(identity=(_MAY_ASSUME,), trust=policy))
        return evaluate(request, PolicySet(identity=(policy,)))

    def check(self, answer: str | Mapping[str, Any]) -> Outcome:
        """How far `answer` is: a policy document, as JSON text or as a dict."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        if not text.strip() or BLANK in text or _same(text, self.starter):
            return self._outcome(Tone.NOT_YET, self._not_yet(text))
        try:
            policy = Policy.parse(answer, self.kind, name="your policy")
        except PolicyError as error:
            return self._refused(answer, error)
        return self._judged(policy)

    def _judged(self, policy: Policy) -> Outcome:
        allowed = {request: self.decide(request, policy) for request in self.must_allow}
        missing = [decision for decision in allowed.values() if not decision.allowed]
        slip = next((slip for slip in self.slips if self._shows(slip, policy)), None)
        excess = self._excess(policy)
        evidence = missing[0] if missing else self.decide(excess[0], policy) if excess else None
        if slip:
            return self._outcome(Tone.ALMOST, slip.reply, slip.name, evidence, excess)
        if missing:
            return self._outcome(Tone.KEEP_GOING, self._missing(missing), "", evidence)
        if excess:
            return self._outcome(Tone.ALMOST, _too_much(excess), "", evidence, excess)
        for request in self.must_forbid:
            decision = self.decide(request, policy)
            if decision.verdict is not Verdict.EXPLICIT_DENY:
                message = (
                    f"{_words(request)} is denied only because nothing allows it yet; it must be denied explicitly"
                )
                return self._outcome(Tone.ALMOST, message, "", decision)
        return self._outcome(Tone.RIGHT, self.reasoning)

    def _shows(self, slip: Slip, policy: Policy) -> bool:
        signs = [self.decide(request, policy).allowed for request in slip.allows]
        signs += [not self.decide(request, policy).allowed for request in slip.denies]
        signs += [self.decide(request, policy).verdict is Verdict.EXPLICIT_DENY for request in slip.forbids]
        return bool(signs) and all(signs)

    def _excess(self, policy: Policy) -> tuple[Request, ...]:
        probes = [*self.must_deny, *self.must_forbid, *neighbours(self.must_allow, self.beyond)]
        extra = dict.fromkeys(_key(probe) for probe in probes if self.decide(probe, policy).allowed)
        needed = {_key(request) for request in self.must_allow}
        first = {_key(probe): probe for probe in reversed(probes)}
        return tuple(first[key] for key in extra if key not in needed)

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
        return (
            "change the document, then check it again"
            if self.starter
            else "nothing is written yet; the first hint helps"
        )

    def _refused(self, answer: str | Mapping[str, Any], error: PolicyError) -> Outcome:
        slip = next((slip for slip in self.slips if slip.refused and error.path.endswith(slip.refused)), None)
        if slip:
            return self._outcome(Tone.ALMOST, slip.reply, slip.name)
        place = _place(answer) if isinstance(answer, str) else ""
        return self._outcome(Tone.KEEP_GOING, place or f"AWS would refuse this document: {error}")

    def _outcome(
        self, tone: Tone, message: str, slip: str = "", decision: Decision | None = None, excess: Any = ()
    ) -> Outcome:
        return Outcome(self.name, tone, message, slip, decision, excess)

    def __str__(self) -> str:
        return f"{self.title}\n\n{self.story}"


def _place(text: str) -> str:
    """Where `text` stops being JSON, with the line shown; empty when it is JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if text.splitlines()[error.lineno - 1 :] else ""
        shown = f"\n\n`{line.strip()}`" if line.strip() else ""
        advice = "; JSON strings take double quotes" if "'" in line else ""
        advice = advice or ("; JSON allows no comma before a closing bracket" if line.strip()[:1] in "]}" else "")
        return f"this is not JSON yet: line {error.lineno}, column {error.colno}: {_lower(error.msg)}{advice}{shown}"
    return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _same(text: str, starter: str) -> bool:
    """Whether `text` is the document that the learner was given, spaces aside."""
    try:
        return bool(starter) and json.loads(text) == json.loads(starter)
    except ValueError:
        return False


def _key(request: Request) -> tuple[str, str, str]:
    return request.principal.service or request.principal.arn, request.action.lower(), request.resource


def _who(request: Request) -> str:
    return request.principal.service or request.principal.arn.rpartition(":")[2].removeprefix("assumed-role/")


def _words(request: Request) -> str:
    return f"`{request.action}` on `{request.resource}`"


def _too_much(excess: tuple[Request, ...]) -> str:
    others = f" (and {len(excess) - 1} more of the requests tried)" if len(excess) > 1 else ""
    return f"all that must pass does. But this also lets `{_who(excess[0])}` do {_words(excess[0])}{others}"
