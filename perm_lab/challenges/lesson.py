"""A lesson's questions and tasks, read from its file in `lessons/`: what is asked is data, and this reads it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from string import Template
from typing import Any

from perm_lab.challenges.question import Question
from perm_lab.challenges.task import Rejected, Slip, Task, Tone
from perm_lab.iam import PolicyKind, Principal, Request


@dataclass(frozen=True, slots=True)
class Lesson:
    """The questions and the tasks of one lesson, by name, in their order."""

    questions: Mapping[str, Question]
    tasks: Mapping[str, Task]

    @property
    def recap(self) -> tuple[Question, ...]:
        """The questions of the recap: those whose names say so."""
        return tuple(question for name, question in self.questions.items() if "-recap" in name)


def lesson(name: str) -> Lesson:
    """The lesson in the file `lessons/NAME.toml`.

    >>> list(lesson("01_execution_role").tasks)
    ['01-trust-policy', '01-write-the-log', '01-read-one-prefix', '01-mend-the-role']
    """
    content = tomllib.loads(files("perm_lab.challenges").joinpath("lessons", f"{name}.toml").read_text("utf-8"))
    names: dict[str, str] = {}
    for key, value in content["names"].items():
        names[key] = Template(value).safe_substitute(names)
    content = _named(content, names)
    questions = (_question(each) for each in content.get("question", ()))
    tasks = (_task(each, names["ACCOUNT"]) for each in content.get("task", ()))
    return Lesson({each.name: each for each in questions}, {each.name: each for each in tasks})


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with each `$NAME` in its strings replaced; a `$` before anything else stays."""
    if isinstance(value, str):
        return Template(value).safe_substitute(names)
    if isinstance(value, dict):
        return {key: _named(each, names) for key, each in value.items()}
    return [_named(each, names) for each in value] if isinstance(value, list) else value


def _question(data: Mapping[str, Any]) -> Question:
    options = data["options"]
    answer = next(option["text"] for option in options if option.get("right"))
    replies = {option["text"]: _flowing(option["reply"]) for option in options}
    return Question(_flowing(data["text"]), tuple(replies), answer, replies, data["name"])


def _task(data: Mapping[str, Any], account: str) -> Task:

    def requests(*keys: str) -> dict[str, Callable[[Any], Any]]:
        return dict.fromkeys(keys, _each(partial(_request, account=account)))

    readers: dict[str, Callable[[Any], Any]] = {
        "kind": lambda kind: PolicyKind[kind.upper()],
        "story": _flowing,
        "reasoning": _flowing,
        "hints": _each(_flowing),
        "beyond": tuple,
        "solution": _document,
        "accepted": _each(_document),
        "slips": _each(lambda row: Slip(**_read(row, {"reply": _flowing, **requests("allows", "denies", "forbids")}))),
        "rejected": _each(lambda row: Rejected(**_read(row, {"answer": _document, "tone": Tone}))),
        **requests("must_allow", "must_deny", "must_forbid"),
    }
    return Task(**_read(data, readers))


def _read(data: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {key: readers.get(key, str)(value) for key, value in data.items()}


def _each(read: Callable[[Any], Any]) -> Callable[[list[Any]], tuple[Any, ...]]:
    return lambda values: tuple(map(read, values))


def _flowing(text: str) -> str:
    """`text` with each paragraph on one line, wherever its source breaks the lines."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _request(text: str, account: str) -> Request:
    """`who action resource key=value …`, on a resource of the lesson's account."""
    who, action, resource, *context = text.split()
    pairs = dict(pair.split("=", 1) for pair in context)
    return Request(Principal.parse(who), action, resource, account, pairs)


def _document(text: str) -> Any:
    """A policy in JSON, or the list of its statements only; text that is no JSON stays text."""
    try:
        content = json.loads(text)
    except ValueError:
        return text
    return {"Version": "2012-10-17", "Statement": content} if isinstance(content, list) else content
