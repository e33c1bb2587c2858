"""A question with a reply to every answer: a wrong option is a misconception that has a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perm_lab.display import Displayable


@dataclass(frozen=True, slots=True)
class Question(Displayable):
    """A choice among `options`, of which `answer` is right. `replies` holds what each option is answered with.

    `misconceptions` names the belief behind a wrong option, for whoever looks at the answers later. `name` is where the
    choice is kept between sessions; without one it is not kept.

    >>> q = Question("2 + 2?", ("4", "22"), "4", {"4": "yes", "22": "`+` joins text, and adds numbers"})
    >>> q.correct("22"), q.replies["22"]
    (False, '`+` joins text, and adds numbers')

    Raises ValueError when the answer is not an option or an option has no reply.
    """

    text: str
    options: tuple[str, ...]
    answer: str
    replies: Mapping[str, str] = field(hash=False)
    name: str = ""
    misconceptions: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        legal = ", ".join(f"`{option}`" for option in self.options)
        if self.answer not in self.options:
            raise ValueError(f"the answer `{self.answer}` is not an option; the options are: {legal}")
        missing = next((option for option in self.options if option not in self.replies), None)
        if missing is not None:
            raise ValueError(f"the option `{missing}` has no reply; each wrong option needs the reply to its mistake")
        for option in self.replies:
            if option not in self.options:
                raise ValueError(f"the reply to `{option}` answers no option; the options are: {legal}")

    def correct(self, choice: str) -> bool:
        """Whether `choice` is the right option."""
        return choice == self.answer

    def __str__(self) -> str:
        return "\n".join([self.text, *(f"  ( ) {option}" for option in self.options)])
