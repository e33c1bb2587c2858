"""A learner's answers, in one small JSON file beside the notebooks, so that they survive a kernel's restart."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "perm_lab_progress.json"
_FORMAT = 1


class Progress:
    """The answers in the file at `path`, by the name of what was asked.

    Each answer is read from and written to the file at once: two notebooks may share it. `problem` says why the last
    access failed, and is empty when it did not: a learner goes on without a file where none can be kept.
    """

    def __init__(self, path: str | Path = FILE) -> None:
        self.path = Path(path).absolute()
        self.problem = ""

    def get(self, name: str) -> Any:
        """The answer last given to `name`, None when there is none."""
        return self._read().get(name)

    def put(self, name: str, answer: Any) -> None:
        """Keep `answer` (anything that JSON can hold). The file is replaced whole, or not at all."""
        answers = self._read()
        if answers.get(name) == answer:
            return
        try:
            self._write(answers | {name: answer})
        except OSError as error:
            self.problem = f"your answer could not be saved in `{self.path.name}`: {error.strerror}"

    def attempt(self, name: str, answer: Mapping[str, Any], first: str, belief: str = "") -> None:
        """Keep `answer` as the latest of several to `name`.

        Beside it stand `tries`, how many there were; `first`, what the first one was, in a word; and `beliefs`, the
        misconceptions that were seen on the way.
        """
        kept = self.get(name)
        old = kept if isinstance(kept, dict) else {}
        tries, beliefs = old.get("tries"), old.get("beliefs")
        told = [*(beliefs if isinstance(beliefs, list) else ()), *([belief] if belief else ())]
        counted = {
            "tries": (tries if isinstance(tries, int) else 0) + 1,
            "first": old.get("first", first),
            "beliefs": list(dict.fromkeys(told)),
        }
        self.put(name, {**answer, **counted})

    @property
    def answers(self) -> dict[str, Any]:
        """Every answer that is kept, by the name of what was asked."""
        return self._read()

    @property
    def text(self) -> str:
        """The content of the file, to be taken along."""
        return _text(self._read())

    def restore(self, text: str) -> int:
        """Begin with the answers of `text`, the content of such a file; how many there are.

        A file that is there is kept under another name, as `problem` then says. Raises ValueError, and changes nothing,
        when `text` is no such content; OSError when it cannot be written.
        """
        answers = _answers(text)
        if self._read() not in ({}, answers):
            kept = self._set_aside()
            self.problem = f"the answers that were here before are in `{kept}`"
        self._write(answers)
        return len(answers)

    def _read(self) -> dict[str, Any]:
        try:
            return _answers(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.problem = f"your answers could not be read from `{self.path.name}`: {error.strerror}"
        except ValueError as error:
            kept = self._set_aside()
            self.problem = f"`{self.path.name}` {error}; it was kept as `{kept}` and a new one begun"
        return {}

    def _set_aside(self) -> str:
        """Move the file out of the way: it is never overwritten. Its new name."""
        places = (self.path.with_suffix(f".set-aside-{n}.json") for n in range(1, 1000))
        free = next(place for place in places if not place.exists())
        os.replace(self.path, free)
        return free.name

    def _write(self, answers: dict[str, Any]) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".perm_lab_", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(_text(answers))
            os.replace(name, self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _text(answers: dict[str, Any]) -> str:
    return json.dumps({"format": _FORMAT, "answers": answers}, indent=1, ensure_ascii=False)


def _answers(text: str) -> dict[str, Any]:
    """The answers in the content of a progress file. Raises ValueError, with what is wrong, when it is none."""
    try:
        content = json.loads(text)
    except ValueError:
        raise ValueError("could not be understood: it is not JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("answers"), dict):
        raise ValueError("could not be understood: it holds no answers")
    if content.get("format") != _FORMAT:
        raise ValueError(f"is of format {content.get('format')}, and only {_FORMAT} is known here")
    return content["answers"]
