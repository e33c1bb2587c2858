"""A lesson's questions and tasks, read from its file in `lessons/`: what is asked is data, and this reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

from perm_lab.challenges.bench import Event, Holder
from perm_lab.challenges.judgement import Tone
from perm_lab.challenges.ordering import Ordering, TooEarly
from perm_lab.challenges.question import Question
from perm_lab.challenges.task import Rejected, Slip, Task
from perm_lab.iam import PolicyKind, Principal, Request
from perm_lab.scenarios.api import ApiCall
from perm_lab.scenarios.data import api_call, read, whole


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a notebook, for the one who teaches it: its heading, how long it takes, what to ask, what to watch."""

    title: str
    minutes: int
    ask: str
    watch: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one lesson asks: questions, orderings and tasks by name, in their order; and its sections.

    `stem` is the name of its notebook.

    >>> lesson("01")["trust-policy"].title
    'Who may take the role?'
    """

    stem: str
    title: str
    questions: Mapping[str, Question]
    orderings: Mapping[str, Ordering]
    tasks: Mapping[str, Task]
    sections: tuple[Section, ...]

    def __getitem__(self, name: str) -> Any:
        """The question, ordering or task of this name, without the number of the lesson.

        Raises LookupError for a name that the lesson has not.
        """
        known: dict[str, Any] = {**self.questions, **self.orderings, **self.tasks}
        found = known.get(f"{self.number}-{name}")
        if found is None:
            legal = ", ".join(f"`{each.removeprefix(self.number + '-')}`" for each in known)
            raise LookupError(f"lesson {self.number} asks nothing named `{name}`; it asks: {legal}")
        return found

    @property
    def number(self) -> str:
        """Its place in the course: `"01"`."""
        return self.stem[:2]

    def quiz(self, name: str) -> tuple[Question, ...]:
        """The questions whose names begin with this one, in their order: `recap` at the end of every lesson.

        Raises LookupError when there is none.
        """
        found = tuple(each for key, each in self.questions.items() if key.startswith(f"{self.number}-{name}-"))
        if not found:
            raise LookupError(f"lesson {self.number} has no quiz `{name}`; every lesson has `recap`")
        return found


@cache
def lesson(number: str) -> Lesson:
    """The lesson with this number, from its file `lessons/NUMBER_….toml`. Raises LookupError when there is none."""
    path = _files().get(number)
    if path is None:
        legal = ", ".join(f"`{each}`" for each in _files())
        raise LookupError(f"there is no lesson `{number}`; the lessons are: {legal}")
    content = read(path)
    return _lesson(path.name.removesuffix(".toml"), content, content["names"]["ACCOUNT"])


@cache
def _files() -> dict[str, Any]:
    """The file of each lesson by its number, in their order."""
    paths = files("perm_lab.challenges").joinpath("lessons").iterdir()
    return {path.name[:2]: path for path in sorted(paths, key=lambda path: path.name) if path.name.endswith(".toml")}


class _Lessons(Mapping[str, Lesson]):
    """Every lesson by its number, each read when it is first asked for."""

    def __getitem__(self, number: str) -> Lesson:
        return lesson(number)

    def __iter__(self) -> Iterator[str]:
        return iter(_files())

    def __len__(self) -> int:
        return len(_files())


LESSONS: Mapping[str, Lesson] = _Lessons()


def _lesson(stem: str, content: Mapping[str, Any], account: str) -> Lesson:
    def asked(kind: str, read: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
        return {row["name"]: read(row) for row in content.get(kind, ())}

    world = tuple(_call(row, account) for row in content.get("world", ()))
    notes: dict[str, Callable[[Any], Any]] = {"minutes": int, "ask": _flowing, "watch": _flowing}
    return Lesson(
        stem,
        content["title"],
        asked("question", _question),
        asked("ordering", _ordering),
        asked("task", lambda row: _task(row, account, world)),
        tuple(Section(**_read(row, notes)) for row in content.get("section", ())),
    )


def _question(data: Mapping[str, Any]) -> Question:
    options = data["options"]
    answer = next(option["text"] for option in options if option.get("right"))
    replies = {option["text"]: _flowing(option["reply"]) for option in options}
    beliefs = {option["text"]: option["misconception"] for option in options if "misconception" in option}
    return Question(_flowing(data["text"]), tuple(replies), answer, replies, data["name"], beliefs)


def _ordering(data: Mapping[str, Any]) -> Ordering:
    readers: dict[str, Callable[[Any], Any]] = {
        "text": _flowing,
        "reply": _flowing,
        "lines": tuple,
        "slips": _each(lambda row: TooEarly(**_read(row, {"reply": _flowing}))),
    }
    return Ordering(**_read(data, readers))


def _call(data: Mapping[str, Any], account: str) -> tuple[str, ApiCall]:
    """A call, after the account in which it is made."""
    return data.get("account", account), api_call(data)


def _event(data: Mapping[str, Any], account: str) -> Event:
    account, call = _call(data, account)
    more = {key: data[key] for key in ("who", "poll", "works") if key in data}
    return Event(data["says"], call, account, **more)


def _task(data: Mapping[str, Any], account: str, world: tuple[tuple[str, ApiCall], ...]) -> Task:
    def requests(*keys: str) -> dict[str, Callable[[Any], Any]]:
        return dict.fromkeys(keys, _each(partial(_request, account=account)))

    readers: dict[str, Callable[[Any], Any]] = {
        "story": _flowing,
        "reasoning": _flowing,
        "hints": _each(_flowing),
        "spares": tuple,
        "reference": _document,
        "accepted": _each(_document),
        "slips": _each(lambda row: Slip(**_read(row, {"reply": _flowing, **requests("allows", "denies", "forbids")}))),
        "rejected": _each(lambda row: Rejected(**_read(row, {"answer": _document, "tone": Tone}))),
        "events": _each(partial(_event, account=account)),
        **requests("must_allow", "must_deny", "must_forbid"),
    }
    sides = data.get("sides") or {"": (data["kind"], data["on"])}
    places = {side: Holder(PolicyKind[kind.upper()], arn) for side, (kind, arn) in sides.items()}
    told = {key: value for key, value in data.items() if key not in ("kind", "on", "sides", "solution")}
    told["reference"] = data["solution"]
    return Task(places=places, world=world, **_read(told, readers))


def _read(data: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {key: readers.get(key, str)(value) for key, value in data.items()}


def _each(read: Callable[[Any], Any]) -> Callable[[list[Any]], tuple[Any, ...]]:
    return lambda values: tuple(map(read, values))


def _flowing(text: str) -> str:
    """`text` with each paragraph on one line, wherever its source breaks the lines."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _request(text: str, account: str) -> Request:
    """`who action resource key=value …`, on a resource of the lesson's account where its ARN names none.

    `key=` says that the request does not carry the key, which would else follow from others.
    """
    who, action, resource, *context = text.split()
    pairs = {key: value or () for key, value in (pair.split("=", 1) for pair in context)}
    owner = resource.split(":")[4] if resource.startswith("arn:") else ""
    return Request(Principal.parse(who), action, resource, owner or account, pairs)


def _document(text: str) -> Any:
    """A policy in JSON, or the list of its statements only; text that is no JSON stays text."""
    try:
        content = json.loads(text)
    except ValueError:
        return text
    if isinstance(content, dict) and "Statement" not in content:
        return {side: whole(document) for side, document in content.items()}
    return whole(content)
