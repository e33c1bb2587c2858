"""A learner's answers, in one small JSON file beside the notebooks, so that they survive a kernel's restart."""

from __future__ import annotations

import json
import os
import tempfile
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

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_text("utf-8"))
            if content["format"] != _FORMAT:
                raise ValueError("the file is of another format")
            return dict(content["answers"])
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.problem = f"your answers could not be read from `{self.path.name}`: {error.strerror}"
        except (ValueError, KeyError, TypeError):
            self._set_aside()
        return {}

    def _set_aside(self) -> None:
        """Move a file that is not ours, or no longer whole, out of the way: it is never overwritten."""
        places = (self.path.with_suffix(f".set-aside-{n}.json") for n in range(1, 1000))
        free = next(place for place in places if not place.exists())
        os.replace(self.path, free)
        self.problem = f"`{self.path.name}` could not be understood; it was kept as `{free.name}` and a new one begun"

    def _write(self, answers: dict[str, Any]) -> None:
        text = json.dumps({"format": _FORMAT, "answers": answers}, indent=1, ensure_ascii=False)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".perm_lab_", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
