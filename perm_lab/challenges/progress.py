"""A learner's answers, in one small JSON file beside the notebooks, so that they survive a kernel's restart."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

FILE = "perm_lab_progress.json"
_FORMAT = 1
_STALE = 2.0  # seconds after which a lock that stays the same is taken for that of a process that was ended


class Progress:
    """The answers in the file at `path`, by the name of what was asked.

    Each answer is read from and written to the file at once, and nobody else writes in between: several notebooks may
    share it. `problem` says why the last access failed, and is empty when it did not: a learner goes on without a file
    where none can be kept.
    """

    def __init__(self, path: str | Path = FILE) -> None:
        self.path = Path(path).absolute()
        self.problem = ""

    def get(self, name: str) -> Any:
        """The answer last given to `name`, None when there is none."""
        return self.answers.get(name)

    def last(self, name: str) -> Mapping[str, Any]:
        """What `attempt` kept last under `name`, empty where there is nothing of it."""
        return attempts(self.answers, name)

    def put(self, name: str, answer: Any) -> None:
        """Keep `answer`. The file is replaced whole, or not at all.

        Raises TypeError for an answer that JSON cannot hold.
        """
        self._keep(name, lambda answers: answers | {name: answer})

    def attempt(self, name: str, answer: Mapping[str, Any], first: str, belief: str = "") -> None:
        """Keep `answer` as the latest of several to `name`.

        Beside it stand `tries`, how many there were; `first`, what the first one was, in a word; and `beliefs`, the
        misconceptions that were seen on the way. Raises TypeError for an answer that JSON cannot hold.
        """

        def counted(answers: dict[str, Any]) -> dict[str, Any]:
            old = attempts(answers, name)
            beliefs = list(dict.fromkeys([*old.get("beliefs", ()), *([belief] if belief else ())]))
            now = {"tries": old.get("tries", 0) + 1, "first": old.get("first", first), "beliefs": beliefs}
            return answers | {name: {**answer, **now}}

        self._keep(name, counted)

    @property
    def answers(self) -> dict[str, Any]:
        """Every answer that is kept, by the name of what was asked."""
        try:
            try:
                return self._read()
            except ValueError:  # somebody else may be about to set it aside
                return self._update(lambda answers: answers)
        except OSError as error:
            self.problem = f"your answers could not be read from `{self.path.name}`: {error.strerror}"
            return {}

    @property
    def text(self) -> str:
        """The content of the file, to be taken along."""
        return _text(self.answers)

    def restore(self, text: str) -> int:
        """Begin with the answers of `text`, the content of such a file; how many there are.

        A file that is there is kept under another name, as `problem` then says. Raises ValueError, and changes nothing,
        when `text` is no such content; OSError when it cannot be written.
        """
        restored = _answers(text)

        def begin(answers: dict[str, Any]) -> dict[str, Any]:
            if answers not in ({}, restored):
                kept = self._set_aside()
                self.problem = f"the answers that were here before are in `{kept}`"
            return restored

        return len(self._update(begin))

    def _keep(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change the answer to `name`; `problem` says why where it cannot be kept."""
        try:
            self._update(change)
        except (TypeError, RecursionError) as error:
            raise TypeError(f"the answer to `{name}` is nothing that JSON can hold: {error}") from None
        except OSError as error:
            self.problem = f"your answer could not be saved in `{self.path.name}`: {error.strerror}"

    def _update(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the answers by what `change` makes of them, and nobody else in between; the new ones.

        What is written goes into the lock file, which then takes the place of the file: so the lock is gone, and a
        process that is ended in the middle leaves no other. Raises OSError.
        """
        lock = self._file.with_name(f"{self._file.name}.lock")
        handle = _made_alone(lock)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                answers = self._understood()
                changed = change(answers)
                if changed != answers:
                    file.write(_text(changed))
            if changed != answers:
                os.replace(lock, self._file)
                return changed
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        lock.unlink(missing_ok=True)
        return answers

    def _understood(self) -> dict[str, Any]:
        """The answers in the file. One that is not understood is set aside, and there are none. Raises OSError."""
        try:
            return self._read()
        except ValueError as error:
            kept = self._set_aside()
            self.problem = f"`{self.path.name}` {error}; it was kept as `{kept}` and a new one begun"
            return {}

    def _read(self) -> dict[str, Any]:
        """The answers in the file; none where there is no file. Raises OSError, ValueError for one not understood."""
        try:
            return _answers(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}

    def _set_aside(self) -> str:
        """Move the file out of the way: it is never overwritten. Its new name."""
        places = (self._file.with_suffix(f".set-aside-{n}.json") for n in count(1))
        free = next(place for place in places if not place.exists())
        os.replace(self._file, free)
        return free.name

    @property
    def _file(self) -> Path:
        """Where the file is: a link to it stays one."""
        return Path(os.path.realpath(self.path))


def attempts(answers: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What `Progress.attempt` kept under `name`, without what it would not have written there."""
    kept = answers.get(name)
    types = {"tries": int, "beliefs": list}
    rows = kept.items() if isinstance(kept, dict) else ()
    return {key: value for key, value in rows if isinstance(value, types.get(key, object))}


def _made_alone(lock: Path) -> int:
    """The handle of the file `lock`, which only one process at a time can make. Raises OSError when none can."""
    seen: tuple[int, int] | None = None
    since = 0.0
    while True:
        try:
            return os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            time.sleep(0.005)
        try:
            found = os.stat(lock)
        except FileNotFoundError:
            continue
        if seen != (found.st_ino, found.st_mtime_ns):
            seen, since = (found.st_ino, found.st_mtime_ns), time.monotonic()
        elif time.monotonic() - since > _STALE:
            lock.unlink(missing_ok=True)


def _text(answers: Any) -> str:
    """The content of a file with these answers; half a surrogate pair is written as JSON's escape for it."""
    text = json.dumps({"format": _FORMAT, "answers": answers}, indent=1, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def _answers(text: str) -> dict[str, Any]:
    """The answers in the content of a progress file. Raises ValueError, with what is wrong, when it is none."""
    try:
        content = json.loads(text)
        _text(content)  # what is read can be written again
    except RecursionError:
        raise ValueError("could not be understood: it is nested too deep") from None
    except ValueError:
        raise ValueError("could not be understood: it is not JSON") from None
    answers = content.get("answers") if isinstance(content, dict) else None
    if not isinstance(answers, dict):
        raise ValueError("could not be understood: it holds no answers")
    if content.get("format") != _FORMAT:
        raise ValueError(f"is of format {content.get('format')}, and only {_FORMAT} is known here")
    return answers
